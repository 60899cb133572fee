#include "memory.h"

#include <resea/printf.h>
#include <resea/task.h>

#include "bootfs_reader.h"
#include "own.h"
#include "pool.h"

static struct pool block_pool = POOL_INIT(struct block, own_add_chunk);
static struct pool region_pool = POOL_INIT(struct region, own_add_chunk);

/// Pages at hand for page tables: as many as a new address space needs for its first page. The one
/// that the list begins with is at spares[MAP_TABLES_MAX - spare.count], and zeroes end the array.
static struct page_list spare;
static uintptr_t spares[2 * MAP_TABLES_MAX];

size_t memory_num_free(void) {
    return pages_free() + spare.count;
}

static bool is_within_limit(const struct task *task, size_t num_pages) {
    return !task->max_pages
           || (task->num_pages <= task->max_pages
               && num_pages <= task->max_pages - task->num_pages);
}

paddr_t memory_alloc_page(struct task *task) {
    if (!is_within_limit(task, 1)) {
        return 0;
    }
    paddr_t paddr = page_alloc(&task->pages);
    if (paddr) {
        task->num_pages++;
    }
    return paddr;
}

/// What the kernel may take for page tables now.
static const uintptr_t *offer_spares(void) {
    paddr_t paddr;
    while (spare.count < MAP_TABLES_MAX && (paddr = page_alloc(&spare)) != 0) {
        spares[MAP_TABLES_MAX - spare.count] = paddr;
    }
    return &spares[MAP_TABLES_MAX - spare.count];
}

/// The kernel has taken some of them.
static void charge_tables(struct task *task, size_t num) {
    for (; num > 0; num--) {
        page_move(&spare, &task->pages);
        task->num_pages++;
        task->num_tables++;
    }
}

error_t memory_map_pages(struct task *task, vaddr_t vaddr, paddr_t paddr, size_t num_pages,
                         unsigned flags, size_t *done) {
    *done = 0;
    while (*done < num_pages) {
        size_t offset = *done * PAGE_SIZE;
        intptr_t result = vm_map_pages(task->tid, vaddr + offset, paddr + offset, num_pages - *done,
                                       offer_spares(), flags | MAP_PHYS);
        if (IS_ERROR(result)) {
            return (result == ERR_TRY_AGAIN) ? ERR_NO_MEMORY : (error_t) result;
        }
        charge_tables(task, MAP_DONE_TABLES(result));
        *done += MAP_DONE_PAGES(result);
    }
    return OK;
}

error_t memory_map(struct task *task, vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    size_t done;
    return memory_map_pages(task, vaddr, paddr, 1, flags, &done);
}

static struct region *region_container(list_elem_t *elem) {
    return LIST_CONTAINER(elem, struct region, next);
}

struct region *memory_find_region(const list_t *regions, vaddr_t vaddr) {
    for (list_elem_t *elem = regions->next; elem != regions; elem = elem->next) {
        struct region *region = region_container(elem);
        if (vaddr - region->vaddr < region->num_pages * PAGE_SIZE) {
            return region;
        }
    }
    return NULL;
}

vaddr_t memory_find_gap(list_t *regions, size_t num_pages, list_elem_t **before) {
    if (num_pages >= (USER_PAGES_END - USER_PAGES_BASE) / PAGE_SIZE) {
        return 0;
    }

    size_t needed = (num_pages + 1) * PAGE_SIZE;
    vaddr_t vaddr = USER_PAGES_BASE;
    list_elem_t *elem = regions->next;
    for (; elem != regions; elem = elem->next) {
        struct region *region = region_container(elem);
        if (region->vaddr - vaddr >= needed) {
            break;
        }
        vaddr = region->vaddr + (region->num_pages + 1) * PAGE_SIZE;
    }

    *before = elem;
    return (USER_PAGES_END - vaddr >= needed) ? vaddr : 0;
}

static void unmap_pages(struct task *task, vaddr_t vaddr, size_t num_pages) {
    for (size_t i = 0; i < num_pages; i++) {
        error_t err = vm_unmap(task->tid, vaddr + i * PAGE_SIZE);
        // A page that the task gave to the kernel as a page table isn't there any more.
        if (IS_ERROR(err) && err != ERR_NOT_FOUND) {
            WARN("%s: failed to unmap %p: %s", task->name, (void *) (vaddr + i * PAGE_SIZE),
                 error_name(err));
        }
    }
}

static error_t map_pages(struct task *task, const struct region *region, unsigned flags) {
    paddr_t paddr = region->block->paddr + region->first_page * PAGE_SIZE;
    size_t done;
    error_t err = memory_map_pages(task, region->vaddr, paddr, region->num_pages, flags, &done);
    if (IS_ERROR(err)) {
        unmap_pages(task, region->vaddr, done);
    }
    return err;
}

/// Pages of devices cost nothing.
static size_t price(const struct region *region) {
    return region->block->is_device ? 0 : region->num_pages;
}

void memory_block_unref(struct block *block) {
    if (--block->refs > 0) {
        return;
    }
    if (!block->is_device) {
        pages_free_run(block->paddr, block->num_pages);
    }
    pool_free(&block_pool, block);
}

/// Maps `region`, whose block is set, wherever there is room, and adds it to the task's list.
static error_t place_region(struct task *task, struct region *region, unsigned flags) {
    if (!is_within_limit(task, price(region)) || task->num_regions == REGIONS_MAX) {
        return ERR_NO_MEMORY;
    }

    list_elem_t *before;
    region->vaddr = memory_find_gap(&task->regions, region->num_pages, &before);
    if (!region->vaddr) {
        return ERR_NO_MEMORY;
    }

    error_t err = map_pages(task, region, flags);
    if (IS_ERROR(err)) {
        return err;
    }

    list_insert_between(before->prev, &region->next, before);
    region->block->refs++;
    task->num_regions++;
    task->num_pages += price(region);
    return OK;
}

static error_t show_block(struct task *task, struct region view, unsigned flags,
                          struct region **region) {
    struct region *new_region = pool_alloc(&region_pool);
    if (!new_region) {
        return ERR_NO_MEMORY;
    }

    *new_region = view;
    error_t err = place_region(task, new_region, flags);
    if (IS_ERROR(err)) {
        pool_free(&region_pool, new_region);
        return err;
    }
    *region = new_region;
    return OK;
}

error_t memory_show_block(struct task *task, struct block *block, size_t first_page,
                          size_t num_pages, unsigned flags, struct region **region) {
    struct region view = {
        .num_pages = num_pages,
        .block = block,
        .first_page = first_page,
        .flags = flags,
        .is_borrowed = true,
    };
    return show_block(task, view, flags, region);
}

/// Returns NULL if there is no memory. The block has one reference: the caller's.
static struct block *new_block(size_t num_pages, paddr_t device) {
    struct block *block = pool_alloc(&block_pool);
    if (!block) {
        return NULL;
    }

    block->refs = 1;
    block->num_pages = num_pages;
    block->is_device = (device != 0);
    block->paddr = device ? device : pages_alloc_run(num_pages);
    if (!block->paddr) {
        pool_free(&block_pool, block);
        return NULL;
    }
    return block;
}

static error_t check_range(size_t num_pages, paddr_t paddr) {
    if (!num_pages || !IS_ALIGNED(paddr, PAGE_SIZE)) {
        return ERR_INVALID_ARG;
    }
    if (num_pages > (UINTPTR_MAX - paddr) / PAGE_SIZE) {
        return ERR_INVALID_ARG;
    }
    // Bootfs is no RAM to be handed out, but no device either: others run the programs in it.
    bool is_memory = pages_is_ram(paddr, num_pages) || bootfs_overlaps(paddr, num_pages);
    return (paddr && is_memory) ? ERR_NOT_PERMITTED : OK;
}

error_t memory_add_region(struct task *task, size_t num_pages, paddr_t paddr,
                          struct region **region) {
    error_t err = check_range(num_pages, paddr);
    if (IS_ERROR(err)) {
        return err;
    }
    if (!paddr && (num_pages > pages_free() || !is_within_limit(task, num_pages))) {
        return ERR_NO_MEMORY;
    }

    struct block *block = new_block(num_pages, paddr);
    if (!block) {
        return ERR_NO_MEMORY;
    }

    struct region view = {
        .num_pages = num_pages,
        .block = block,
        .flags = paddr ? (MAP_W | MAP_UNCACHED) : MAP_W,
    };
    err = show_block(task, view, view.flags | (paddr ? 0 : MAP_ZERO), region);
    memory_block_unref(block);
    return err;
}

error_t memory_add_file(struct task *task, size_t num_pages, paddr_t paddr,
                        struct region **region) {
    struct block *block = new_block(num_pages, paddr);
    if (!block) {
        return ERR_NO_MEMORY;
    }
    error_t err = memory_show_block(task, block, 0, num_pages, 0, region);
    memory_block_unref(block);
    return err;
}

static void drop_region(struct task *task, struct region *region) {
    task->num_pages -= price(region);
    task->num_regions--;
    list_remove(&region->next);
    memory_block_unref(region->block);
    pool_free(&region_pool, region);
}

void memory_remove_region(struct task *task, struct region *region) {
    unmap_pages(task, region->vaddr, region->num_pages);
    drop_region(task, region);
}

error_t memory_restore_page(struct task *task, const struct region *region, vaddr_t vaddr) {
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    paddr_t offset = region->first_page * PAGE_SIZE + (page - region->vaddr);
    // The page was a page table since: its contents must not be seen. One that others share isn't
    // cleared, as they have it mapped.
    unsigned zero = region->block->is_device ? 0 : MAP_ZERO;
    return memory_map(task, page, region->block->paddr + offset, region->flags | zero | MAP_RESUME);
}

void memory_free_all(struct task *task) {
    LIST_FOR_EACH (region, &task->regions, struct region, next) {
        drop_region(task, region);
    }
    page_free_all(&task->pages);
    task->num_pages = 0;
}
