#ifndef __BLK_SERVER_H__
#define __BLK_SERVER_H__

/// \file
/// Everything of a block driver but the hardware: units, partitions, handles and buffers, checks, the queue of requests, and
/// the main loop.
///
/// A driver finds its disks, adds each with blk_server_add_disk, and runs the server:
///
///     static const struct blk_driver driver = {.submit = submit, .interrupt = interrupt, .timer = timer};
///
///     void main(void) {
///         blk_server_init("virtio", &driver);
///         … reset the device, find disks …
///         blk_server_add_disk(&disk);
///         blk_server_run();
///     }
///
/// The server hands the driver one operation after the other, at most `depth` of a queue at a time, and the driver
/// tells when it is done with one. Neither blocks.

#include <blk.h>
#include <list.h>
#include <types.h>

/// Operations that a queue can have under way at most.
#define BLK_DEPTH_MAX 64

enum blk_op_kind {
    BLK_OP_READ,
    BLK_OP_WRITE,
    BLK_OP_FLUSH,  ///< Has no sectors: what was written and completed before becomes durable.
};

struct blk_disk;
struct blk_request;

/// What the driver has to do: a run of sectors of the disk, which may be in several pieces in memory. All of it has been checked.
struct blk_op {
    enum blk_op_kind kind;
    struct blk_disk *disk;
    uint64_t sector;
    uint32_t count;       ///< Sectors, all pieces together: at most the disk's max_sectors.
    unsigned num_pieces;  ///< From 1 to the disk's max_pieces. 0: it is a flush.
    void *driver_data;    ///< The driver's, whatever it likes.
    unsigned number;      ///< Which of its queue's it is, from 0 to depth - 1.

    // The server's.
    const struct blk_segment *segments;
    paddr_t paddr;
    uint8_t *buf;
    struct blk_segment part;
    struct blk_request *request;
    list_elem_t next;
};

/// The pieces of an operation, in the order of their sectors. Each one's length is a multiple of the sector size, and it
/// begins at such a multiple of a page, so that with sectors of 512 bytes it is aligned to 512 bytes.
size_t blk_piece_len(const struct blk_op *op, unsigned piece);
/// Physical address; the piece is contiguous.
paddr_t blk_piece_paddr(const struct blk_op *op, unsigned piece);
/// The same in the driver's memory. Other tasks may change it at any time.
uint8_t *blk_piece_buf(const struct blk_op *op, unsigned piece);

/// Disks with the same queue share its depth: those on one IDE channel, say.
struct blk_queue {
    unsigned depth;  ///< Operations at a time, 1 to BLK_DEPTH_MAX: set by the driver.

    // The server's.
    struct blk_op *ops;
    list_t free_ops;
    list_t waiting;  ///< Requests with something left to submit.
    bool running;
};

/// A whole disk. What a driver doesn't set is zero. It must stay where it is for ever.
struct blk_disk {
    uint64_t num_sectors;
    uint32_t sector_size;  ///< A power of two, from 512 to PAGE_SIZE.
    uint32_t
        max_sectors;  ///< Of one operation, from PAGE_SIZE / sector_size. Longer requests are split.
    unsigned
        max_pieces;  ///< Of one operation: 1 if the device can't gather. At most BLK_SEGMENTS_MAX.
    bool writable;
    bool
        needs_flush;  ///< It has a cache that loses what it has: BLK_OP_FLUSH is to be submitted at all.
    char model[BLK_LABEL_LEN];  ///< What isn't printable ASCII is replaced.
    struct blk_queue *queue;
    void *driver_data;  ///< The driver's.

    // The server's.
    char name[BLK_NAME_LEN];  ///< For messages: set by blk_server_add_disk.
};

struct blk_driver {
    /// Begins an operation. Its end is told with blk_server_complete, which may be called right here.
    void (*submit)(struct blk_op *op);
    /// A line that the driver has acquired has fired (NOTIFY_IRQ). NULL: there is none.
    void (*interrupt)(void);
    /// The timer that the driver has set has run out (NOTIFY_TIMER). NULL: there is none. The timer is all the driver's.
    void (*timer)(void);
};

/// To be called first. `prefix`, small letters, is what the units' names begin with and what is served behind "blk.".
void blk_server_init(const char *prefix, const struct blk_driver *driver);

/// Adds a disk and what its partition tables describe: reads them, with submit, and waits for that. A table that is
/// damaged, or can't be read, is warned about. ERR_NO_MEMORY; ERR_INVALID_ARG: the disk isn't as described above.
error_t __mustuse blk_server_add_disk(struct blk_disk *disk);

/// Serves, for ever. `max_sectors` and the like may not change any more.
__noreturn void blk_server_run(void);

/// The driver is done with an operation, and so is the device: neither touches the memory any more. `err`: OK or
/// ERR_IO. May be called from submit, interrupt and timer.
void blk_server_complete(struct blk_op *op, error_t err);

#endif
