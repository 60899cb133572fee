#include "message_device.h"

#include <idl_client.h>
#include <inet/buf.h>
#include <inet/netif.h>
#include <list.h>
#include <resea/async.h>
#include <resea/malloc.h>
#include <string.h>

#include "settings.h"

#define MTU 1500
/// An Ethernet header and the payload.
#define FRAME_MAX (14 + MTU)

struct device {
    list_elem_t next;
    task_t driver;
    struct netif *netif;
    bool full;  ///< A frame found no room in the driver's queue.
};

static list_t devices = {&devices, &devices};

static struct device *find(task_t driver) {
    LIST_FOR_EACH (device, &devices, struct device, next) {
        if (device->driver == driver) {
            return device;
        }
    }
    return NULL;
}

/// Makes one piece of a frame. Returns its length; 0: it is too long.
static size_t gather(const struct netif_frame *frame, uint8_t *bytes) {
    size_t len = 0;
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        const struct net_desc *desc = &frame->descs[i];
        if (desc->len > FRAME_MAX - len) {
            return 0;
        }
        memcpy(&bytes[len], frame->bufs[i]->base + desc->place % NET_BUFFER_LEN, desc->len);
        len += desc->len;
    }
    return len;
}

static error_t send(void *context, const struct netif_frame *frame) {
    struct device *device = context;
    static uint8_t bytes[FRAME_MAX];
    size_t len = gather(frame, bytes);
    if (len > 0) {
        struct message m;
        bzero(&m, sizeof(m));
        m.type = NET_TX_MSG;
        m.net_tx.payload = bytes;
        m.net_tx.payload_len = len;
        if (async_send(device->driver, &m) == ERR_NO_MEMORY) {
            device->full = true;
            return ERR_WOULD_BLOCK;
        }
    }
    for (unsigned i = 0; i < frame->num_pieces; i++) {
        buf_unref(frame->bufs[i]);
    }
    return OK;
}

static const struct netif_ops ops = {.send = send};

void message_device_lost(task_t driver) {
    struct device *device = find(driver);
    if (device != NULL) {
        netif_detach(device->netif);
        list_remove(&device->next);
        free(device);
    }
}

error_t message_device_register(task_t driver, const uint8_t mac[6]) {
    if (mac[0] & 1) {
        return ERR_INVALID_ARG;
    }
    message_device_lost(driver);
    struct device *device = malloc(sizeof(*device));
    error_t err = (device != NULL) ? call_task_watch(INIT_TASK, driver) : ERR_NO_MEMORY;
    if (IS_ERROR(err)) {
        free(device);
        return err;
    }
    *device = (struct device){.driver = driver};
    device->netif = netif_add("net", mac, MTU, 0, NET_PIECES_MAX, &ops, device);
    if (device->netif == NULL) {
        free(device);
        return ERR_NO_MEMORY;
    }
    list_push_back(&devices, &device->next);
    settings_configure(device->netif);
    // Nobody tells of cables here.
    netif_set_link(device->netif, true, 0);
    return OK;
}

void message_device_receive(task_t driver, const void *frame, size_t len) {
    const struct device *device = find(driver);
    struct buf *buf = (device != NULL && len > 0 && len <= NET_BUFFER_LEN) ? buf_alloc(true) : NULL;
    if (buf == NULL) {
        return;
    }
    memcpy(buf->base, frame, len);
    buf->len = (uint16_t) len;
    buf->total = (uint32_t) len;
    netif_input(device->netif, buf);
}

bool message_device_pull(task_t task) {
    struct device *device = find(task);
    if (device == NULL) {
        return false;
    }
    // What can't be delivered stays in the queue, or is the driver's fault.
    (void) async_reply(task);
    if (device->full) {
        device->full = false;
        netif_writable(device->netif);
    }
    return true;
}

error_t message_device_link(task_t driver, bool link, uint32_t mbit_per_s) {
    struct device *device = find(driver);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    netif_set_link(device->netif, link, mbit_per_s);
    return OK;
}
