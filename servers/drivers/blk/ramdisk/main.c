#include <blk/server.h>
#include <config.h>
#include <resea/printf.h>

#include "storage.h"

#define SECTOR_SIZE 512

static struct blk_queue queue = {.depth = 1};
static struct blk_disk disk = {
    .num_sectors = CONFIG_RAMDISK_KIB * 1024ull / SECTOR_SIZE,
    .sector_size = SECTOR_SIZE,
    .max_sectors = UINT32_MAX,
    .max_pieces = BLK_SEGMENTS_MAX,
    .writable = true,
    .model = "RAM disk",
    .queue = &queue,
};

static error_t move(const struct blk_op *op) {
    uint64_t offset = op->sector * SECTOR_SIZE;
    for (unsigned i = 0; i < op->num_pieces; i++) {
        size_t len = blk_piece_len(op, i);
        if (op->kind == BLK_OP_READ) {
            storage_read(offset, blk_piece_buf(op, i), len);
        } else {
            error_t err = storage_write(offset, blk_piece_buf(op, i), len);
            if (IS_ERROR(err)) {
                WARN("there is no memory for more of the disk");
                return ERR_IO;
            }
        }
        offset += len;
    }
    return OK;
}

static void submit(struct blk_op *op) {
    blk_server_complete(op, move(op));
}

static const struct blk_driver driver = {.submit = submit};

void main(void) {
    ASSERT_OK(storage_init(disk.num_sectors * SECTOR_SIZE));
    blk_server_init("ram", &driver);
    ASSERT_OK(blk_server_add_disk(&disk));
    blk_server_run();
}
