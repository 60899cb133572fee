#include "own.h"

#include <resea/printf.h>
#include <resea/task.h>

#include "layout.h"
#include "pool.h"

struct page_list own_pages;

/// VM_OBJECTS_BASE … objects_used is handed out, and mapped up to objects_mapped.
static vaddr_t objects_used = VM_OBJECTS_BASE;
static vaddr_t objects_mapped = VM_OBJECTS_BASE;

static paddr_t take_own_page(void) {
    return page_alloc(&own_pages);
}

/// Pages for page tables come from `take`; the kernel asks for as many as it needs.
static error_t map_with(vaddr_t vaddr, paddr_t paddr, unsigned flags, paddr_t (*take)(void)) {
    error_t err = vm_map(INIT_TASK, vaddr, paddr, 0, flags | MAP_PHYS);
    while (err == ERR_TRY_AGAIN) {
        paddr_t kpage = take();
        if (!kpage) {
            return ERR_NO_MEMORY;
        }
        err = vm_map(INIT_TASK, vaddr, paddr, kpage, flags | MAP_PHYS);
    }
    return IS_ERROR(err) ? err : OK;
}

error_t own_map(vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    return map_with(vaddr, paddr, flags, take_own_page);
}

error_t own_map_fresh(vaddr_t vaddr, size_t num_pages) {
    for (size_t i = 0; i < num_pages; i++) {
        paddr_t paddr = page_alloc(&own_pages);
        if (!paddr) {
            return ERR_NO_MEMORY;
        }

        error_t err = own_map(vaddr + i * PAGE_SIZE, paddr, MAP_W | MAP_ZERO);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return OK;
}

error_t own_grow_pages(size_t offset, paddr_t page, paddr_t (*take)(void)) {
    return map_with(VM_PAGES_BASE + offset, page, MAP_W | MAP_ZERO, take);
}

void *own_open_window(paddr_t paddr) {
    error_t err = own_map(VM_WINDOW, paddr, MAP_W);
    return IS_OK(err) ? (void *) VM_WINDOW : NULL;
}

void own_close_window(void) {
    ASSERT_OK(vm_unmap(INIT_TASK, VM_WINDOW));
}

void *own_alloc(size_t size) {
    size = ALIGN_UP(size, 16);
    while (objects_mapped - objects_used < size) {
        if (objects_mapped >= VM_OBJECTS_END || IS_ERROR(own_map_fresh(objects_mapped, 1))) {
            return NULL;
        }
        objects_mapped += PAGE_SIZE;
    }

    void *memory = (void *) objects_used;
    objects_used += size;
    return memory;
}

void *own_add_chunk(void) {
    return own_alloc(POOL_CHUNK);
}
