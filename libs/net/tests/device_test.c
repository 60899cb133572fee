#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

// The main loop, in a world of a vm and of servers that come and go. What happens next is a script.

#define SELF       9
#define SERVER     20
#define RINGS      100
#define POOL       101
#define POOL_PAGES (sizeof(world_pool) / PAGE_SIZE)

enum event {
    END,
    INTERRUPT,
    DOORBELL,
    TIMER,
    FRAME,          ///< The server sends one, without a doorbell.
    BUS_MESSAGE,    ///< A bus server has an asynchronous message.
    UNKNOWN,        ///< A message of an unknown kind.
    SERVER_ENDS,    ///< vm tells that the server has ended.
    STRANGER_ENDS,  ///< vm tells that another task has.
};

static const enum event *script;
static jmp_buf script_ended;
static bool panicked;

static task_t server;
static bool server_runs;
static unsigned num_attach_aborts;  ///< So many servers end when they are to answer `attach`.
static error_t attach_error;
static size_t rings_pages;
static bool rings_writable;

static task_t watched, exited;
static bool self_notified;
static unsigned num_server_notified, num_links, num_discarded;
static uint32_t link_mbit;
static int mapped;

static unsigned num_interrupts, num_starts, num_stops, num_works, num_timers, num_messages,
    num_frames;
static unsigned busy_works;
static unsigned replaced_in;  ///< The call of `work`, from 1, that finds another device; 0: none.
static struct message last_message;

static error_t start(struct net_device *device) {
    TEST_EXPECT_EQ(device, &world_device);
    TEST_EXPECT_EQ(mapped, 2);
    num_starts++;
    return OK;
}

static bool work(struct net_device *device) {
    TEST_EXPECT_EQ(device, &world_device);
    struct net_frame frame;
    while (net_tx_next(&frame)) {
        num_frames++;
        net_tx_done(frame.num_descs);
    }
    num_works++;
    num_interrupts += device->interrupted;
    if (num_works == replaced_in) {
        device->mac[5]++;
        net_device_reattach(device);
    }
    return num_works <= busy_works;
}

static void stop(struct net_device *device) {
    TEST_EXPECT_EQ(device, &world_device);
    TEST_EXPECT_EQ(mapped, 2);
    num_stops++;
}

static void timer(struct net_device *device __unused) {
    num_timers++;
}

static void message(struct net_device *device __unused, struct message *m) {
    last_message = *m;
    num_messages++;
}

static const struct net_driver full_driver = {start, work, stop, timer, message};
static const struct net_driver lean_driver = {.start = start, .work = work, .stop = stop};

task_t task_self(void) {
    return SELF;
}

task_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "tcpip");
    if (!server_runs) {
        server++;
        server_runs = true;
    }
    return server;
}

error_t ipc_notify(task_t dst, notifications_t notifications) {
    TEST_EXPECT_EQ(notifications, NET_NOTIFY);
    if (dst == SELF) {
        self_notified = true;
        return OK;
    }
    TEST_EXPECT_EQ(dst, server);
    num_server_notified++;
    return server_runs ? OK : ERR_INVALID_TASK;
}

void log_panic(const char *fmt __unused, ...) {
    panicked = true;
    longjmp(script_ended, 1);
}

void discard_unknown_message(struct message *m __unused) {
    num_discarded++;
}

error_t async_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, INIT_TASK);
    if (exited == 0) {
        return ERR_EMPTY;
    }
    m->type = TASK_EXITED_MSG;
    m->task_exited.task = exited;
    exited = 0;
    return OK;
}

static void notify(struct message *m, notifications_t notifications) {
    m->type = NOTIFICATIONS_MSG;
    m->src = KERNEL_TASK;
    m->notifications.data = notifications;
}

static void exit_of(task_t task, struct message *m) {
    exited = task;
    notify(m, NOTIFY_ASYNC);
}

error_t ipc_recv(task_t src, struct message *m) {
    TEST_EXPECT_EQ(src, IPC_ANY);
    if (self_notified) {
        self_notified = false;
        notify(m, NET_NOTIFY);
        return OK;
    }
    switch (*script++) {
    case INTERRUPT:
        notify(m, NOTIFY_IRQ);
        break;
    case FRAME:
        world_tx(0, 60, 0);
        world_publish();
        world_rings.stack.waits = NET_WAITS_RX | NET_WAITS_TX;
        notify(m, NOTIFY_IRQ);
        break;
    case DOORBELL:
        notify(m, NET_NOTIFY);
        break;
    case TIMER:
        notify(m, NOTIFY_TIMER | NOTIFY_IRQ);
        break;
    case BUS_MESSAGE:
        notify(m, NOTIFY_ASYNC | NET_NOTIFY);
        break;
    case UNKNOWN:
        m->type = RANDOM_GET_RANDOM_MSG;
        m->src = 77;
        break;
    case SERVER_ENDS:
        server_runs = false;
        exit_of(server, m);
        break;
    case STRANGER_ENDS:
        exit_of(server + 100, m);
        break;
    default:
        longjmp(script_ended, 1);
    }
    return OK;
}

static error_t answer_accept(struct message *m) {
    bool is_rings = m->vm_accept_pages.offer == RINGS;
    TEST_EXPECT(is_rings || m->vm_accept_pages.offer == POOL);
    if (!server_runs) {
        return ERR_NOT_FOUND;
    }
    mapped++;
    m->type = VM_ACCEPT_PAGES_REPLY_MSG;
    m->vm_accept_pages_reply.vaddr = is_rings ? (vaddr_t) &world_rings : (vaddr_t) world_pool;
    m->vm_accept_pages_reply.num_pages = is_rings ? rings_pages : POOL_PAGES;
    m->vm_accept_pages_reply.writable = !is_rings || rings_writable;
    m->vm_accept_pages_reply.paddr = POOL_PADDR;
    return OK;
}

static error_t call_vm(struct message *m) {
    switch (m->type) {
    case TASK_WATCH_MSG:
        watched = m->task_watch.task;
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    case TASK_STATUS_MSG:
        m->task_status_reply.running = m->task_status.task == server && server_runs;
        m->task_status_reply.reason = TASK_END_REASON_CRASHED;
        m->type = TASK_STATUS_REPLY_MSG;
        return OK;
    case VM_ACCEPT_PAGES_MSG:
        return answer_accept(m);
    case VM_FREE_PAGES_MSG:
        mapped--;
        m->type = VM_FREE_PAGES_REPLY_MSG;
        return OK;
    default:
        TEST_EXPECT(!"an unexpected call to vm");
        return ERR_NOT_ACCEPTABLE;
    }
}

static error_t answer_attach(struct message *m) {
    TEST_EXPECT_EQ(watched, server);
    TEST_EXPECT_EQ(m->net_attach.features, world_device.features);
    TEST_EXPECT_EQ(m->net_attach.mtu, MTU);
    TEST_EXPECT_EQ(m->net_attach.max_pieces, MAX_PIECES);
    TEST_EXPECT_MEM_EQ(m->net_attach.mac, world_device.mac, 6);
    TEST_EXPECT_STR_EQ(m->net_attach.name, "test");
    if (num_attach_aborts > 0) {
        num_attach_aborts--;
        server_runs = false;
        return ERR_ABORTED;
    }
    if (IS_ERROR(attach_error)) {
        return attach_error;
    }
    // The server has new rings, and a new pool.
    world_begin();
    m->type = NET_ATTACH_REPLY_MSG;
    m->net_attach_reply.rings = RINGS;
    m->net_attach_reply.pool = POOL;
    return OK;
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == INIT_TASK) {
        return call_vm(m);
    }
    TEST_EXPECT_EQ(dst, server);
    if (m->type == NET_ATTACH_MSG) {
        return answer_attach(m);
    }
    TEST_EXPECT_EQ(m->type, NET_LINK_MSG);
    num_links++;
    link_mbit = m->net_link.mbit_per_s;
    m->type = NET_LINK_REPLY_MSG;
    return OK;
}

static void begin(void) {
    world_begin();
    server = SERVER;
    server_runs = true;
    num_attach_aborts = 0;
    attach_error = OK;
    rings_pages = ALIGN_UP(sizeof(struct net_rings), PAGE_SIZE) / PAGE_SIZE;
    rings_writable = true;
    watched = exited = 0;
    self_notified = false;
    num_server_notified = num_links = num_discarded = 0;
    mapped = 0;
    num_interrupts = num_starts = num_stops = num_works = num_timers = num_messages = num_frames =
        0;
    busy_works = 0;
    replaced_in = 0;
}

static void run(const struct net_driver *driver, const enum event *events) {
    script = events;
    if (setjmp(script_ended) == 0) {
        net_device_run(&world_device, driver);
    }
}

#define RUN(driver, ...) run(driver, (const enum event[]){__VA_ARGS__, END})

TEST("a driver attaches, starts and works, and tells of its link") {
    begin();
    RUN(&full_driver, INTERRUPT, DOORBELL);
    TEST_EXPECT_EQ(num_starts, 1);
    TEST_EXPECT_EQ(num_works, 3);
    TEST_EXPECT_EQ(num_interrupts, 1);
    TEST_EXPECT_EQ(num_links, 1);
    TEST_EXPECT_EQ(mapped, 2);
    TEST_EXPECT_EQ(world_rings.driver.waits, NET_WAITS_TX);
}

TEST("the server is notified if it waits for what was done") {
    begin();
    RUN(&full_driver, FRAME, INTERRUPT);
    TEST_EXPECT_EQ(num_frames, 1);
    TEST_EXPECT_EQ(num_server_notified, 1);
}

TEST("a driver that has more to do is called again") {
    begin();
    busy_works = 5;
    RUN(&full_driver, INTERRUPT);
    TEST_EXPECT_EQ(num_works, 7);
    TEST_EXPECT_EQ(num_interrupts, 1);
}

TEST("timers and messages are the driver's, notifications of the rings aren't") {
    begin();
    RUN(&full_driver, TIMER);
    TEST_EXPECT_EQ(num_timers, 1);
    TEST_EXPECT_EQ(num_messages, 0);
    begin();
    RUN(&full_driver, BUS_MESSAGE);
    TEST_EXPECT_EQ(num_messages, 1);
    TEST_EXPECT_EQ(last_message.type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(last_message.notifications.data, NOTIFY_ASYNC);
    begin();
    RUN(&full_driver, UNKNOWN);
    TEST_EXPECT_EQ(num_messages, 1);
    TEST_EXPECT_EQ(last_message.src, 77);
}

TEST("a driver without timer and messages does without") {
    begin();
    RUN(&lean_driver, TIMER, BUS_MESSAGE, UNKNOWN, STRANGER_ENDS);
    TEST_EXPECT_EQ(num_discarded, 3);
    TEST_EXPECT_EQ(num_stops, 0);
}

TEST("when the server ends, the device is stopped, and attached to the next one") {
    begin();
    RUN(&lean_driver, FRAME, SERVER_ENDS, FRAME, INTERRUPT);
    TEST_EXPECT_EQ(num_starts, 2);
    TEST_EXPECT_EQ(num_stops, 1);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_EQ(mapped, 2);
    TEST_EXPECT_EQ(server, SERVER + 1);
    TEST_EXPECT_EQ(watched, SERVER + 1);
}

TEST("a device that takes another one's place is attached to the same server") {
    begin();
    replaced_in = 2;
    RUN(&full_driver, FRAME, INTERRUPT, FRAME);
    TEST_EXPECT_EQ(num_starts, 2);
    TEST_EXPECT_EQ(num_stops, 1);
    TEST_EXPECT_EQ(num_links, 2);
    TEST_EXPECT_EQ(num_frames, 2);
    TEST_EXPECT_EQ(mapped, 2);
    TEST_EXPECT_EQ(server, SERVER);
}

TEST("the end of anybody else is no reason to stop") {
    begin();
    RUN(&full_driver, STRANGER_ENDS, INTERRUPT);
    TEST_EXPECT_EQ(num_stops, 0);
    TEST_EXPECT_EQ(num_starts, 1);
}

TEST("servers that end while the driver attaches are followed by one that doesn't") {
    begin();
    num_attach_aborts = 3;
    RUN(&full_driver, INTERRUPT);
    TEST_EXPECT_EQ(num_starts, 1);
    TEST_EXPECT_EQ(server, SERVER + 3);
}

TEST("the link's changes are told at once") {
    begin();
    RUN(&full_driver, INTERRUPT);
    world_device.mbit_per_s = 1000;
    net_device_link_changed(&world_device);
    TEST_EXPECT_EQ(num_links, 2);
    TEST_EXPECT_EQ(link_mbit, 1000);
}

/// Runs a driver that can't do anything but end.
static void expect_panic(void) {
    panicked = false;
    RUN(&full_driver, INTERRUPT);
    TEST_EXPECT(panicked);
    TEST_EXPECT_EQ(num_starts, 0);
    TEST_EXPECT_EQ(mapped, 0);
}

TEST("a driver that a living server refuses ends") {
    begin();
    attach_error = ERR_NO_MEMORY;
    expect_panic();
}

TEST("memory that isn't what it should be isn't taken") {
    begin();
    rings_pages = 1;
    expect_panic();
    begin();
    rings_writable = false;
    expect_panic();
}
