#include "server.h"

#include <blk/server.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "bounce.h"
#include "opened.h"
#include "queue.h"
#include "units.h"

static const struct blk_driver *driver;
static char service[BLK_SERVICE_LEN];

static error_t read(task_t client, struct blk_read_fields *request,
                    struct blk_read_reply_fields *reply __unused) {
    const struct unit *unit = units_first_disk();
    if (unit == NULL) {
        return ERR_NOT_FOUND;
    }
    if (request->num_sectors > BOUNCE_LEN / unit->disk->sector_size) {
        return ERR_TOO_LARGE;
    }
    return bounce_transfer(client, unit, request->sector, NULL,
                           request->num_sectors * unit->disk->sector_size);
}

static error_t write(task_t client, struct blk_write_fields *request) {
    const struct unit *unit = units_first_disk();
    if (unit == NULL) {
        return ERR_NOT_FOUND;
    }
    if (request->data_len == 0) {
        return ERR_INVALID_ARG;
    }
    error_t err =
        bounce_transfer(client, unit, request->sector, (void *) request->data, request->data_len);
    if (err == DONT_REPLY) {
        request->data = NULL;
    }
    return err;
}

static error_t get_unit(task_t client __unused, struct blk_unit_fields *request,
                        struct blk_unit_reply_fields *reply) {
    const struct unit *unit = units_get(request->index);
    if (unit == NULL) {
        return ERR_END;
    }
    reply->num_sectors = unit->num_sectors;
    reply->first_sector = unit->first_sector;
    reply->sector_size = unit->disk->sector_size;
    reply->kind = unit->kind;
    reply->type = unit->type;
    reply->writable = unit->disk->writable;
    memcpy(reply->name, unit->name, sizeof(reply->name));
    return OK;
}

static error_t get_label(task_t client __unused, struct blk_label_fields *request,
                         struct blk_label_reply_fields *reply) {
    const struct unit *unit = units_get(request->index);
    if (unit == NULL) {
        return ERR_END;
    }
    reply->label = unit->label;
    return OK;
}

static error_t open(task_t client, struct blk_open_fields *request,
                    struct blk_open_reply_fields *reply) {
    return opened_open(client, request, reply);
}

static error_t close(task_t client, struct blk_close_fields *request) {
    return opened_close(client, request->handle);
}

static error_t transfer(task_t client, struct blk_transfer_fields *request) {
    const struct blk_segment segment = {request->sector, request->count, request->place};
    return opened_transfer(client, request->handle, request->flags, &segment, 1,
                           BLK_TRANSFER_REPLY_MSG);
}

static error_t transfer_segments(task_t client, struct blk_transfer_segments_fields *request) {
    if (request->segments_len % sizeof(struct blk_segment) != 0) {
        return ERR_INVALID_ARG;
    }
    return opened_transfer(client, request->handle, request->flags, request->segments,
                           request->segments_len / sizeof(struct blk_segment),
                           BLK_TRANSFER_SEGMENTS_REPLY_MSG);
}

static error_t flush(task_t client, struct blk_flush_fields *request) {
    return opened_flush(client, request->handle);
}

static const struct blk_ops ops = {
    .read = read,
    .write = write,
    .unit = get_unit,
    .label = get_label,
    .open = open,
    .close = close,
    .transfer = transfer,
    .transfer_segments = transfer_segments,
    .flush = flush,
};

static void handle_notifications(notifications_t notifications) {
    if ((notifications & NOTIFY_IRQ) && driver->interrupt != NULL) {
        driver->interrupt();
    }
    if ((notifications & NOTIFY_TIMER) && driver->timer != NULL) {
        driver->timer();
    }
    if (notifications & NOTIFY_ASYNC) {
        async_take_exits(opened_forget_task);
    }
}

void server_handle(struct message *m) {
    if (m->type == NOTIFICATIONS_MSG) {
        handle_notifications(m->notifications.data);
    } else if (!blk_dispatch(&ops, m)) {
        discard_unknown_message(m);
    }
}

void blk_server_init(const char *prefix, const struct blk_driver *blk_driver) {
    driver = blk_driver;
    snprintf(service, sizeof(service), "blk.%s", prefix);
    units_init(prefix);
    opened_init();
    ASSERT_OK(bounce_init());
}

static bool sector_is_read;
static error_t sector_err;

static void note_sector(error_t err) {
    sector_is_read = true;
    sector_err = err;
}

/// Reads a sector before there are clients: so it can wait for it.
static error_t read_sector(void *arg, uint64_t sector, void *buf) {
    struct blk_disk *disk = arg;
    sector_is_read = false;
    bounce_start_sector(disk, sector, note_sector);
    while (!sector_is_read) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(m.notifications.data);
        } else {
            discard_unknown_message(&m);
        }
    }
    if (IS_OK(sector_err)) {
        memcpy(buf, bounce_buf(), disk->sector_size);
    }
    return sector_err;
}

static bool is_valid(const struct blk_disk *disk) {
    uint32_t size = disk->sector_size;
    const struct blk_queue *queue = disk->queue;
    return size >= 512 && size <= (uint32_t) MIN(PAGE_SIZE, SECTOR_SIZE_MAX)
           && (size & (size - 1)) == 0 && disk->num_sectors > 0
           && disk->max_sectors >= PAGE_SIZE / size && disk->max_pieces >= 1 && queue != NULL
           && queue->depth >= 1 && queue->depth <= BLK_DEPTH_MAX;
}

static error_t scan(struct blk_disk *disk, struct partition_table *table) {
    strncpy2(disk->name, units_next_disk_name(), sizeof(disk->name));
    table->disk_name = disk->name;
    table->disk_sectors = disk->num_sectors;
    table->sector_size = disk->sector_size;
    table->read = read_sector;
    table->arg = disk;
    partition_scan(table);
    return units_add(disk, table);
}

error_t blk_server_add_disk(struct blk_disk *disk) {
    if (!is_valid(disk)) {
        return ERR_INVALID_ARG;
    }
    if (disk->queue->ops == NULL) {
        error_t err = queue_init(disk->queue, driver);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    struct partition_table *table = malloc(sizeof(*table));
    if (table == NULL) {
        return ERR_NO_MEMORY;
    }
    error_t err = scan(disk, table);
    free(table);
    return err;
}

void blk_server_run(void) {
    ASSERT_OK(ipc_serve(service));
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        server_handle(&m);
    }
}
