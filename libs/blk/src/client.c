#include <blk/client.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <string.h>

/// How often a request is made to a driver that ends of it.
#define TRIES 5

static bool is_gone(error_t err) {
    return err == ERR_ABORTED || err == ERR_INVALID_TASK;
}

static error_t offer_buffer(const struct blk_unit *unit, handle_t *offer) {
    *offer = 0;
    if (unit->buffer == NULL) {
        return OK;
    }
    return call_vm_offer_pages(INIT_TASK, unit->server, (vaddr_t) unit->buffer,
                               unit->buffer_len / PAGE_SIZE, true, offer);
}

/// Finds the driver and opens the unit there.
static error_t open_at_server(struct blk_unit *unit, uint64_t *num_sectors, uint32_t *sector_size) {
    char service[BLK_SERVICE_LEN];
    error_t err = blk_service_of(unit->name, service);
    if (IS_ERROR(err)) {
        return err;
    }
    unit->server = ipc_lookup(service);
    if (IS_ERROR(unit->server)) {
        return unit->server;
    }
    handle_t offer;
    err = offer_buffer(unit, &offer);
    if (IS_ERROR(err)) {
        return err;
    }
    return call_blk_open(unit->server, offer, unit->writable, unit->name, num_sectors, sector_size,
                         &unit->handle, &unit->max_bytes);
}

/// The same until it has an answer that isn't the end of the driver.
static error_t open_anew(struct blk_unit *unit, uint64_t *num_sectors, uint32_t *sector_size) {
    error_t err = ERR_ABORTED;
    for (int i = 0; i < TRIES && is_gone(err); i++) {
        err = open_at_server(unit, num_sectors, sector_size);
    }
    return is_gone(err) ? ERR_ABORTED : err;
}

static error_t alloc_buffer(struct blk_unit *unit, size_t buffer_len) {
    if (buffer_len == 0) {
        return OK;
    }
    if (buffer_len > UINT32_MAX - PAGE_SIZE) {
        return ERR_NO_MEMORY;
    }
    vaddr_t vaddr;
    size_t len = ALIGN_UP(buffer_len, PAGE_SIZE);
    error_t err = call_vm_alloc_pages(INIT_TASK, len / PAGE_SIZE, 0, &vaddr, &unit->buffer_paddr);
    if (IS_OK(err)) {
        unit->buffer = (uint8_t *) vaddr;
        unit->buffer_len = len;
    }
    return err;
}

static void free_buffer(struct blk_unit *unit) {
    if (unit->buffer != NULL) {
        (void) call_vm_free_pages(INIT_TASK, (vaddr_t) unit->buffer, unit->buffer_len / PAGE_SIZE);
        unit->buffer = NULL;
    }
}

error_t blk_open(struct blk_unit *unit, const char *name, size_t buffer_len, bool writable) {
    bzero(unit, sizeof(*unit));
    if (strlen(name) >= sizeof(unit->name)) {
        return ERR_INVALID_ARG;
    }
    strncpy2(unit->name, name, sizeof(unit->name));
    unit->writable = writable;
    error_t err = alloc_buffer(unit, buffer_len);
    if (IS_OK(err)) {
        err = open_anew(unit, &unit->num_sectors, &unit->sector_size);
    }
    if (IS_ERROR(err)) {
        free_buffer(unit);
    }
    return err;
}

void blk_close(struct blk_unit *unit) {
    // If the driver is gone, so is what it had of ours.
    (void) call_blk_close(unit->server, unit->handle);
    free_buffer(unit);
}

/// The driver has ended: finds the new one.
static error_t recover(struct blk_unit *unit) {
    unit->epoch++;
    unit->lost = unit->lost || unit->unflushed;
    uint64_t num_sectors;
    uint32_t sector_size;
    error_t err = open_anew(unit, &num_sectors, &sector_size);
    if (IS_OK(err) && (num_sectors != unit->num_sectors || sector_size != unit->sector_size)) {
        (void) call_blk_close(unit->server, unit->handle);
        unit->handle = 0;
        return ERR_NOT_FOUND;
    }
    return err;
}

/// Tells, once, that writes are lost.
static error_t report_loss(struct blk_unit *unit) {
    if (!unit->lost) {
        return OK;
    }
    unit->lost = false;
    unit->unflushed = false;
    return ERR_TRY_AGAIN;
}

struct call {
    unsigned flags;
    const struct blk_segment *segments;
    size_t num_segments;  ///< 0: it is a flush.
};

static error_t call_once(const struct blk_unit *unit, const struct call *call) {
    const struct blk_segment *segment = call->segments;
    switch (call->num_segments) {
    case 0:
        return call_blk_flush(unit->server, unit->handle);
    case 1:
        return call_blk_transfer(unit->server, unit->handle, call->flags, segment->count,
                                 segment->place, segment->sector);
    default:
        return call_blk_transfer_segments(unit->server, unit->handle, call->flags, segment,
                                          call->num_segments * sizeof(*segment));
    }
}

/// Makes the call, as often as it takes until a driver has answered. All of them do no harm if they are done twice.
static error_t call_until_answered(struct blk_unit *unit, const struct call *call) {
    for (int i = 0; i < TRIES; i++) {
        if (call->flags & BLK_FLUSH_BEFORE) {
            error_t err = report_loss(unit);
            if (IS_ERROR(err)) {
                return err;
            }
        }
        error_t err = call_once(unit, call);
        if (!is_gone(err)) {
            return err;
        }
        err = recover(unit);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return ERR_ABORTED;
}

/// Keeps account of what is flushed.
static error_t carry_out(struct blk_unit *unit, const struct call *call) {
    error_t err = call_until_answered(unit, call);
    if (IS_ERROR(err)) {
        return err;
    }
    if (call->flags & BLK_FLUSH_AFTER) {
        err = report_loss(unit);
        unit->unflushed = false;
        return err;
    }
    if (call->flags & BLK_FLUSH_BEFORE) {
        unit->unflushed = false;
    }
    if (call->flags & BLK_WRITE) {
        unit->unflushed = true;
    }
    return OK;
}

error_t blk_transfer_segments(struct blk_unit *unit, unsigned flags,
                              const struct blk_segment *segments, size_t num_segments) {
    if (num_segments == 0 || num_segments > BLK_SEGMENTS_MAX) {
        return ERR_INVALID_ARG;
    }
    return carry_out(unit, &(struct call){flags, segments, num_segments});
}

error_t blk_transfer(struct blk_unit *unit, unsigned flags, uint64_t sector, uint32_t count,
                     uint32_t place) {
    const struct blk_segment segment = {sector, count, place};
    return blk_transfer_segments(unit, flags, &segment, 1);
}

error_t blk_read(struct blk_unit *unit, uint64_t sector, uint32_t count, uint32_t place) {
    return blk_transfer(unit, 0, sector, count, place);
}

error_t blk_write(struct blk_unit *unit, uint64_t sector, uint32_t count, uint32_t place) {
    return blk_transfer(unit, BLK_WRITE, sector, count, place);
}

error_t blk_flush(struct blk_unit *unit) {
    return carry_out(unit, &(struct call){BLK_FLUSH_AFTER, NULL, 0});
}
