#include "ring_device.h"

#include <idl_client.h>
#include <inet/buf.h>
#include <inet/env.h>
#include <inet/info.h>
#include <inet/netif.h>
#include <inet/timer.h>
#include <list.h>
#include <net/port.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "pool.h"
#include "settings.h"

/// Pieces that are taken from one device in a turn: then clients have theirs.
#define RUN_MAX 128
/// A driver with TX_SEGMENT has to be able to send 64 KiB.
#define SEGMENT_PIECES 36
/// Of a frame that is as long as most that are sent in numbers.
#define FRAME_BITS   12000
#define FRAME_PIECES 2
/// What waits for a device is sent within so many milliseconds, as far as its speed is known. Behind more of it, answers
/// would seem to be lost.
#define QUEUE_MS 10
/// What dm takes at most until the device of a driver that has ended is quiet, and some time to spare; see docs/pci.md.
#define QUIET_MS 1000

#define KNOWN_FEATURES \
    (NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6 | NET_RX_CHECKSUM | NET_RX_MERGES)
#define RINGS_PAGES (ALIGN_UP(sizeof(struct net_rings), PAGE_SIZE) / PAGE_SIZE)

struct device {
    list_elem_t next;
    task_t driver;  ///< 0: it has ended.
    struct netif *netif;
    struct net_port *port;
    vaddr_t rings;
    bool full;  ///< A frame didn't fit: netif_writable is to be called.
    uint32_t dropped;
    /// The packet whose pieces come in.
    struct buf *first, *last;
    unsigned num_pieces;
    struct inet_timer quiet;  ///< Runs when the driver has ended.
    char name[NET_NAME_LEN];
    uint8_t mac[6];
};

static list_t devices = {&devices, &devices};
/// There may be something in a ring, or a driver lacks buffers: most turns, which are about a client's message, have no
/// need to look.
static bool may_have_news;
/// What drivers are to notify of may have changed.
static bool may_wait;
/// There may be something new for a driver.
static bool may_kick;

static struct device *find(task_t driver) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver == driver) {
            return device;
        }
    }
    return NULL;
}

static error_t send(void *context, const struct netif_frame *frame) {
    struct device *device = context;
    if (!net_port_has_room(device->port, frame->num_pieces)) {
        device->full = true;
        may_wait = true;
        return ERR_WOULD_BLOCK;
    }
    may_wait = true;
    may_kick = true;
    net_port_send(device->port, frame->descs, (void *const *) frame->bufs, frame->num_pieces);
    return OK;
}

static const struct netif_ops ops = {.send = send};

static void give_back(void *context __unused, unsigned buffer) {
    buf_unref(buf_numbered(buffer));
}

static void sent(void *context __unused, void *token) {
    buf_unref(token);
}

/// Frees the memory of a device whose driver doesn't use it any more.
static void release(struct device *device) {
    inet_timer_stop(&device->quiet);
    buf_free(device->first);
    if (device->port != NULL) {
        net_port_free(device->port, give_back, sent, NULL);
    }
    if (device->rings != 0) {
        OOPS_OK(call_vm_free_pages(INIT_TASK, device->rings, RINGS_PAGES));
    }
    list_remove(&device->next);
    free(device);
}

static void is_quiet(struct inet_timer *timer) {
    release(INET_TIMER_OWNER(timer, struct device, quiet));
}

void ring_device_lost(task_t driver) {
    struct device *device = find(driver);
    if (device == NULL) {
        return;
    }
    netif_detach(device->netif);
    device->driver = 0;
    // The device may write into its buffers until its bus mastering is off.
    inet_timer_start(&device->quiet, inet_now() + QUIET_MS);
}

/// Frees what was the driver's until now, and what a former driver of the same device had: that is quiet, as it has
/// been given to a new one.
static void release_former(task_t driver, const struct net_attach_fields *request) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        bool lost = device->driver == 0 && !strcmp(device->name, request->name)
                    && !memcmp(device->mac, request->mac, sizeof(device->mac));
        if (device->driver == driver) {
            netif_detach(device->netif);
        }
        if (lost || device->driver == driver) {
            release(device);
        }
    }
}

static bool is_valid_name(const char *name) {
    size_t len = 0;
    for (; len < NET_NAME_LEN && name[len] != '\0'; len++) {
        bool is_letter = (name[len] >= 'a' && name[len] <= 'z') || name[len] == '_';
        bool is_digit = name[len] >= '0' && name[len] <= '9';
        if (!is_letter && !is_digit) {
            return false;
        }
    }
    return len > 0 && len < NET_NAME_LEN;
}

static bool is_valid(const struct net_attach_fields *request) {
    bool cuts = (request->features & (NET_TX_SEGMENT4 | NET_TX_SEGMENT6)) != 0;
    return (request->features & ~(unsigned) KNOWN_FEATURES) == 0 && request->mtu >= 1280
           && request->mtu <= 9000 && request->max_pieces >= (cuts ? SEGMENT_PIECES : 2u)
           && (request->mac[0] & 1) == 0 && is_valid_name(request->name);
}

static error_t make_rings(struct device *device, handle_t *offer) {
    paddr_t paddr;
    error_t err = call_vm_alloc_pages(INIT_TASK, RINGS_PAGES, 0, &device->rings, &paddr);
    if (IS_ERROR(err)) {
        return err;
    }
    struct net_rings *rings = (struct net_rings *) device->rings;
    memset(rings, 0, sizeof(*rings));
    device->port = net_port_new(rings, buf_count());
    if (device->port == NULL) {
        return ERR_NO_MEMORY;
    }
    return call_vm_offer_pages(INIT_TASK, device->driver, device->rings, RINGS_PAGES, true, offer);
}

static error_t make_netif(struct device *device, const struct net_attach_fields *request) {
    device->netif = netif_add(device->name, device->mac, request->mtu, request->features,
                              MIN(request->max_pieces, NET_PIECES_MAX), &ops, device);
    if (device->netif == NULL) {
        return ERR_NO_MEMORY;
    }
    settings_configure(device->netif);
    netif_set_link(device->netif, request->link, 0);
    return OK;
}

error_t ring_device_attach(task_t driver, struct net_attach_fields *request,
                           struct net_attach_reply_fields *reply) {
    if (!is_valid(request)) {
        return ERR_INVALID_ARG;
    }
    release_former(driver, request);
    struct device *device = malloc(sizeof(*device));
    if (device == NULL) {
        return ERR_NO_MEMORY;
    }
    *device = (struct device){.driver = driver, .quiet = {.fire = is_quiet}};
    strncpy2(device->name, request->name, sizeof(device->name));
    memcpy(device->mac, request->mac, sizeof(device->mac));
    list_push_back(&devices, &device->next);
    may_have_news = true;
    error_t err = make_rings(device, &reply->rings);
    if (IS_OK(err)) {
        err = pool_offer(driver, &reply->pool);
    }
    if (IS_OK(err)) {
        err = call_task_watch(INIT_TASK, driver);
    }
    if (IS_OK(err)) {
        err = make_netif(device, request);
    }
    if (IS_ERROR(err)) {
        WARN("the driver of %s can't be attached: %s", request->name, error_name(err));
        release(device);
    }
    return err;
}

static void set_queue(struct device *device, uint32_t mbit_per_s) {
    bool is_slow = mbit_per_s > 0 && mbit_per_s < 1000;
    uint32_t frames = mbit_per_s * 1000 * QUEUE_MS / FRAME_BITS;
    net_port_limit(device->port, is_slow ? frames * FRAME_PIECES : NET_TX_LEN);
}

error_t ring_device_link(task_t driver, bool link, uint32_t mbit_per_s) {
    struct device *device = find(driver);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    netif_set_link(device->netif, link, mbit_per_s);
    set_queue(device, mbit_per_s);
    return OK;
}

static void collect_sent(struct device *device) {
    void *token;
    bool any = false;
    while ((token = net_port_sent(device->port)) != NULL) {
        buf_unref(token);
        any = true;
    }
    if (any && device->full) {
        device->full = false;
        netif_writable(device->netif);
    }
}

static void drop_packet(struct device *device) {
    buf_free(device->first);
    device->first = device->last = NULL;
    device->num_pieces = 0;
}

static void append(struct device *device, struct buf *buf) {
    buf->next = NULL;
    if (device->first == NULL) {
        device->first = buf;
        buf->total = 0;
    } else {
        device->last->next = buf;
    }
    device->last = buf;
    device->num_pieces++;
    device->first->total += buf->len;
}

/// Takes a piece of a packet, and passes the packet on with its last one.
static void take(struct device *device, const struct net_received *received) {
    struct buf *buf = buf_numbered(received->buffer);
    buf->start = received->offset;
    buf->len = received->len;
    buf->flags = received->flags & (NET_DESC_RX_CHECKED | NET_DESC_RX_TRUSTED);
    if (LIKELY(device->first == NULL && !(received->flags & NET_DESC_MORE) && received->len > 0)) {
        buf->next = NULL;
        buf->total = buf->len;
        netif_input(device->netif, buf);
        return;
    }
    append(device, buf);
    struct buf *packet = device->first;
    // A driver that goes on for ever, even with pieces of a byte, would get all buffers.
    if (received->len == 0 || packet->total > NET_FRAME_MAX
        || device->num_pieces > NET_PIECES_MAX) {
        drop_packet(device);
        return;
    }
    if (received->flags & NET_DESC_MORE) {
        return;
    }
    device->first = device->last = NULL;
    device->num_pieces = 0;
    netif_input(device->netif, packet);
}

static void refill(struct device *device) {
    unsigned wanted = MIN(buf_count() / POOL_RX_SHARE, NET_FREE_LEN);
    for (unsigned left = net_port_wants(device->port, wanted); left > 0; left--) {
        struct buf *buf = buf_alloc(true);
        if (buf == NULL) {
            // Without any it would never notify again.
            may_have_news = true;
            return;
        }
        net_port_give(device->port, buf_number(buf));
        may_kick = true;
    }
}

static bool run(struct device *device) {
    collect_sent(device);
    struct net_received received;
    unsigned count = 0;
    while (count < RUN_MAX && net_port_receive(device->port, &received)) {
        take(device, &received);
        count++;
    }
    refill(device);
    uint32_t dropped = net_port_dropped(device->port);
    if (dropped != device->dropped) {
        netif_count_dropped(device->netif, dropped - device->dropped);
        device->dropped = dropped;
    }
    return count == RUN_MAX;
}

void ring_devices_look(void) {
    may_have_news = true;
}

void ring_devices_collect(void) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver != 0) {
            collect_sent(device);
        }
    }
}

bool ring_devices_run(void) {
    if (!may_have_news) {
        return false;
    }
    bool more = false;
    may_have_news = false;
    may_wait = true;
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver != 0) {
            more = run(device) || more;
        }
    }
    may_have_news = may_have_news || more;
    return more;
}

void ring_devices_kick(void) {
    if (!may_kick) {
        return;
    }
    may_kick = false;
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver != 0 && net_port_kick(device->port)) {
            // That it is gone is told by vm, soon.
            (void) ipc_notify(device->driver, NET_NOTIFY);
        }
    }
}

bool ring_devices_wait(void) {
    if (!may_wait) {
        return true;
    }
    bool nothing = true;
    may_wait = false;
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver != 0) {
            nothing = net_port_wait(device->port) && nothing;
        }
    }
    may_have_news = may_have_news || !nothing;
    return nothing;
}
