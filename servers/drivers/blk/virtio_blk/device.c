#include "device.h"

#include <endian.h>
#include <resea/printf.h>
#include <string.h>

// Features.
#define F_SIZE_MAX 1
#define F_SEG_MAX  2
#define F_RO       5
#define F_BLK_SIZE 6
#define F_FLUSH    9
#define FEATURES                                                                \
    (UINT64_C(1) << F_SIZE_MAX | UINT64_C(1) << F_SEG_MAX | UINT64_C(1) << F_RO \
     | UINT64_C(1) << F_BLK_SIZE | UINT64_C(1) << F_FLUSH)

// Configuration.
#define CONFIG_CAPACITY 0   // 8 bytes, in sectors of 512 bytes.
#define CONFIG_SIZE_MAX 8   // 4
#define CONFIG_SEG_MAX  12  // 4
#define CONFIG_BLK_SIZE 20  // 4

/// The unit of capacities and of requests' places, whatever the disk's sectors are.
#define UNIT 512

#define TYPE_IN    0
#define TYPE_OUT   1
#define TYPE_FLUSH 4

#define STATUS_OK    0
#define STATUS_UNSET 0xff

/// Operations at a time: what one client asks for at once, and another one.
#define DEPTH_MAX 32
/// Bytes of one operation, at most.
#define TRANSFER_MAX (1024u * 1024)
/// How long a device may do nothing.
#define IDLE_TICKS (30000 / TICK_MS)
/// Pieces of a request beside the data's: the header, and the status.
#define EXTRA_PIECES 2

/// What the device reads at the beginning of a request, and the byte that it writes at the end. The device's copy of an operation:
/// nothing but the status is read back.
struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    uint8_t status;
    uint8_t padding[15];
};

#define STATUS_OFFSET offsetof(struct header, status)

STATIC_ASSERT(sizeof(struct header) * DEPTH_MAX <= PAGE_SIZE, "headers have a page");

static error_t read_number(const struct device *device, offset_t offset, size_t size,
                           uint64_t *value) {
    return virtio_read_config(device->virtio, offset, size, value);
}

/// Reads a number that is there if a feature is; otherwise `value` stays as it is.
static error_t read_optional(const struct device *device, unsigned feature, offset_t offset,
                             uint64_t *value) {
    return virtio_has(device->virtio, feature) ? read_number(device, offset, 4, value) : OK;
}

static error_t read_config(struct device *device) {
    uint64_t capacity, sector_size = UNIT, size_max = TRANSFER_MAX, seg_max = BLK_SEGMENTS_MAX;
    error_t err = read_number(device, CONFIG_CAPACITY, 8, &capacity);
    if (IS_OK(err)) {
        err = read_optional(device, F_BLK_SIZE, CONFIG_BLK_SIZE, &sector_size);
    }
    if (IS_OK(err)) {
        err = read_optional(device, F_SIZE_MAX, CONFIG_SIZE_MAX, &size_max);
    }
    if (IS_OK(err)) {
        err = read_optional(device, F_SEG_MAX, CONFIG_SEG_MAX, &seg_max);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    if (sector_size < UNIT || sector_size > PAGE_SIZE || (sector_size & (sector_size - 1)) != 0
        || size_max < PAGE_SIZE || capacity < sector_size / UNIT) {
        return ERR_NOT_ACCEPTABLE;
    }
    device->disk = (struct blk_disk){
        .num_sectors = capacity / (sector_size / UNIT),
        .sector_size = (uint32_t) sector_size,
        // No piece is longer than the operation, so that this bounds both.
        .max_sectors = (uint32_t) (MIN(size_max, TRANSFER_MAX) / sector_size),
        .max_pieces = (unsigned) MIN(MAX(seg_max, UINT64_C(1)), (uint64_t) BLK_SEGMENTS_MAX),
        .writable = !virtio_has(device->virtio, F_RO),
        .needs_flush = virtio_has(device->virtio, F_FLUSH),
        .model = "virtio disk",
        .queue = &device->blk_queue,
        .driver_data = device,
    };
    return OK;
}

/// Sets the queue up, so that there is room for each operation that the server will hand out.
static error_t set_up_queue(struct device *device) {
    unsigned most = device->disk.max_pieces + EXTRA_PIECES;
    const struct virtio_queue_options options = {.max_pieces = most};
    error_t err = virtio_queue(device->virtio, 0, &options, &device->queue);
    if (IS_ERROR(err)) {
        return err;
    }
    unsigned room = virtq_num_free(device->queue);
    if (!virtio_has(device->virtio, VIRTIO_F_INDIRECT_DESC)) {
        if (room <= EXTRA_PIECES) {
            return ERR_NOT_ACCEPTABLE;
        }
        most = MIN(most, room);
        device->disk.max_pieces = most - EXTRA_PIECES;
        room /= most;
    }
    device->blk_queue.depth = MIN(room, (unsigned) DEPTH_MAX);
    return (room > 0) ? OK : ERR_NOT_ACCEPTABLE;
}

/// Takes the device and makes it work.
static error_t start(struct device *device) {
    error_t err = virtio_open(VIRTIO_TYPE_BLOCK, FEATURES, &device->virtio);
    if (IS_ERROR(err)) {
        return err;
    }
    err = read_config(device);
    if (IS_OK(err)) {
        err = set_up_queue(device);
    }
    if (IS_ERROR(err)) {
        virtio_close(device->virtio);
        device->virtio = NULL;
        return err;
    }
    virtio_start(device->virtio);
    // Nothing is under way yet: there is none that could have been missed.
    (void) virtq_interrupt_after(device->queue, 1);
    return OK;
}

error_t device_open(struct device *device) {
    bzero(device, sizeof(*device));
    device->headers = dma_alloc(PAGE_SIZE, DMA_ALLOC_TO_DEV | DMA_ALLOC_FROM_DEV);
    if (device->headers == NULL) {
        return ERR_NO_MEMORY;
    }
    error_t err = start(device);
    if (IS_ERROR(err)) {
        dma_free(device->headers);
    }
    return err;
}

static volatile struct header *header_of(const struct device *device, const struct blk_op *op) {
    return &((volatile struct header *) dma_buf(device->headers))[op->number];
}

static void fill_header(const struct device *device, const struct blk_op *op) {
    static const uint32_t types[] = {TYPE_IN, TYPE_OUT, TYPE_FLUSH};
    volatile struct header *header = header_of(device, op);
    header->type = into_le32(types[op->kind]);
    header->reserved = 0;
    header->sector = into_le64(op->sector * (device->disk.sector_size / UNIT));
    header->status = STATUS_UNSET;
    dma_flush_write(device->headers);
}

/// The header, the data, the status; returns how many of them the device reads.
static unsigned fill_pieces(const struct device *device, const struct blk_op *op,
                            struct virtq_piece *pieces) {
    uint64_t header = dma_daddr(device->headers) + op->number * sizeof(struct header);
    pieces[0] = (struct virtq_piece){header, STATUS_OFFSET};
    for (unsigned i = 0; i < op->num_pieces; i++) {
        pieces[1 + i] =
            (struct virtq_piece){blk_piece_paddr(op, i), (uint32_t) blk_piece_len(op, i)};
    }
    pieces[1 + op->num_pieces] = (struct virtq_piece){header + STATUS_OFFSET, 1};
    return (op->kind == BLK_OP_WRITE) ? 1 + op->num_pieces : 1;
}

void device_submit(struct device *device, struct blk_op *op) {
    struct virtq_piece pieces[BLK_SEGMENTS_MAX + EXTRA_PIECES];
    error_t err = ERR_IO;
    if (!device->dead) {
        fill_header(device, op);
        unsigned num_out = fill_pieces(device, op, pieces);
        err =
            virtq_add(device->queue, pieces, num_out, op->num_pieces + EXTRA_PIECES - num_out, op);
    }
    if (IS_ERROR(err)) {
        blk_server_complete(op, ERR_IO);
        return;
    }
    virtq_kick(device->queue);
}

static void finish(struct device *device, struct blk_op *op) {
    static const char *const names[] = {"reading", "writing", "flushing"};
    device->idle_ticks = 0;
    uint8_t status = header_of(device, op)->status;
    if (status != STATUS_OK) {
        WARN("%s: %s %u sectors from %llu on failed: status %u", device->disk.name, names[op->kind],
             op->count, (unsigned long long) op->sector, status);
    }
    blk_server_complete(op, (status == STATUS_OK) ? OK : ERR_IO);
}

/// Brings a device back that doesn't do what it should. All that is under way has failed.
static void bring_back(struct device *device, const char *why) {
    WARN("%s: %s", device->disk.name, why);
    uint64_t num_sectors = device->disk.num_sectors;
    const struct blk_disk before = device->disk;
    device->dead = true;
    if (IS_ERROR(virtio_reset(device->virtio))) {
        // It may still use the buffers of what is under way. When we end, dm takes its access to memory away.
        PANIC("%s: the device doesn't stop", device->disk.name);
    }
    struct blk_op *op;
    while ((op = virtq_abort(device->queue)) != NULL) {
        blk_server_complete(op, ERR_IO);
    }
    unsigned depth = device->blk_queue.depth;
    virtio_close(device->virtio);
    error_t err = start(device);
    bool same = IS_OK(err) && device->disk.num_sectors == num_sectors
                && device->blk_queue.depth >= depth
                && device->disk.sector_size == before.sector_size
                && device->disk.max_pieces >= before.max_pieces;
    device->disk = before;
    device->blk_queue.depth = depth;
    device->dead = !same;
    device->idle_ticks = 0;
}

void device_interrupt(struct device *device) {
    if (device->dead) {
        return;
    }
    virtio_acknowledge(device->virtio);
    uint32_t len;
    struct blk_op *op;
    do {
        while ((op = virtq_take(device->queue, &len)) != NULL) {
            finish(device, op);
        }
    } while (!virtq_interrupt_after(device->queue, 1));
    if (virtq_is_broken(device->queue) || virtio_needs_reset(device->virtio)) {
        bring_back(device, "the device is broken: starting it anew");
    }
}

bool device_is_busy(const struct device *device) {
    return !device->dead && virtq_num_under_way(device->queue) > 0;
}

void device_tick(struct device *device) {
    if (!device_is_busy(device)) {
        device->idle_ticks = 0;
        return;
    }
    device->idle_ticks++;
    if (device->idle_ticks >= IDLE_TICKS) {
        bring_back(device, "the device doesn't answer: starting it anew");
    }
}
