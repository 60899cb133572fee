#include <resea/task.h>

#include "test.h"
#include "thread.h"
#include "variant.h"

// Threads share the test's RAM. Each has a piece of it for its stack.

/// Guard words, saved registers and an unused command line, and as much again to run in.
#define STACK_LEN (STACK_MIN + 192)

/// The program's own pieces of memory, from the linker script.
extern uint8_t __stack_bottom[], __heap_end[];
extern const uint8_t __text[];

/// Somebody else's RAM: the kernel's begins all of it.
#define RAM_START 0x20000000u

static uint8_t stacks[MAX_THREADS][STACK_LEN] __aligned(8);

// Lengths in the tests are 4 bytes or more.
const uintptr_t variant_unreadable[] = {
    0,  // the null pointer, though there is flash
    RAM_START,
    (uintptr_t) __stack_bottom - 4,
    (uintptr_t) __heap_end - 1,  // across the end
    (uintptr_t) __heap_end,
    0x40000000,  // devices
    0x50000500,
    0xe000e000,  // the CPU's own registers
    0xfffffffc,
    0xffffffff,  // wraps around
};
const unsigned variant_num_unreadable = sizeof(variant_unreadable) / sizeof(variant_unreadable[0]);

// Flash, which may be read.
const uintptr_t variant_unwritable[] = {4, (uintptr_t) __text};
const unsigned variant_num_unwritable = sizeof(variant_unwritable) / sizeof(variant_unwritable[0]);

const char *const variant_crashes[] = {
    "trap", "unmapped", "misaligned", "jump_to_data", "divide_by_zero", "overflow_stack", NULL,
};

error_t variant_create_task(unsigned index, task_t tid, task_t pager, unsigned flags) {
    struct task_memory memory = {(uintptr_t) stacks[index], STACK_LEN, STACK_LEN};
    return task_create_in(tid, "test_thread", (vaddr_t) thread_entry, pager, flags, &memory);
}

volatile uint32_t *variant_stack_bottom(unsigned index) {
    return (volatile uint32_t *) stacks[index];
}

bool variant_page_in(unsigned index __unused, task_t tid __unused, vaddr_t vaddr __unused,
                     unsigned fault __unused) {
    return false;
}

void variant_all_ended(void) {}

/// RAM is short, and flash has as good ones.
const uint8_t *variant_payload(void) {
    return __text;
}
