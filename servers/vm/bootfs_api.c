#include "api.h"
#include "bootfs_reader.h"
#include "memory.h"
#include "task.h"

static error_t map(task_t client, struct bootfs_map_fields *request,
                   struct bootfs_map_reply_fields *reply) {
    struct task *task = task_find(client);
    if (!task || task->life != LIFE_RUNS) {
        return ERR_NOT_PERMITTED;
    }
    const struct bootfs_file *file = bootfs_find(request->name);
    if (!file) {
        return ERR_NOT_FOUND;
    }
    if (file->len == 0) {
        return ERR_EMPTY;
    }

    struct region *region;
    size_t num_pages = ALIGN_UP((size_t) file->len, PAGE_SIZE) / PAGE_SIZE;
    error_t err = memory_add_file(task, num_pages, bootfs_paddr(bootfs_data(file)), &region);
    if (IS_ERROR(err)) {
        return err;
    }
    reply->vaddr = region->vaddr;
    reply->len = file->len;
    return OK;
}

const struct bootfs_ops bootfs_api = {
    .map = map,
};
