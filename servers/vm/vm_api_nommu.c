#include "api.h"
#include "manifest_reader.h"
#include "nommu.h"
#include "task.h"

/// Whether one of the task's devices has these registers, or this flash: all of it, to whole pages.
static bool is_granted(const struct task *task, paddr_t paddr, size_t num_pages) {
    const struct manifest_server *server = manifest_server(task->server);
    const struct manifest_grant *grants = manifest_grants(server);
    for (unsigned i = 0; i < server->num_grants; i++) {
        uint64_t end = ALIGN_UP(grants[i].base + grants[i].len, PAGE_SIZE);
        if (grants[i].kind == GRANT_MMIO && paddr >= grants[i].base && paddr < end
            && num_pages <= (end - paddr) / PAGE_SIZE) {
            return true;
        }
    }
    return false;
}

static error_t check_device(task_t client, paddr_t paddr, size_t num_pages) {
    struct task *task = task_find(client);
    if (!task || task->life != LIFE_RUNS) {
        return ERR_NOT_PERMITTED;
    }
    if (!num_pages || !IS_ALIGNED(paddr, PAGE_SIZE)) {
        return ERR_INVALID_ARG;
    }
    return is_granted(task, paddr, num_pages) ? OK : ERR_NOT_PERMITTED;
}

static error_t alloc_pages(task_t client, struct vm_alloc_pages_fields *request,
                           struct vm_alloc_pages_reply_fields *reply) {
    if (!request->paddr) {
        // All the RAM that a program has is what the manifest says.
        return ERR_UNAVAILABLE;
    }
    error_t err = check_device(client, request->paddr, request->num_pages);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->vaddr = request->paddr;
    reply->paddr = request->paddr;
    return OK;
}

static error_t free_pages(task_t client, struct vm_free_pages_fields *request) {
    error_t err = check_device(client, request->vaddr, request->num_pages);
    return (err == ERR_NOT_PERMITTED && task_find(client)) ? ERR_INVALID_ARG : err;
}

static error_t offer_pages(task_t client __unused, struct vm_offer_pages_fields *request __unused,
                           struct vm_offer_pages_reply_fields *reply __unused) {
    return ERR_UNAVAILABLE;
}

static error_t accept_pages(task_t client __unused, struct vm_accept_pages_fields *request __unused,
                            struct vm_accept_pages_reply_fields *reply __unused) {
    return ERR_UNAVAILABLE;
}

static error_t stats(task_t client __unused, struct vm_stats_reply_fields *reply) {
    reply->total_pages = programs_ram_total() / PAGE_SIZE;
    reply->free_pages = programs_ram_free() / PAGE_SIZE;
    return OK;
}

const struct vm_ops vm_api = {
    .alloc_pages = alloc_pages,
    .free_pages = free_pages,
    .offer_pages = offer_pages,
    .accept_pages = accept_pages,
    .stats = stats,
};
