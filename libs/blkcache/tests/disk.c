#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include "../../common/tests/random.h"

size_t disk_len(const struct disk *disk) {
    return (size_t) disk->device.num_sectors * disk->device.sector_size;
}

static void forget_writes(struct disk *disk) {
    for (size_t i = 0; i < disk->num_writes; i++) {
        free(disk->writes[i].data);
    }
    disk->num_writes = 0;
}

/// Applies writes, each one if a coin says so.
static void apply(const struct disk *disk, uint32_t *random, uint8_t *image) {
    uint32_t size = disk->device.sector_size;
    for (size_t i = 0; i < disk->num_writes; i++) {
        if (random == NULL || random_below(random, 2) == 0) {
            memcpy(image + disk->writes[i].sector * size, disk->writes[i].data, size);
        }
    }
}

void disk_cut(const struct disk *disk, uint32_t *random, uint8_t *image) {
    memcpy(image, disk->durable, disk_len(disk));
    apply(disk, random, image);
}

static void make_durable(struct disk *disk) {
    apply(disk, NULL, disk->durable);
    forget_writes(disk);
}

/// The driver ends and is started again. What was not flushed may be lost.
static void restart(struct disk *disk) {
    disk->restarts++;
    disk->lost |= disk->num_writes > 0;
    apply(disk, &disk->random, disk->durable);
    memcpy(disk->image, disk->durable, disk_len(disk));
    forget_writes(disk);
}

static void restart_sometimes(struct disk *disk) {
    if (disk->restart_every > 0 && random_below(&disk->random, disk->restart_every) == 0) {
        restart(disk);
    }
}

static bool tell_of_loss(struct disk *disk) {
    bool lost = disk->lost;
    disk->lost = false;
    return lost;
}

static error_t flush(void *context) {
    struct disk *disk = context;
    restart_sometimes(disk);
    if (tell_of_loss(disk)) {
        return ERR_TRY_AGAIN;
    }
    disk->flushes++;
    make_durable(disk);
    return OK;
}

static void write_sector(struct disk *disk, uint64_t sector, const uint8_t *data) {
    uint32_t size = disk->device.sector_size;
    if (disk->num_writes == disk->max_writes) {
        disk->max_writes = 2 * disk->max_writes + 64;
        disk->writes = realloc(disk->writes, disk->max_writes * sizeof(disk->writes[0]));
    }
    struct disk_write *write = &disk->writes[disk->num_writes++];
    write->sector = sector;
    write->data = malloc(size);
    memcpy(write->data, data, size);
    memcpy(disk->image + sector * size, data, size);
    disk->sectors_written++;
    if (disk->written != NULL) {
        disk->written(disk, disk->written_context);
    }
}

static error_t move(struct disk *disk, bool write, const struct blk_segment *segment) {
    uint32_t size = disk->device.sector_size;
    // A request that isn't inside the disk or the buffer is the caller's mistake.
    if (segment->count == 0 || segment->place % size != 0
        || segment->sector + segment->count > disk->device.num_sectors
        || segment->place + (size_t) segment->count * size > disk->device.buffer_len) {
        abort();
    }
    for (uint32_t i = 0; i < segment->count; i++) {
        uint64_t sector = segment->sector + i;
        uint8_t *data = disk->device.buffer + segment->place + (size_t) i * size;
        if (sector == (write ? disk->bad_sector : disk->unreadable)) {
            return ERR_IO;
        }
        if (write) {
            write_sector(disk, sector, data);
        } else {
            memcpy(data, disk->image + sector * size, size);
        }
    }
    return OK;
}

static error_t transfer(void *context, unsigned flags, const struct blk_segment *segments,
                        size_t num_segments) {
    struct disk *disk = context;
    if (num_segments == 0 || num_segments > BLK_SEGMENTS_MAX) {
        abort();
    }
    size_t bytes = 0;
    for (size_t i = 0; i < num_segments; i++) {
        bytes += (size_t) segments[i].count * disk->device.sector_size;
    }
    if (bytes > disk->device.max_bytes) {
        abort();
    }
    restart_sometimes(disk);
    disk->transfers++;
    if (flags & BLK_FLUSH_BEFORE) {
        error_t err = flush(disk);
        if (err != OK) {
            return err;
        }
    }
    error_t result = OK;
    for (size_t i = 0; i < num_segments; i++) {
        error_t err = move(disk, (flags & BLK_WRITE) != 0, &segments[i]);
        result = (result == OK) ? err : result;
    }
    return (result == OK && (flags & BLK_FLUSH_AFTER)) ? flush(disk) : result;
}

void disk_init(struct disk *disk, uint64_t num_sectors, uint32_t sector_size, size_t buffer_len) {
    *disk = (struct disk){.device = {.buffer = malloc(buffer_len),
                                     .buffer_len = buffer_len,
                                     .num_sectors = num_sectors,
                                     .sector_size = sector_size,
                                     .max_bytes = 131072,
                                     .context = disk,
                                     .transfer = transfer,
                                     .flush = flush},
                          .bad_sector = UINT64_MAX,
                          .unreadable = UINT64_MAX,
                          .random = 1};
    disk->image = calloc(num_sectors, sector_size);
    disk->durable = calloc(num_sectors, sector_size);
    memset(disk->device.buffer, 0xcc, buffer_len);
}

void disk_destroy(struct disk *disk) {
    forget_writes(disk);
    free(disk->writes);
    free(disk->image);
    free(disk->durable);
    free(disk->device.buffer);
}

void disk_load(struct disk *disk, const void *image, size_t len) {
    memcpy(disk->image, image, len);
    memcpy(disk->durable, disk->image, disk_len(disk));
    forget_writes(disk);
}
