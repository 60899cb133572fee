#include "fault.h"

#include <kernel_abi.h>
#include <resea/printf.h>
#include <string.h>

#include "bootfs_reader.h"
#include "memory.h"
#include "own.h"
#include "program.h"
#include "reap.h"
#include "task.h"

/// Pages of code or constants that one fault maps, at most: a page fault takes longer than mapping
/// some more pages that are there anyway.
#define FAULT_AROUND 16

static error_t map_zero_page(struct task *task, vaddr_t page) {
    paddr_t paddr = memory_alloc_page(task);
    return paddr ? memory_map(task, page, paddr, MAP_W | MAP_ZERO | MAP_RESUME) : ERR_NO_MEMORY;
}

static const uint8_t *file_bytes(const struct program *program, const struct segment *segment,
                                 vaddr_t vaddr) {
    return program->file + segment->file_off + (vaddr - segment->start);
}

/// Maps the file's own page, and those that follow it until one is mapped already.
static error_t map_in_place(struct task *task, const struct segment *segment, vaddr_t page) {
    paddr_t paddr = bootfs_paddr(file_bytes(task->program, segment, page));
    size_t num_pages = MIN((segment->in_place_end - page) / PAGE_SIZE, (size_t) FAULT_AROUND);
    size_t done;
    error_t err =
        memory_map_pages(task, page, paddr, num_pages, segment->flags | MAP_RESUME, &done);
    return done ? OK : err;
}

/// Maps a page of the task's own with the file's bytes, if any, and zeroes behind them.
static error_t map_copy(struct task *task, const struct segment *segment, vaddr_t page) {
    paddr_t paddr = memory_alloc_page(task);
    if (!paddr) {
        return ERR_NO_MEMORY;
    }
    if (page >= segment->file_end) {
        return memory_map(task, page, paddr, segment->flags | MAP_ZERO | MAP_RESUME);
    }

    size_t len = MIN(segment->file_end - page, (size_t) PAGE_SIZE);
    uint8_t *window = own_open_window(paddr);
    if (!window) {
        return ERR_NO_MEMORY;
    }
    memcpy(window, file_bytes(task->program, segment, page), len);
    memset(&window[len], 0, PAGE_SIZE - len);
    own_close_window();
    return memory_map(task, page, paddr, segment->flags | MAP_RESUME);
}

error_t fault_preload(struct task *task) {
    const struct program *program = task->program;
    error_t err = OK;
    for (unsigned i = 0; i < program->num_segments && IS_OK(err); i++) {
        const struct segment *segment = &program->segments[i];
        vaddr_t entry = ALIGN_DOWN(program->entry, PAGE_SIZE);
        if (entry >= segment->start && entry < segment->end) {
            err = map_in_place(task, segment, entry);
        } else if (segment->flags & MAP_W) {
            err = map_copy(task, segment, segment->start);
        }
    }
    return err;
}

static bool is_allowed(unsigned flags, unsigned fault) {
    return !((fault & FAULT_WRITE) && !(flags & MAP_W))
           && !((fault & FAULT_EXEC) && !(flags & MAP_X));
}

static bool is_stack_or_heap(const struct task *task, vaddr_t page) {
    return (page >= USER_STACK_BOTTOM && page < USER_STACK_TOP)
           || (page >= task->program->image_end + PAGE_SIZE && page < USER_HEAP_END);
}

/// Maps the page, and lets the task go on. Returns ERR_NOT_PERMITTED if it may not do what it tried.
static error_t resolve(struct task *task, vaddr_t vaddr, unsigned fault) {
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    if (fault & FAULT_PRESENT) {
        return ERR_NOT_PERMITTED;
    }
    if (is_stack_or_heap(task, page)) {
        return is_allowed(MAP_W, fault) ? map_zero_page(task, page) : ERR_NOT_PERMITTED;
    }

    const struct segment *segment = program_find_segment(task->program, page);
    if (segment) {
        if (!is_allowed(segment->flags, fault)) {
            return ERR_NOT_PERMITTED;
        }
        return (page < segment->in_place_end) ? map_in_place(task, segment, page)
                                              : map_copy(task, segment, page);
    }

    const struct region *region = memory_find_region(&task->regions, page);
    if (region && is_allowed(region->flags, fault)) {
        return memory_restore_page(task, region, page);
    }
    return ERR_NOT_PERMITTED;
}

static const char *describe_access(unsigned fault) {
    if (fault & FAULT_EXEC) {
        return "execute";
    }
    return (fault & FAULT_WRITE) ? "write" : "read";
}

static void log_failure(const struct task *task, const struct page_fault_fields *fault,
                        error_t err) {
    void *vaddr = (void *) fault->vaddr;
    void *ip = (void *) fault->ip;
    if (err == ERR_NO_MEMORY && task->max_pages && task->num_pages >= task->max_pages) {
        WARN("%s: reached its memory limit of %zu pages at %p (ip %p): raise it in the manifest",
             task->name, task->max_pages, vaddr, ip);
    } else if (err == ERR_NO_MEMORY) {
        WARN("%s: out of memory at %p (ip %p): %zu of %zu pages are free", task->name, vaddr, ip,
             memory_num_free(), pages_total());
    } else if (err == ERR_NOT_PERMITTED) {
        WARN("%s: invalid access at %p (ip %p, %s)", task->name, vaddr, ip,
             describe_access(fault->fault));
    } else {
        WARN("%s: failed to map %p (ip %p): %s", task->name, vaddr, ip, error_name(err));
    }
}

error_t fault_handle_page_fault(task_t tid, const struct page_fault_fields *fault) {
    struct task *task = task_find(tid);
    if (!task || task->life != LIFE_RUNS || fault->task != tid) {
        return DONT_REPLY;
    }

    error_t err = resolve(task, fault->vaddr, fault->fault);
    if (IS_OK(err)) {
        return DONT_REPLY;
    }
    if (err == ERR_ALREADY_EXISTS) {
        return OK;
    }
    log_failure(task, fault, err);
    reap(task, (struct task_end){TASK_END_REASON_CRASHED, -1});
    return DONT_REPLY;
}
