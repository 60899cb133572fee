#include "device.h"

#include <resea/printf.h>

/// Clients hear of one error only, that the disk has failed; what it was is for the log. A driver that was restarted is no
/// error: the cache writes again what may be lost.
static error_t check(const struct blk_unit *unit, unsigned epoch, error_t err) {
    if (unit->epoch != epoch) {
        WARN("%s: the driver was restarted", unit->name);
    }
    if (IS_OK(err) || err == ERR_TRY_AGAIN) {
        return err;
    }
    WARN("%s: the disk has failed (error %d)", unit->name, err);
    return ERR_IO;
}

static error_t transfer(void *context, unsigned flags, const struct blk_segment *segments,
                        size_t num_segments) {
    struct blk_unit *unit = context;
    unsigned epoch = unit->epoch;
    return check(unit, epoch, blk_transfer_segments(unit, flags, segments, num_segments));
}

static error_t flush(void *context) {
    struct blk_unit *unit = context;
    unsigned epoch = unit->epoch;
    return check(unit, epoch, blk_flush(unit));
}

void device_init(struct blkcache_device *device, struct blk_unit *unit) {
    *device = (struct blkcache_device){.buffer = unit->buffer,
                                       .buffer_len = unit->buffer_len,
                                       .num_sectors = unit->num_sectors,
                                       .sector_size = unit->sector_size,
                                       .max_bytes = unit->max_bytes,
                                       .context = unit,
                                       .transfer = transfer,
                                       .flush = flush};
}
