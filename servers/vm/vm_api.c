#include "api.h"
#include "memory.h"
#include "pages.h"
#include "reap.h"
#include "share.h"
#include "task.h"

/// Only tasks that vm is the pager of have memory from it: the others' is their pagers'.
static struct task *find_paged_task(task_t tid) {
    struct task *task = task_find(tid);
    return (task && task->life == LIFE_RUNS) ? task : NULL;
}

static error_t alloc_pages(task_t client, struct vm_alloc_pages_fields *request,
                           struct vm_alloc_pages_reply_fields *reply) {
    struct task *task = find_paged_task(client);
    if (!task) {
        return ERR_NOT_PERMITTED;
    }

    struct region *region;
    error_t err = memory_add_region(task, request->num_pages, request->paddr, &region);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->vaddr = region->vaddr;
    reply->paddr = region->block->paddr;
    return OK;
}

static error_t free_pages(task_t client, struct vm_free_pages_fields *request) {
    struct task *task = find_paged_task(client);
    if (!task) {
        return ERR_NOT_PERMITTED;
    }

    struct region *region = memory_find_region(&task->regions, request->vaddr);
    if (!region || region->vaddr != request->vaddr || region->num_pages != request->num_pages) {
        return ERR_INVALID_ARG;
    }
    if (reap_has_children(task)) {
        return ERR_IN_USE;
    }
    share_withdraw(task, region);
    memory_remove_region(task, region);
    return OK;
}

static error_t offer_pages(task_t client, struct vm_offer_pages_fields *request,
                           struct vm_offer_pages_reply_fields *reply) {
    struct task *task = find_paged_task(client);
    struct task *peer = task_find(request->task);
    if (!task) {
        return ERR_NOT_PERMITTED;
    }
    if (!peer) {
        return ERR_INVALID_TASK;
    }
    return share_offer(task, peer, request->vaddr, request->num_pages, request->writable,
                       &reply->offer);
}

static error_t accept_pages(task_t client, struct vm_accept_pages_fields *request,
                            struct vm_accept_pages_reply_fields *reply) {
    struct task *task = find_paged_task(client);
    if (!task) {
        return ERR_NOT_PERMITTED;
    }

    struct region *region;
    error_t err = share_accept(task, request->offer, &region);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->vaddr = region->vaddr;
    reply->num_pages = region->num_pages;
    reply->writable = (region->flags & MAP_W) != 0;
    reply->paddr = region->block->paddr + region->first_page * PAGE_SIZE;
    return OK;
}

static error_t stats(task_t client __unused, struct vm_stats_reply_fields *reply) {
    reply->total_pages = pages_total();
    reply->free_pages = memory_num_free();
    return OK;
}

const struct vm_ops vm_api = {
    .alloc_pages = alloc_pages,
    .free_pages = free_pages,
    .offer_pages = offer_pages,
    .accept_pages = accept_pages,
    .stats = stats,
};
