#include <idl_client.h>
#include <idl_server.h>
#include <net/port.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "answer.h"

/// Buffers that the driver has to receive into.
#define RX_BUFFERS 128

static struct net_rings *rings;
static uint8_t *pool;
static struct net_port *port;
static task_t driver;
static struct stats stats;

static unsigned free_buffers[NUM_BUFFERS];
static unsigned num_free;

/// A frame that has come and whose answer didn't fit into the ring.
static struct net_received waiting;
static bool is_waiting;

static void *token_of(unsigned buffer) {
    return (void *) (uintptr_t) (buffer + 1);
}

static void free_buffer(void *context __unused, unsigned buffer) {
    free_buffers[num_free++] = buffer;
}

static void free_token(void *context, void *token) {
    free_buffer(context, (unsigned) ((uintptr_t) token - 1));
}

static void *alloc_shared(size_t len, size_t *num_pages) {
    vaddr_t vaddr;
    paddr_t paddr;
    *num_pages = ALIGN_UP(len, PAGE_SIZE) / PAGE_SIZE;
    ASSERT_OK(call_vm_alloc_pages(INIT_TASK, *num_pages, 0, &vaddr, &paddr));
    return (void *) vaddr;
}

static size_t rings_pages, pool_pages;

static void init(void) {
    rings = alloc_shared(sizeof(*rings), &rings_pages);
    pool = alloc_shared(POOL_BUFFERS * NET_BUFFER_LEN, &pool_pages);
    answer_init(pool);
    for (unsigned i = 0; i < NUM_BUFFERS; i++) {
        free_buffer(NULL, i);
    }
}

static error_t offer(task_t client, void *memory, size_t num_pages, handle_t *handle) {
    return call_vm_offer_pages(INIT_TASK, client, (vaddr_t) memory, num_pages, true, handle);
}

/// The driver that was here before has reset its device, or this one has.
static void forget_driver(void) {
    if (port != NULL) {
        net_port_free(port, free_buffer, free_token, NULL);
        port = NULL;
    }
    if (is_waiting) {
        is_waiting = false;
        free_buffer(NULL, waiting.buffer);
    }
    bzero(rings, sizeof(*rings));
}

static error_t attach(task_t client, struct net_attach_fields *request,
                      struct net_attach_reply_fields *reply) {
    forget_driver();
    driver = client;
    stats.features = request->features;
    stats.mtu = request->mtu;
    stats.attached++;
    ASSERT_OK(call_task_watch(INIT_TASK, client));
    port = net_port_new(rings, POOL_BUFFERS);
    ASSERT(port != NULL);
    INFO("%.16s attached: features %#x, link %d, address %02x:%02x:%02x:%02x:%02x:%02x",
         request->name, request->features, request->link, request->mac[0], request->mac[1],
         request->mac[2], request->mac[3], request->mac[4], request->mac[5]);
    error_t err = offer(client, rings, rings_pages, &reply->rings);
    return IS_ERROR(err) ? err : offer(client, pool, pool_pages, &reply->pool);
}

static error_t link(task_t client, struct net_link_fields *request) {
    if (client != driver) {
        return ERR_NOT_PERMITTED;
    }
    INFO("link %d, %u Mbit/s", request->link, request->mbit_per_s);
    return OK;
}

static const struct net_ops ops = {.attach = attach, .link = link};

/// Answers a frame. False: there is no room yet.
static bool handle(const struct net_received *received) {
    struct net_desc descs[NET_PIECES_MAX];
    void *tokens[NET_PIECES_MAX];
    if (!net_port_has_room(port, NET_PIECES_MAX)) {
        return false;
    }
    stats.dropped = net_port_dropped(port);
    stats.received++;
    unsigned count = (received->len > 0) ? answer(received, &stats, descs) : 0;
    if (count == 0) {
        free_buffer(NULL, received->buffer);
        return true;
    }
    bzero(tokens, sizeof(tokens));
    tokens[count - 1] = token_of(received->buffer);
    net_port_send(port, descs, tokens, count);
    return true;
}

static void take_frames(void) {
    while (is_waiting || net_port_receive(port, &waiting)) {
        is_waiting = !handle(&waiting);
        if (is_waiting) {
            return;
        }
    }
}

static void work(void) {
    void *token;
    while ((token = net_port_sent(port)) != NULL) {
        free_token(NULL, token);
    }
    take_frames();
    for (unsigned i = net_port_wants(port, RX_BUFFERS); i > 0 && num_free > 0; i--) {
        net_port_give(port, free_buffers[--num_free]);
    }
    if (net_port_kick(port)) {
        (void) ipc_notify(driver, NET_NOTIFY);
    }
}

/// Whether there is something to do. Frames that wait for room are nothing to do: it is made by the driver, who notifies.
static bool has_work(void) {
    if (net_port_wait(port)) {
        return false;
    }
    if (!is_waiting) {
        return true;
    }
    void *token = net_port_sent(port);
    if (token != NULL) {
        free_token(NULL, token);
    }
    return token != NULL;
}

static void receive_exits(void) {
    struct message m;
    bzero(&m, sizeof(m));
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG && m.task_exited.task == driver) {
            driver = 0;
        }
    }
}

static void receive(void) {
    struct message m;
    bzero(&m, sizeof(m));
    ASSERT_OK(ipc_recv(IPC_ANY, &m));
    if (m.type == NOTIFICATIONS_MSG) {
        if (m.notifications.data & NOTIFY_ASYNC) {
            receive_exits();
        }
    } else if (!net_dispatch(&ops, &m)) {
        discard_unknown_message(&m);
    }
    if (driver != 0) {
        work();
    }
}

void main(void) {
    init();
    ASSERT_OK(ipc_serve("tcpip"));
    while (true) {
        while (driver != 0 && has_work()) {
            work();
        }
        receive();
    }
}
