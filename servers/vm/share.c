#include "share.h"

#include <limits.h>

#include "own.h"
#include "pool.h"

struct offer {
    list_elem_t by_owner;
    list_elem_t by_peer;
    struct task *owner;
    handle_t handle;
    struct block *block;  // The offer has a reference.
    size_t first_page;
    size_t num_pages;
    unsigned flags;
};

static struct pool offer_pool = POOL_INIT(struct offer, own_add_chunk);
static handle_t last_handle;

static void remove_offer(struct offer *offer) {
    offer->owner->num_offers--;
    list_remove(&offer->by_owner);
    list_remove(&offer->by_peer);
    memory_block_unref(offer->block);
    pool_free(&offer_pool, offer);
}

/// Returns the region that all of the pages are in, or NULL.
static struct region *find_region(struct task *task, vaddr_t vaddr, size_t num_pages) {
    struct region *region = memory_find_region(&task->regions, vaddr);
    if (!region || !IS_ALIGNED(vaddr, PAGE_SIZE) || num_pages == 0) {
        return NULL;
    }
    size_t offset = (vaddr - region->vaddr) / PAGE_SIZE;
    return (num_pages <= region->num_pages - offset) ? region : NULL;
}

static handle_t next_handle(void) {
    last_handle = (last_handle == INT_MAX) ? 1 : last_handle + 1;
    return last_handle;
}

error_t share_offer(struct task *task, struct task *peer, vaddr_t vaddr, size_t num_pages,
                    bool writable, handle_t *handle) {
    struct region *region = find_region(task, vaddr, num_pages);
    if (!region || peer == task) {
        return ERR_INVALID_ARG;
    }
    if (region->is_borrowed || region->block->is_device || peer->life != LIFE_RUNS
        || !task_are_neighbours(task, peer)) {
        return ERR_NOT_PERMITTED;
    }

    struct offer *offer = (task->num_offers < REGIONS_MAX) ? pool_alloc(&offer_pool) : NULL;
    if (!offer) {
        return ERR_NO_MEMORY;
    }
    offer->owner = task;
    offer->handle = next_handle();
    offer->block = region->block;
    offer->block->refs++;
    offer->first_page = region->first_page + (vaddr - region->vaddr) / PAGE_SIZE;
    offer->num_pages = num_pages;
    offer->flags = writable ? MAP_W : 0;
    list_push_back(&task->offers, &offer->by_owner);
    list_push_back(&peer->offered, &offer->by_peer);
    task->num_offers++;
    *handle = offer->handle;
    return OK;
}

error_t share_accept(struct task *task, handle_t handle, struct region **region) {
    LIST_FOR_EACH (offer, &task->offered, struct offer, by_peer) {
        if (offer->handle != handle) {
            continue;
        }
        error_t err = memory_show_block(task, offer->block, offer->first_page, offer->num_pages,
                                        offer->flags, region);
        if (IS_OK(err)) {
            remove_offer(offer);
        }
        return err;
    }
    return ERR_NOT_FOUND;
}

void share_withdraw(struct task *task, const struct region *region) {
    LIST_FOR_EACH (offer, &task->offers, struct offer, by_owner) {
        if (offer->block == region->block) {
            remove_offer(offer);
        }
    }
}

void share_forget_task(struct task *task) {
    LIST_FOR_EACH (offer, &task->offers, struct offer, by_owner) {
        remove_offer(offer);
    }
    LIST_FOR_EACH (given, &task->offered, struct offer, by_peer) {
        remove_offer(given);
    }
}
