#include <idl_client.h>
#include <net/device.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "device_rings.h"

/// The service that drivers attach to.
#define SERVICE "tcpip"

static struct net_device *device;
static const struct net_driver *driver;

static task_t self_task;
static task_t server;   ///< 0: none.
static bool detaching;  ///< The server has ended, or the device is another one.
static vaddr_t rings_vaddr;
static size_t rings_pages;
static vaddr_t pool_vaddr;
static size_t pool_pages;

static bool server_runs(void) {
    bool running;
    enum task_end_reason reason;
    int status;
    return IS_OK(call_task_status(INIT_TASK, server, &running, &reason, &status)) && running;
}

static void unmap(vaddr_t vaddr, size_t num_pages) {
    OOPS_OK(call_vm_free_pages(INIT_TASK, vaddr, num_pages));
}

/// Takes the memory that the server offers.
static error_t map(handle_t rings, handle_t pool) {
    struct device_memory memory;
    paddr_t rings_paddr;
    bool rings_writable, pool_writable;
    error_t err = call_vm_accept_pages(INIT_TASK, rings, &rings_vaddr, &rings_pages,
                                       &rings_writable, &rings_paddr);
    if (IS_ERROR(err)) {
        return err;
    }
    err = call_vm_accept_pages(INIT_TASK, pool, &pool_vaddr, &pool_pages, &pool_writable,
                               &memory.pool_paddr);
    if (IS_ERROR(err)) {
        unmap(rings_vaddr, rings_pages);
        return err;
    }
    if (!rings_writable || !pool_writable || rings_pages * PAGE_SIZE < sizeof(struct net_rings)
        || pool_pages > UINT32_MAX / PAGE_SIZE) {
        unmap(rings_vaddr, rings_pages);
        unmap(pool_vaddr, pool_pages);
        return ERR_NOT_ACCEPTABLE;
    }
    memory.rings = (struct net_rings *) rings_vaddr;
    memory.pool = (uint8_t *) pool_vaddr;
    memory.pool_len = (uint32_t) (pool_pages * PAGE_SIZE);
    device_rings_open(&memory, device);
    return OK;
}

static error_t attach_to_server(void) {
    char name[NET_NAME_LEN];
    bzero(name, sizeof(name));
    strncpy2(name, device->name, sizeof(name));
    handle_t rings, pool;
    error_t err = call_net_attach(server, device->features, device->mtu, device->max_pieces,
                                  device->mac, device->link, name, &rings, &pool);
    return IS_ERROR(err) ? err : map(rings, pool);
}

/// Waits for a server and attaches to it. ERR_TRY_AGAIN: it has ended meanwhile.
static error_t attach(void) {
    detaching = false;
    server = ipc_lookup(SERVICE);
    if (IS_ERROR(server)) {
        return server;
    }
    error_t err = call_task_watch(INIT_TASK, server);
    if (IS_OK(err)) {
        err = attach_to_server();
    }
    if (IS_ERROR(err)) {
        err = server_runs() ? err : ERR_TRY_AGAIN;
        server = 0;
    }
    return err;
}

static void detach(void) {
    driver->stop(device);
    unmap(rings_vaddr, rings_pages);
    unmap(pool_vaddr, pool_pages);
    server = 0;
}

void net_device_link_changed(struct net_device *changed) {
    // A server that isn't there is told when we attach to it; one that has ended isn't missed.
    if (server != 0) {
        (void) call_net_link(server, changed->link, changed->mbit_per_s);
    }
}

void net_device_reattach(struct net_device *changed __unused) {
    detaching = true;
}

static void pass_message(struct message *m) {
    if (driver->message != NULL) {
        driver->message(device, m);
    } else {
        discard_unknown_message(m);
    }
}

/// vm tells that a task has ended.
static void receive_exits(void) {
    struct message m;
    bzero(&m, sizeof(m));
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type != TASK_EXITED_MSG) {
            pass_message(&m);
        } else if (m.task_exited.task == server) {
            detaching = true;
        } else if (driver->message != NULL) {
            driver->message(device, &m);
        }
    }
}

static void handle_notifications(struct message *m) {
    notifications_t notifications = m->notifications.data;
    if (notifications & NOTIFY_ASYNC) {
        receive_exits();
    }
    device->interrupted = notifications & NOTIFY_IRQ;
    if ((notifications & NOTIFY_TIMER) && driver->timer != NULL) {
        driver->timer(device);
    }
    m->notifications.data = notifications & ~(NOTIFY_IRQ | NOTIFY_TIMER | (unsigned) NET_NOTIFY);
    if (m->notifications.data != 0) {
        pass_message(m);
    }
}

static void work(void) {
    device_rings_begin();
    bool again = driver->work(device);
    device->interrupted = false;
    if (device_rings_end()) {
        // If it has ended, vm will tell.
        (void) ipc_notify(server, NET_NOTIFY);
    }
    if (again || !device_rings_wait()) {
        OOPS_OK(ipc_notify(self_task, NET_NOTIFY));
    }
}

static void serve(void) {
    struct message m;
    bzero(&m, sizeof(m));
    work();
    while (!detaching) {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(&m);
        } else {
            pass_message(&m);
        }
        if (!detaching) {
            work();
        }
    }
}

static bool is_valid(void) {
    bool segments = device->features & (NET_TX_SEGMENT4 | NET_TX_SEGMENT6);
    return device->max_pieces >= (segments ? 36 : 2) && device->max_pieces <= NET_PIECES_MAX
           && device->mtu >= 1280 && device->mtu <= 9000;
}

void net_device_run(struct net_device *net_device, const struct net_driver *net_driver) {
    device = net_device;
    driver = net_driver;
    self_task = task_self();
    ASSERT(is_valid());
    while (true) {
        error_t err = attach();
        if (err == ERR_TRY_AGAIN) {
            continue;
        }
        ASSERT_OK(err);
        ASSERT_OK(driver->start(device));
        net_device_link_changed(device);
        serve();
        DEBUG("attaching anew");
        detach();
    }
}
