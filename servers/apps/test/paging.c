#include <config.h>
#include <idl_client.h>
#include <resea/task.h>

#include "peer.h"
#include "test.h"
#include "thread.h"
#include "variant.h"

// Threads have address spaces of their own, into which the test maps its pages as they are asked for.

#define STACK_LEN       (THREAD_STACK_PAGES * PAGE_SIZE)
#define MAX_TAKEN_PAGES (MAX_THREADS * 16)

// From the linker script: the page-aligned parts of the program.
extern uint8_t __image[], __rodata_end[], __image_end[];

static uint8_t stacks[MAX_THREADS][STACK_LEN] __aligned(PAGE_SIZE);
/// A page that the kernel may take for its page tables; 0 if it has taken the last one.
static vaddr_t spare_page;
/// The pages that it has taken. vm takes them back once there is no thread any more.
static vaddr_t taken_pages[MAX_TAKEN_PAGES];
static size_t num_taken_pages;

const uintptr_t variant_unreadable[] = {
    0,             // the null pointer
    USER_END - 8,  // the end of user space, and across it
    USER_END,      // not canonical
    0x8000000000000000ul,
    0xffff000000000000ul,  // the kernel's
    0xffff800000000000ul,
    0xffff800000100000ul,
    0xfffffffffffff000ul,
    0xfffffffffffffff8ul,  // wraps around
};
const unsigned variant_num_unreadable = sizeof(variant_unreadable) / sizeof(variant_unreadable[0]);
// What only must not be written is left to the page fault tests.
const uintptr_t variant_unwritable[] = {0, USER_END - 8, 0xffff800000000000ul};
const unsigned variant_num_unwritable = sizeof(variant_unwritable) / sizeof(variant_unwritable[0]);

const char *const variant_crashes[] = {
    "null_pointer", "write_text",  "write_constant", "execute_stack",  "execute_data",
    "touch_kernel", "read_kernel", "trap",           "overflow_stack", NULL,
};

error_t variant_create_task(unsigned index __unused, task_t tid, task_t pager, unsigned flags) {
    return task_create(tid, "test_thread", (vaddr_t) thread_entry, pager, flags);
}

void variant_all_ended(void) {
    while (num_taken_pages > 0) {
        CHECK_OK(call_vm_free_pages(INIT_TASK, taken_pages[--num_taken_pages], 1));
    }
}

error_t thread_map(task_t tid, vaddr_t vaddr, vaddr_t src, unsigned flags) {
    while (true) {
        if (spare_page == 0) {
            paddr_t paddr;
            ASSERT_OK(call_vm_alloc_pages(INIT_TASK, 1, 0, &spare_page, &paddr));
        }

        error_t err = vm_map(tid, vaddr, src, spare_page, flags);
        if (err == ERR_TRY_AGAIN || err > 0) {
            ASSERT(num_taken_pages < MAX_TAKEN_PAGES);
            taken_pages[num_taken_pages++] = spare_page;
            spare_page = 0;
        }

        if (err != ERR_TRY_AGAIN) {
            return MIN(err, OK);
        }
    }
}

/// Where in this program the thread's page at `page` is; 0: nowhere.
static vaddr_t backing_page(unsigned index, vaddr_t page, bool write) {
    vaddr_t src = 0;
    if (page >= USER_STACK_TOP - STACK_LEN && page < USER_STACK_TOP) {
        vaddr_t stack = (vaddr_t) stacks[index];
        src = stack + (page - (USER_STACK_TOP - STACK_LEN));
    } else if (page >= (vaddr_t) __image && page < (vaddr_t) __image_end) {
        src = page;
    }

    // The page must be here before it can be there. Nothing of it may change: the other threads use
    // it, too. A page of the program's that can't be written is left for the kernel to refuse.
    if (src >= (vaddr_t) __rodata_end && write) {
        __atomic_fetch_or((uint8_t *) src, 0, __ATOMIC_RELAXED);
    } else if (src != 0) {
        (void) *(volatile uint8_t *) src;
    }

    return src;
}

bool variant_page_in(unsigned index, task_t tid, vaddr_t vaddr, unsigned fault) {
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    bool write = (fault & FAULT_WRITE) != 0;
    vaddr_t src = backing_page(index, page, write);
    if (src == 0) {
        return false;
    }

    // Read before, and now written: pages are mapped writable only once that is needed.
    if ((fault & FAULT_PRESENT) && write && src >= (vaddr_t) __rodata_end) {
        ASSERT_OK(vm_unmap(tid, page));
    }

    unsigned flags = (write ? MAP_W : 0) | ((fault & FAULT_EXEC) ? MAP_X : 0);
    return thread_map(tid, page, src, flags) == OK;
}

const uint8_t *variant_payload(void) {
    static uint8_t payload[CONFIG_OOL_MAX + 1];
    payload_fill(payload, sizeof(payload));
    return payload;
}
