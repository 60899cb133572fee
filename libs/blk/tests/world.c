#include "world.h"

#include <resea/async.h>
#include <resea/handle.h>
#include <resea/ipc.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../src/server.h"

#define TASKS_MAX  32
#define OFFERS_MAX 64
#define OPS_MAX    256

uint8_t *world_sectors;
struct world_script world_script;
struct world_counts world_counts;
struct blk_disk world_disk;

/// What is durable.
static uint8_t *durable;
static uint64_t num_sectors;
static struct blk_queue queue;
static unsigned queue_depth;
static struct blk_op *ops[OPS_MAX];
static unsigned num_ops;

static struct message replies[TASKS_MAX];
static bool watched[TASKS_MAX];
static task_t ended[TASKS_MAX];
static unsigned num_ended;

static struct {
    vaddr_t vaddr;
    size_t num_pages;
    bool writable, open;
} offers[OFFERS_MAX];
static unsigned num_offers;

static task_t server = SERVER;
static task_t caller;
static unsigned num_calls;
static bool running;

static void complete(struct blk_op *op) {
    bool bad = world_script.bad_sector != 0 && op->sector <= world_script.bad_sector
               && world_script.bad_sector < op->sector + op->count;
    if (world_script.fail_all || bad) {
        blk_server_complete(op, ERR_IO);
        return;
    }
    uint8_t *sector = &world_sectors[op->sector * SECTOR_LEN];
    for (unsigned i = 0; i < op->num_pieces; i++) {
        size_t len = blk_piece_len(op, i);
        TEST_EXPECT_EQ(blk_piece_paddr(op, i), (paddr_t) blk_piece_buf(op, i));
        if (op->kind == BLK_OP_READ) {
            memcpy(blk_piece_buf(op, i), sector, len);
        } else {
            memcpy(sector, blk_piece_buf(op, i), len);
        }
        sector += len;
    }
    if (op->kind == BLK_OP_FLUSH) {
        memcpy(durable, world_sectors, num_sectors * SECTOR_LEN);
    }
    blk_server_complete(op, OK);
}

static void check_op(const struct blk_op *op) {
    TEST_EXPECT_EQ(op->disk, &world_disk);
    uint64_t sectors = 0;
    for (unsigned i = 0; i < op->num_pieces; i++) {
        TEST_EXPECT_GT(blk_piece_len(op, i), 0);
        sectors += blk_piece_len(op, i) / SECTOR_LEN;
    }
    TEST_EXPECT_EQ(sectors, op->count);
    TEST_EXPECT_EQ(op->kind == BLK_OP_FLUSH, op->num_pieces == 0);
    TEST_EXPECT_LE(op->count, world_disk.max_sectors);
    TEST_EXPECT_LE(op->num_pieces, world_disk.max_pieces);
    TEST_EXPECT_LE(op->sector + op->count, world_disk.num_sectors);
}

static void submit(struct blk_op *op) {
    check_op(op);
    world_counts.ops++;
    world_counts.reads += op->kind == BLK_OP_READ;
    world_counts.writes += op->kind == BLK_OP_WRITE;
    world_counts.flushes += op->kind == BLK_OP_FLUSH;
    world_counts.pieces += op->num_pieces;
    if (!world_script.deferred) {
        complete(op);
        return;
    }
    ops[num_ops++] = op;
    world_counts.max_in_flight = MAX(world_counts.max_in_flight, num_ops);
    TEST_EXPECT_LE(num_ops, queue_depth);
}

bool world_complete(bool last) {
    if (num_ops == 0) {
        return false;
    }
    unsigned index = last ? num_ops - 1 : 0;
    struct blk_op *op = ops[index];
    num_ops--;
    memmove(&ops[index], &ops[index + 1], (num_ops - index) * sizeof(*ops));
    complete(op);
    return true;
}

unsigned world_in_flight(void) {
    return num_ops;
}

static const struct blk_driver driver = {.submit = submit};

void world_start(void) {
    world_counts.starts++;
    // A new driver knows nothing of the last one's handles.
    handle_free_all(CLIENT, NULL);
    handle_free_all(OTHER, NULL);
    free(queue.ops);
    queue = (struct blk_queue){.depth = queue_depth};
    world_disk.queue = &queue;
    num_ops = 0;
    bool deferred = world_script.deferred;
    world_script.deferred = false;
    blk_server_init("test", &driver);
    TEST_EXPECT_EQ(blk_server_add_disk(&world_disk), OK);
    world_script.deferred = deferred;
    running = true;
}

void world_begin(uint64_t sectors, unsigned depth, uint32_t max_sectors, unsigned max_pieces,
                 bool needs_flush) {
    num_sectors = sectors;
    queue_depth = depth;
    memset(&world_script, 0, sizeof(world_script));
    memset(&world_counts, 0, sizeof(world_counts));
    memset(watched, 0, sizeof(watched));
    num_offers = 0;
    num_ended = 0;
    num_calls = 0;
    server = SERVER;
    running = false;
    world_sectors = malloc(sectors * SECTOR_LEN);
    durable = malloc(sectors * SECTOR_LEN);
    memset(world_sectors, 0, sectors * SECTOR_LEN);
    memset(durable, 0, sectors * SECTOR_LEN);
    world_disk = (struct blk_disk){
        .num_sectors = sectors,
        .sector_size = SECTOR_LEN,
        .max_sectors = max_sectors,
        .max_pieces = max_pieces,
        .writable = true,
        .needs_flush = needs_flush,
        .model = "A disk\x01of glass   ",
    };
}

void world_end(void) {
    free(world_sectors);
    free(durable);
    world_sectors = NULL;
}

/// The driver ends; vm starts the next one.
static void end_driver(void) {
    running = false;
    server++;
    if (world_script.loses_writes) {
        memcpy(world_sectors, durable, num_sectors * SECTOR_LEN);
    }
    if (world_script.grows) {
        world_disk.num_sectors--;
    }
    world_script.end_at_call = 0;
    memset(watched, 0, sizeof(watched));
}

void world_send(task_t src, struct message *m) {
    m->src = src;
    replies[src].type = INVALID_MSG;
    server_handle(m);
}

struct message world_reply(task_t task) {
    return replies[task];
}

void ipc_reply(task_t dst, struct message *m) {
    replies[dst] = *m;
}

void ipc_reply_err(task_t dst, error_t error) {
    replies[dst].type = error;
}

void discard_unknown_message(struct message *m) {
    ipc_reply_err(m->src, ERR_NOT_ACCEPTABLE);
}

error_t ipc_recv(task_t src __unused, struct message *m __unused) {
    TEST_EXPECT(!"nothing to wait for");
    return ERR_ABORTED;
}

error_t ipc_serve(const char *name __unused) {
    return OK;
}

handle_t world_offer(size_t num_pages, bool writable, uint8_t **memory) {
    *memory = aligned_alloc(PAGE_SIZE, num_pages * PAGE_SIZE);
    memset(*memory, 0, num_pages * PAGE_SIZE);
    offers[num_offers].vaddr = (vaddr_t) *memory;
    offers[num_offers].num_pages = num_pages;
    offers[num_offers].writable = writable;
    offers[num_offers].open = true;
    num_offers++;
    return (handle_t) num_offers;
}

static error_t accept_pages(struct message *m) {
    unsigned index = (unsigned) m->vm_accept_pages.offer - 1;
    if (index >= num_offers || !offers[index].open) {
        return ERR_NOT_FOUND;
    }
    offers[index].open = false;
    world_counts.accepted++;
    m->type = VM_ACCEPT_PAGES_REPLY_MSG;
    m->vm_accept_pages_reply.vaddr = offers[index].vaddr;
    m->vm_accept_pages_reply.paddr = offers[index].vaddr;
    m->vm_accept_pages_reply.num_pages = offers[index].num_pages;
    m->vm_accept_pages_reply.writable = offers[index].writable;
    return OK;
}

static error_t alloc_pages(struct message *m) {
    size_t num_pages = m->vm_alloc_pages.num_pages;
    uint8_t *memory = aligned_alloc(PAGE_SIZE, num_pages * PAGE_SIZE);
    memset(memory, 0, num_pages * PAGE_SIZE);
    m->type = VM_ALLOC_PAGES_REPLY_MSG;
    m->vm_alloc_pages_reply.vaddr = (vaddr_t) memory;
    m->vm_alloc_pages_reply.paddr = (paddr_t) memory;
    return OK;
}

static error_t offer_pages(struct message *m) {
    TEST_EXPECT_EQ(m->vm_offer_pages.task, server);
    offers[num_offers].vaddr = m->vm_offer_pages.vaddr;
    offers[num_offers].num_pages = m->vm_offer_pages.num_pages;
    offers[num_offers].writable = m->vm_offer_pages.writable;
    offers[num_offers].open = true;
    num_offers++;
    m->type = VM_OFFER_PAGES_REPLY_MSG;
    m->vm_offer_pages_reply.offer = (handle_t) num_offers;
    return OK;
}

static error_t pull(struct message *m) {
    if (num_ended == 0) {
        return ERR_EMPTY;
    }
    m->type = TASK_EXITED_MSG;
    m->task_exited.task = ended[--num_ended];
    return OK;
}

static error_t call_vm(struct message *m) {
    switch (m->type) {
    case VM_ALLOC_PAGES_MSG:
        return alloc_pages(m);
    case VM_OFFER_PAGES_MSG:
        return offer_pages(m);
    case VM_ACCEPT_PAGES_MSG:
        return accept_pages(m);
    case VM_FREE_PAGES_MSG:
        world_counts.freed++;
        m->type = VM_FREE_PAGES_REPLY_MSG;
        return OK;
    case TASK_WATCH_MSG:
        watched[m->task_watch.task] = true;
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    case TASK_UNWATCH_MSG:
        watched[m->task_unwatch.task] = false;
        m->type = TASK_UNWATCH_REPLY_MSG;
        return OK;
    default:
        TEST_EXPECT(!"an unexpected call to vm");
        return ERR_NOT_ACCEPTABLE;
    }
}

error_t async_recv(task_t src __unused, struct message *m) {
    return pull(m);
}

task_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "blk.test");
    if (world_script.gone) {
        return ERR_UNAVAILABLE;
    }
    if (!running) {
        world_start();
    }
    return server;
}

/// A call of the client half's to the driver.
static error_t call_driver(struct message *m) {
    num_calls++;
    bool ends = num_calls == world_script.end_at_call;
    caller = CLIENT;
    if (!ends || world_script.end_after) {
        if (m->type == BLK_TRANSFER_SEGMENTS_MSG) {
            // The kernel's copy, which the driver frees.
            void *copy = malloc(m->ool_len);
            memcpy(copy, m->ool_ptr, m->ool_len);
            m->ool_ptr = copy;
        }
        world_send(caller, m);
        while (world_complete(true)) {}
    }
    if (ends) {
        end_driver();
        return ERR_ABORTED;
    }
    *m = replies[caller];
    return IS_ERROR(m->type) ? m->type : OK;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        return call_vm(m);
    }
    if (dst != server || !running) {
        return ERR_INVALID_TASK;
    }
    return call_driver(m);
}

void world_end_task(task_t task) {
    ended[num_ended++] = task;
    struct message m = {.type = NOTIFICATIONS_MSG};
    m.notifications.data = NOTIFY_ASYNC;
    server_handle(&m);
}

bool world_watches(task_t task) {
    return watched[task];
}
