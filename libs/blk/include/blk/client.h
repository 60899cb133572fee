#ifndef __BLK_CLIENT_H__
#define __BLK_CLIENT_H__

/// \file
/// Block devices for those who use them: file systems, mostly. A unit is opened together with a buffer, from and to
/// which the device moves data by itself. The program's manifest entry needs the driver in its `may_call`.
///
///     struct blk_unit unit;
///     err = blk_open(&unit, "virtio0p1", 1024 * 1024, true);
///     err = blk_read(&unit, 0, 8, 0);            // Sectors 0 to 7, to the buffer's start.
///     use(unit.buffer);
///     err = blk_write(&unit, 0, 8, 0);
///     err = blk_flush(&unit);
///
/// All calls block until the device is done. While one is under way, its part of the buffer is the device's.
///
/// **When the driver ends**, it is restarted; the calls look it up again, open the unit again with the same buffer,
/// and repeat what they were doing. What was written and not flushed before that may be lost. `epoch` counts how
/// often that has happened. The next call that flushes (blk_flush, BLK_FLUSH_BEFORE, BLK_FLUSH_AFTER) then says
/// ERR_TRY_AGAIN once, if anything had been written since the last flush: write all of it again, then flush again.
/// With BLK_FLUSH_BEFORE nothing has been written in that case.
///
/// Errors of all calls, besides their own: those of idl/blk.idl; ERR_UNAVAILABLE: the driver is gone for good;
/// ERR_ABORTED: the driver has ended each time that the request came; ERR_NOT_PERMITTED: the manifest doesn't
/// allow calling it; ERR_NOT_FOUND also if the unit is gone, or isn't what it was (its size has changed).

#include <blk.h>
#include <types.h>

struct blk_unit {
    char name[BLK_NAME_LEN];
    uint64_t num_sectors;
    uint32_t sector_size;  ///< A power of two, from 512 to PAGE_SIZE.
    uint32_t max_bytes;    ///< Of one transfer, all segments together.
    bool writable;         ///< As it was opened.
    uint8_t *buffer;       ///< Page-aligned; NULL if the unit was opened without one.
    size_t buffer_len;     ///< In bytes.
    unsigned epoch;        ///< How often the driver has been restarted since the unit was opened.

    // The library's.
    task_t server;
    handle_t handle;
    paddr_t buffer_paddr;
    bool unflushed;  ///< Something has been written since the last flush.
    bool lost;       ///< Some of that may be lost, and nobody was told yet.
};

/// Opens the unit with a buffer of `buffer_len` bytes, rounded up to pages; 0: without one, for blk_flush only.
/// ERR_NOT_FOUND: there is no such unit. ERR_INVALID_ARG: no unit can have that name. ERR_NOT_PERMITTED: `writable`,
/// and it can't be. ERR_NO_MEMORY. Waits for a driver that hasn't started yet.
error_t __mustuse blk_open(struct blk_unit *unit, const char *name, size_t buffer_len,
                           bool writable);
/// Closes the unit and frees the buffer. What wasn't flushed may be lost.
void blk_close(struct blk_unit *unit);

/// Reads `count` sectors from `sector` on into the buffer, at `place`.
error_t __mustuse blk_read(struct blk_unit *unit, uint64_t sector, uint32_t count, uint32_t place);
/// Writes them. Durable after the next flush.
error_t __mustuse blk_write(struct blk_unit *unit, uint64_t sector, uint32_t count, uint32_t place);
/// Either one. `flags`: BLK_WRITE, BLK_FLUSH_BEFORE, BLK_FLUSH_AFTER, combined with |.
error_t __mustuse blk_transfer(struct blk_unit *unit, unsigned flags, uint64_t sector,
                               uint32_t count, uint32_t place);
/// Several runs, 1 to BLK_SEGMENTS_MAX, in any order.
error_t __mustuse blk_transfer_segments(struct blk_unit *unit, unsigned flags,
                                        const struct blk_segment *segments, size_t num_segments);
/// What was written is durable when this returns OK. ERR_TRY_AGAIN: see above.
error_t __mustuse blk_flush(struct blk_unit *unit);

/// The service that a unit's name belongs to: "virtio0p1" is blk.virtio's. ERR_INVALID_ARG: no unit can have that name.
error_t __mustuse blk_service_of(const char *unit_name, char service[BLK_SERVICE_LEN]);

#endif
