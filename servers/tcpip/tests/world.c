#include "world.h"

#include <inet/buf.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/timer.h>
#include <socket.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../server.h"

#define OFFERS 64

task_t world_self;
const char *world_name;
unsigned world_vm_failures;

static uint64_t now = 1000;
static uint64_t timer_at;
static bool is_server;  ///< The server runs.
static struct peer {
    notifications_t notifications;
    struct message reply;
    bool watched;
    /// One message in each asynchronous queue is enough.
    struct message queued;
} tasks[WORLD_TASKS];
static task_t exited[WORLD_TASKS];
static unsigned num_exited;
static struct {
    void *memory;
    task_t task;
} offers[OFFERS];
static unsigned num_offers;

static struct peer *state_of(task_t task) {
    if (task <= 0 || task >= WORLD_TASKS) {
        abort();
    }
    return &tasks[task];
}

uint64_t timer_uptime(void) {
    return now;
}

error_t timer_set(msec_t timeout) {
    timer_at = now + (uint64_t) timeout;
    return OK;
}

error_t ipc_notify(task_t dst, notifications_t notifications) {
    state_of(dst)->notifications |= notifications;
    return OK;
}

notifications_t world_notifications(task_t task) {
    notifications_t notifications = state_of(task)->notifications;
    state_of(task)->notifications = 0;
    return notifications;
}

static bool has_payload(const struct message *m) {
    return m->type > 0 && (m->type & MSG_OOL) != 0;
}

/// Gives a message a payload of its own, as the kernel does.
static void copy_payload(struct message *m) {
    if (!has_payload(m)) {
        return;
    }
    if (MSG_OOL_KIND(m->type) == MSG_OOL_STR) {
        m->ool_len = strlen(m->ool_ptr) + 1;
    }
    void *copy = malloc(m->ool_len + 1);
    if (m->ool_len > 0) {
        memcpy(copy, m->ool_ptr, m->ool_len);
    }
    m->ool_ptr = copy;
}

void ipc_reply(task_t dst, struct message *m) {
    struct peer *task = state_of(dst);
    TEST_EXPECT_EQ(task->reply.type, INVALID_MSG);
    task->reply = *m;
    copy_payload(&task->reply);
}

void ipc_reply_err(task_t dst, error_t err) {
    struct message m;
    memset(&m, 0, sizeof(m));
    m.type = err;
    ipc_reply(dst, &m);
}

void discard_unknown_message(struct message *m) {
    if (has_payload(m)) {
        free(m->ool_ptr);
    }
}

error_t async_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, INIT_TASK);
    if (num_exited == 0) {
        return ERR_EMPTY;
    }
    m->type = TASK_EXITED_MSG;
    m->task_exited.task = exited[--num_exited];
    return OK;
}

error_t async_send(task_t dst, struct message *m) {
    struct peer *task = state_of(dst);
    if (task->queued.type != INVALID_MSG) {
        return ERR_NO_MEMORY;
    }
    task->queued = *m;
    copy_payload(&task->queued);
    task->notifications |= NOTIFY_ASYNC;
    return OK;
}

error_t async_reply(task_t dst) {
    struct peer *task = state_of(dst);
    if (task->queued.type == INVALID_MSG) {
        ipc_reply_err(dst, ERR_EMPTY);
        return ERR_EMPTY;
    }
    task->reply = task->queued;
    task->queued.type = INVALID_MSG;
    return OK;
}

error_t sys_info(int what, unsigned index, void *buf, size_t len) {
    TEST_EXPECT_EQ(what, INFO_TASK);
    struct task_info info = {.tid = (task_t) index, .pager = INIT_TASK};
    TEST_EXPECT_EQ(len, sizeof(info));
    strncpy2(info.name, world_name, sizeof(info.name));
    memcpy(buf, &info, sizeof(info));
    return OK;
}

static error_t call_vm(struct message *m) {
    if (world_vm_failures > 0) {
        world_vm_failures--;
        return ERR_NO_MEMORY;
    }
    void *memory;
    switch (m->type) {
    case VM_STATS_MSG:
        m->vm_stats_reply.total_pages = 4096;
        m->type = VM_STATS_REPLY_MSG;
        return OK;
    case VM_ALLOC_PAGES_MSG:
        memory = aligned_alloc(PAGE_SIZE, m->vm_alloc_pages.num_pages * PAGE_SIZE);
        memset(memory, 0xaa, m->vm_alloc_pages.num_pages * PAGE_SIZE);
        m->vm_alloc_pages_reply.vaddr = (vaddr_t) memory;
        m->type = VM_ALLOC_PAGES_REPLY_MSG;
        return OK;
    case VM_FREE_PAGES_MSG:
        free((void *) m->vm_free_pages.vaddr);
        m->type = VM_FREE_PAGES_REPLY_MSG;
        return OK;
    case VM_OFFER_PAGES_MSG:
        offers[num_offers % OFFERS].memory = (void *) m->vm_offer_pages.vaddr;
        offers[num_offers % OFFERS].task = m->vm_offer_pages.task;
        m->vm_offer_pages_reply.offer = (handle_t) (num_offers++ % OFFERS);
        m->type = VM_OFFER_PAGES_REPLY_MSG;
        return OK;
    case TASK_WATCH_MSG:
        state_of(m->task_watch.task)->watched = true;
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    default:
        TEST_EXPECT_EQ(m->type, 0);
        return ERR_NOT_ACCEPTABLE;
    }
}

error_t ipc_call_service_idempotent(const char *name, task_t *cached __unused, struct message *m) {
    static uint32_t seed = 1;
    TEST_EXPECT_STR_EQ(name, "random");
    TEST_EXPECT_EQ(m->type, RNG_FILL_MSG);
    size_t len = m->rng_fill.len;
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525u + 1013904223u;
        bytes[i] = (uint8_t) (seed >> 24);
    }
    m->type = RNG_FILL_REPLY_MSG;
    m->rng_fill_reply.data = bytes;
    m->rng_fill_reply.data_len = len;
    return OK;
}

static void work(void) {
    // Something is wrong if there is always more to be done.
    for (int i = 0; server_work(); i++) {
        if (i == 100000) {
            abort();
        }
    }
}

/// The server gets a message. Returns whether it is an answer now.
static bool deliver(task_t src, struct message *m) {
    m->src = src;
    copy_payload(m);
    is_server = true;
    task_t to = server_handle(m);
    if (to != 0) {
        TEST_EXPECT_EQ(to, src);
        ipc_reply(to, m);
    }
    work();
    is_server = false;
    return state_of(src)->reply.type != INVALID_MSG;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        TEST_EXPECT(is_server);
        return call_vm(m);
    }
    TEST_EXPECT_EQ(dst, SERVER);
    TEST_EXPECT(!is_server);
    struct peer *task = state_of(world_self);
    task->reply.type = INVALID_MSG;
    if (!deliver(world_self, m)) {
        return DONT_REPLY;
    }
    *m = task->reply;
    task->reply.type = INVALID_MSG;
    return MIN(m->type, 0);
}

void world_send(task_t src, struct message *m) {
    deliver(src, m);
}

struct message world_late_reply(task_t task) {
    struct message m = state_of(task)->reply;
    state_of(task)->reply.type = INVALID_MSG;
    return m;
}

static void notify_server(notifications_t notifications) {
    struct message m;
    memset(&m, 0, sizeof(m));
    m.type = NOTIFICATIONS_MSG;
    m.notifications.data = notifications;
    is_server = true;
    server_handle(&m);
    work();
    is_server = false;
}

void world_pass(unsigned ms) {
    uint64_t end = now + ms;
    while (timer_at != 0 && timer_at <= end) {
        now = MAX(now, timer_at);
        timer_at = 0;
        notify_server(NOTIFY_TIMER);
    }
    now = end;
}

void world_end_task(task_t task) {
    if (state_of(task)->watched) {
        state_of(task)->watched = false;
        exited[num_exited++] = task;
        notify_server(NOTIFY_ASYNC);
    }
    if (has_payload(&state_of(task)->queued)) {
        free(state_of(task)->queued.ool_ptr);
    }
    memset(state_of(task), 0, sizeof(*state_of(task)));
    state_of(task)->reply.type = state_of(task)->queued.type = INVALID_MSG;
}

void world_begin(void) {
    static bool started;
    world_name = "test";
    world_self = CLIENT;
    world_vm_failures = 0;
    is_server = true;
    if (!started && server_init() != OK) {
        abort();
    }
    started = true;
    work();
    is_server = false;
    for (task_t task = 1; task < WORLD_TASKS; task++) {
        world_end_task(task);
    }
    // What connections leave behind.
    world_pass(300000);
}

unsigned world_events(task_t task, handle_t handle) {
    task_t before = world_self;
    world_self = task;
    void *data;
    size_t len;
    unsigned found = 0;
    while (IS_OK(call_socket_events(SERVER, &data, &len))) {
        const struct socket_event *events = data;
        for (size_t i = 0; i < len / sizeof(*events); i++) {
            found |= (events[i].handle == handle) ? events[i].events : 0;
        }
        free(data);
    }
    world_self = before;
    return found;
}

void *world_accept(handle_t offer) {
    TEST_EXPECT_EQ(offers[offer].task, world_self);
    return offers[offer].memory;
}

unsigned world_num_free_buffers(void) {
    return buf_num_free();
}
