#include "bounce.h"

#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "queue.h"

struct transfer {
    list_elem_t next;
    task_t client;
    struct blk_disk *disk;
    uint64_t sector;
    size_t len;
    void *data;  ///< NULL: it reads.
};

static struct blk_request request;
static list_t waiting;
static unsigned num_waiting;
/// The transfer that is under way; NULL: the buffer is free.
static struct transfer *current;
static void (*sector_done)(error_t err);

error_t bounce_init(void) {
    list_init(&waiting);
    num_waiting = 0;
    current = NULL;
    vaddr_t vaddr;
    error_t err = call_vm_alloc_pages(INIT_TASK, BOUNCE_LEN / PAGE_SIZE, 0, &vaddr, &request.paddr);
    if (IS_OK(err)) {
        request.buf = (uint8_t *) vaddr;
    }
    return err;
}

const uint8_t *bounce_buf(void) {
    return request.buf;
}

static void start_request(struct blk_disk *disk, bool write, uint64_t sector, uint32_t count,
                          void (*done)(struct blk_request *, error_t)) {
    request.disk = disk;
    request.flags = write ? BLK_WRITE : 0;
    request.segments[0] = (struct blk_segment){.sector = sector, .count = count};
    request.num_segments = 1;
    request.done = done;
    request_start(&request);
}

static void finish_sector(struct blk_request *r __unused, error_t err) {
    sector_done(err);
}

void bounce_start_sector(struct blk_disk *disk, uint64_t sector, void (*done)(error_t err)) {
    sector_done = done;
    start_request(disk, false, sector, 1, finish_sector);
}

static void answer(const struct transfer *transfer, error_t err) {
    struct message m;
    bzero(&m, sizeof(m));
    if (IS_ERROR(err)) {
        m.type = err;
    } else if (transfer->data != NULL) {
        m.type = BLK_WRITE_REPLY_MSG;
    } else {
        m.type = BLK_READ_REPLY_MSG;
        m.blk_read_reply.data = request.buf;
        m.blk_read_reply.data_len = transfer->len;
    }
    ipc_reply(transfer->client, &m);
}

static void start_next(void);

static void finish(struct blk_request *r __unused, error_t err) {
    struct transfer *transfer = current;
    answer(transfer, err);
    free(transfer->data);
    free(transfer);
    current = NULL;
    start_next();
}

static void start_next(void) {
    if (current != NULL || list_is_empty(&waiting)) {
        return;
    }
    current = LIST_POP_FRONT(&waiting, struct transfer, next);
    num_waiting--;
    if (current->data != NULL) {
        memcpy(request.buf, current->data, current->len);
    }
    start_request(current->disk, current->data != NULL, current->sector,
                  (uint32_t) (current->len / current->disk->sector_size), finish);
}

static error_t check(const struct unit *unit, uint64_t sector, const void *data, size_t len) {
    uint32_t sector_size = unit->disk->sector_size;
    if (len > (size_t) MIN(BOUNCE_LEN, CONFIG_OOL_MAX)) {
        return ERR_TOO_LARGE;
    }
    if (len == 0 || len % sector_size != 0 || sector >= unit->num_sectors
        || len / sector_size > unit->num_sectors - sector) {
        return ERR_INVALID_ARG;
    }
    if (data != NULL && !unit->disk->writable) {
        return ERR_NOT_PERMITTED;
    }
    return (num_waiting < BOUNCE_WAITING_MAX) ? OK : ERR_TRY_AGAIN;
}

error_t bounce_transfer(task_t client, const struct unit *unit, uint64_t sector, void *data,
                        size_t len) {
    error_t err = check(unit, sector, data, len);
    if (IS_ERROR(err)) {
        return err;
    }
    struct transfer *transfer = malloc(sizeof(*transfer));
    if (transfer == NULL) {
        return ERR_NO_MEMORY;
    }
    *transfer = (struct transfer){
        .client = client,
        .disk = unit->disk,
        .sector = unit->first_sector + sector,
        .len = len,
        .data = data,
    };
    list_push_back(&waiting, &transfer->next);
    num_waiting++;
    start_next();
    return DONT_REPLY;
}
