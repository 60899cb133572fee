#include "opened.h"

#include <idl_client.h>
#include <list.h>
#include <resea/handle.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "queue.h"
#include "units.h"

struct opened {
    list_elem_t next;
    task_t client;
    const struct unit *unit;
    bool writable;
    vaddr_t vaddr;  ///< Of the buffer; 0: there is none.
    size_t buffer_len;
    struct blk_request request;  // paddr and buf are the buffer's.
    bool busy;                   ///< The request is under way.
    int reply_type;              ///< What it is answered with.
    bool closed;                 ///< The handle is gone: freed as soon as it isn't busy.
    bool answer_close;
};

static list_t all;

void opened_init(void) {
    list_init(&all);
}

static bool has_opened(task_t client) {
    LIST_FOR_EACH (opened, &all, struct opened, next) {
        if (opened->client == client && !opened->closed) {
            return true;
        }
    }
    return false;
}

/// Maps the pages that the client has offered.
static error_t accept_buffer(struct opened *opened, handle_t offer) {
    size_t num_pages;
    bool writable;
    vaddr_t vaddr;
    paddr_t paddr;
    error_t err = call_vm_accept_pages(INIT_TASK, offer, &vaddr, &num_pages, &writable, &paddr);
    if (IS_ERROR(err)) {
        return err;
    }
    opened->vaddr = vaddr;
    opened->buffer_len = num_pages * PAGE_SIZE;
    opened->request.paddr = paddr;
    opened->request.buf = (uint8_t *) vaddr;
    return writable ? OK : ERR_NOT_PERMITTED;
}

static void free_opened(struct opened *opened) {
    if (opened->vaddr != 0) {
        OOPS_OK(call_vm_free_pages(INIT_TASK, opened->vaddr, opened->buffer_len / PAGE_SIZE));
    }
    free(opened);
}

static error_t alloc_handle(struct opened *opened) {
    handle_t handle = handle_alloc(opened->client);
    return IS_OK(handle) && IS_OK(handle_set(opened->client, handle, opened)) ? handle
                                                                              : ERR_NO_MEMORY;
}

/// Forgets a client that has nothing open any more.
static void unwatch(task_t client) {
    if (!has_opened(client)) {
        // It may have ended just now: then vm has nothing to take back.
        (void) call_task_unwatch(INIT_TASK, client);
    }
}

/// All that can fail of opening a unit. Returns the handle.
static handle_t set_up(struct opened *opened, handle_t offer) {
    if (offer != 0) {
        error_t err = accept_buffer(opened, offer);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    error_t err = call_task_watch(INIT_TASK, opened->client);
    return IS_ERROR(err) ? err : alloc_handle(opened);
}

error_t opened_open(task_t client, const struct blk_open_fields *request,
                    struct blk_open_reply_fields *reply) {
    const struct unit *unit = units_find(request->name);
    if (unit == NULL) {
        return ERR_NOT_FOUND;
    }
    if (request->writable && !unit->disk->writable) {
        return ERR_NOT_PERMITTED;
    }
    struct opened *opened = malloc(sizeof(*opened));
    if (opened == NULL) {
        return ERR_NO_MEMORY;
    }
    bzero(opened, sizeof(*opened));
    opened->client = client;
    opened->unit = unit;
    opened->writable = request->writable;

    handle_t handle = set_up(opened, request->buffer);
    if (IS_ERROR(handle)) {
        free_opened(opened);
        unwatch(client);
        return handle;
    }
    list_push_back(&all, &opened->next);
    reply->handle = handle;
    reply->num_sectors = unit->num_sectors;
    reply->sector_size = unit->disk->sector_size;
    reply->max_bytes = TRANSFER_MAX;
    return OK;
}

static void reply_empty(task_t client, int type) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = type;
    ipc_reply(client, &m);
}

/// The client's handle is gone, and so is what the device does for it.
static void end(struct opened *opened) {
    if (opened->answer_close) {
        reply_empty(opened->client, BLK_CLOSE_REPLY_MSG);
    }
    list_remove(&opened->next);
    free_opened(opened);
}

static void mark_closed(struct opened *opened) {
    opened->closed = true;
    if (!opened->busy) {
        end(opened);
    }
}

error_t opened_close(task_t client, handle_t handle) {
    struct opened *opened = handle_get(client, handle);
    if (opened == NULL) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, handle);
    opened->answer_close = true;
    mark_closed(opened);
    unwatch(client);
    return DONT_REPLY;
}

static void close_of_ended(void *data) {
    mark_closed(data);
}

void opened_forget_task(task_t client) {
    handle_free_all(client, close_of_ended);
}

static void finish(struct blk_request *request, error_t err) {
    struct opened *opened = LIST_CONTAINER(request, struct opened, request);
    opened->busy = false;
    reply_empty(opened->client, IS_ERROR(err) ? err : opened->reply_type);
    if (opened->closed) {
        end(opened);
    }
}

static error_t start(struct opened *opened, unsigned flags, unsigned num_segments, int reply_type) {
    opened->request.disk = opened->unit->disk;
    opened->request.flags = flags;
    opened->request.num_segments = num_segments;
    opened->request.done = finish;
    opened->reply_type = reply_type;
    opened->busy = true;
    // From here on it may be gone.
    request_start(&opened->request);
    return DONT_REPLY;
}

/// The handle's data, if it can take a request.
static error_t get_free(task_t client, handle_t handle, struct opened **opened) {
    *opened = handle_get(client, handle);
    if (*opened == NULL) {
        return ERR_NOT_FOUND;
    }
    return (*opened)->busy ? ERR_IN_USE : OK;
}

/// Copies the client's segments, which then are the disk's.
static error_t take_segments(struct opened *opened, const struct blk_segment *segments,
                             size_t num_segments) {
    const struct unit *unit = opened->unit;
    uint32_t sector_size = unit->disk->sector_size;
    uint64_t total = 0;
    for (size_t i = 0; i < num_segments; i++) {
        struct blk_segment segment = segments[i];
        uint64_t len = (uint64_t) segment.count * sector_size;
        if (segment.count == 0 || segment.sector >= unit->num_sectors
            || segment.count > unit->num_sectors - segment.sector
            || !IS_ALIGNED(segment.place, sector_size) || segment.place > opened->buffer_len
            || len > opened->buffer_len - segment.place) {
            return ERR_INVALID_ARG;
        }
        total += len;
        segment.sector += unit->first_sector;
        opened->request.segments[i] = segment;
    }
    return (total > TRANSFER_MAX) ? ERR_TOO_LARGE : OK;
}

error_t opened_transfer(task_t client, handle_t handle, unsigned flags,
                        const struct blk_segment *segments, size_t num_segments, int reply_type) {
    struct opened *opened;
    error_t err = get_free(client, handle, &opened);
    if (IS_ERROR(err)) {
        return err;
    }
    if ((flags & ~(BLK_WRITE | BLK_FLUSH_BEFORE | BLK_FLUSH_AFTER)) || num_segments == 0
        || num_segments > BLK_SEGMENTS_MAX) {
        return ERR_INVALID_ARG;
    }
    if ((flags & BLK_WRITE) && !opened->writable) {
        return ERR_NOT_PERMITTED;
    }
    err = take_segments(opened, segments, num_segments);
    return IS_ERROR(err) ? err : start(opened, flags, (unsigned) num_segments, reply_type);
}

error_t opened_flush(task_t client, handle_t handle) {
    struct opened *opened;
    error_t err = get_free(client, handle, &opened);
    return IS_ERROR(err) ? err : start(opened, BLK_FLUSH_AFTER, 0, BLK_FLUSH_REPLY_MSG);
}
