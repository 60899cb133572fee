#include "boot.h"

#include <bootinfo.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "bootfs_reader.h"
#include "layout.h"
#include "manifest_reader.h"
#include "own.h"
#include "pages.h"
#include "service.h"
#include "supervise.h"
#include "task.h"

/// vm starts before there is anybody to give it a stack (see the user linker script).
#define STACK_SIZE 0x4000
__aligned(16) uint8_t __init_stack[STACK_SIZE] __attribute__((section(".init_stack"), used));

/// malloc is for the payloads of received messages only, one at a time.
static __aligned(16) uint8_t heap[0x1000];

void malloc_heap_range(vaddr_t *start, vaddr_t *end) {
    *start = (vaddr_t) heap;
    *end = (vaddr_t) heap + sizeof(heap);
}

static void init_memory(const struct bootinfo *bootinfo) {
    if (bootinfo->magic != BOOTINFO_MAGIC) {
        PANIC("the kernel's boot information is not valid");
    }
    pages_init(bootinfo->ranges, bootinfo->num_ranges, (void *) VM_PAGES_BASE,
               VM_PAGES_END - VM_PAGES_BASE, own_grow_pages);
    ASSERT_OK(task_table_init(bootinfo->num_tasks));
}

static void init_manifest(const struct bootinfo *bootinfo) {
    const char *problem =
        bootfs_init((const void *) BOOTFS_VADDR, bootinfo->bootfs_len, bootinfo->bootfs_paddr);
    if (problem) {
        PANIC("bootfs: %s", problem);
    }

    const struct bootfs_file *file = bootfs_find(BOOTFS_MANIFEST);
    if (!file) {
        PANIC("bootfs has no file \"%s\"", BOOTFS_MANIFEST);
    }
    problem = manifest_init(bootfs_data(file), file->len);
    if (problem) {
        PANIC("the board manifest in bootfs is not valid: %s", problem);
    }
    ASSERT_OK(service_init());
    ASSERT_OK(supervise_init());
}

void boot(void) {
    const struct bootinfo *bootinfo = (const struct bootinfo *) BOOTINFO_VADDR;
    init_memory(bootinfo);
    init_manifest(bootinfo);
}
