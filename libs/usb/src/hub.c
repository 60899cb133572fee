/// \file
/// Hubs (USB 2.0, chapter 11). A hub tells through its status pipe which of its ports have changed; they are then
/// asked one after another.

#include <message.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "device.h"

/// Ports of a hub: as many bits of its status as are looked at, but for the hub's own.
#define PORTS_MAX 15
#define DESC_MAX  16
/// How soon a port that is being reset is asked whether it is done, instead of waiting for the status pipe:
/// that may be asked only four times a second.
#define RESET_POLL_MS 20
/// Section 11.24.2.7: bytes of a port's status.
#define PORT_STATUS_LEN 4
/// A hub that fails so often in a row is left alone.
#define ERRORS_MAX 5
#define RETRY_MS   100

struct hub {
    struct usb_device *device;
    uint8_t num_ports;
    uint8_t power_good;  ///< In units of 2 ms.
    uint8_t powered;     ///< Ports that have power: the first ones.
    uint8_t asking;      ///< The port that is being asked; 0: none.
    uint8_t errors;
    uint16_t pending;    ///< Ports to be asked.
    uint16_t resetting;  ///< Ports to be asked soon.
    uint16_t status;     ///< Of the port that is being asked.
    uint16_t changes;    ///< Of it, not yet acknowledged.
    uint16_t seen;       ///< Of it, all.
    struct usb_endpoint endpoint;
    struct usb_transfer transfer;
    struct usb_timer timer;
    struct usb_timer reset_timer;
    struct port ports[PORTS_MAX];
};

static void ask_next(struct hub *hub);

/// The hub itself is broken: nothing behind it can be reached.
static void give_up(struct hub *hub, error_t err) {
    WARN("hub %04x:%04x has failed: %s", hub->device->info.vendor_id, hub->device->info.product_id,
         error_name(err));
    hub_stop(hub->device);
}

static void is_broken(struct usb_timer *timer) {
    give_up(LIST_CONTAINER(timer, struct hub, timer), ERR_NO_MEMORY);
}

static void request(struct hub *hub, uint8_t what, uint16_t value, uint8_t port,
                    void (*done)(void *, error_t, const uint8_t *, uint32_t)) {
    bool get = what == USB_GET_STATUS;
    struct setup setup = {
        .type = (get ? USB_DIR_IN : 0) | USB_TYPE_CLASS | USB_OTHER,
        .request = what,
        .value = value,
        .index = port,
        .length = get ? PORT_STATUS_LEN : 0,
    };
    error_t err = control_request(hub->device, &setup, NULL, done, hub->device);
    if (IS_ERROR(err)) {
        // Not at once: who called goes on to use the hub and its ports.
        usb_timer_start(&hub->timer, 1, is_broken);
    }
}

// ---- What has changed ---------------------------------------------------------------------------

static uint8_t port_speed(uint16_t status) {
    if (status & HUB_PORT_HIGH_SPEED) {
        return USB_SPEED_HIGH;
    }
    return (status & HUB_PORT_LOW_SPEED) ? USB_SPEED_LOW : USB_SPEED_FULL;
}

/// All changes of a port are acknowledged: what they mean.
static void handle_port(struct hub *hub, uint8_t number) {
    struct port *port = &hub->ports[number - 1];
    uint16_t status = hub->status;
    if (hub->seen & HUB_PORT_OVER_CURRENT) {
        WARN("port %u of hub %04x:%04x: too much current", number, hub->device->info.vendor_id,
             hub->device->info.product_id);
    }
    bool reset_over = (hub->seen & HUB_PORT_RESET) != 0 && !(status & HUB_PORT_RESET);
    bool lost = (hub->seen & HUB_PORT_CONNECTION) != 0
                || ((hub->seen & HUB_PORT_ENABLE) != 0 && port->state == PORT_USED);
    if (lost) {
        port_connected(port, false);
    }
    port_connected(port, (status & HUB_PORT_CONNECTION) != 0);
    if (reset_over) {
        hub->resetting &= (uint16_t) ~(1u << number);
        port_reset_done(port, (status & HUB_PORT_ENABLE) != 0, port_speed(status));
    }
}

static void acknowledged(void *context, error_t status, const uint8_t *data __unused,
                         uint32_t actual __unused);

static void acknowledge_next(struct hub *hub) {
    if (hub->changes == 0) {
        uint8_t port = hub->asking;
        hub->asking = 0;
        handle_port(hub, port);
        ask_next(hub);
        return;
    }
    unsigned change = (unsigned) __builtin_ctz(hub->changes);
    hub->changes &= (uint16_t) (hub->changes - 1);
    request(hub, USB_CLEAR_FEATURE, (uint16_t) (HUB_FEATURE_C_CONNECTION + change), hub->asking,
            acknowledged);
}

static void retry(struct usb_timer *timer) {
    ask_next(LIST_CONTAINER(timer, struct hub, timer));
}

/// A request has failed. The port is asked again.
static void failed(struct hub *hub, error_t err) {
    if (++hub->errors >= ERRORS_MAX) {
        give_up(hub, err);
        return;
    }
    if (hub->asking != 0) {
        hub->pending |= (uint16_t) (1u << hub->asking);
        hub->asking = 0;
    }
    usb_timer_start(&hub->timer, RETRY_MS, retry);
}

/// The hub that a request's context stands for; NULL: it is no more.
static struct hub *hub_of(void *context, error_t status) {
    return (status == ERR_NOT_FOUND) ? NULL : ((struct usb_device *) context)->hub;
}

static void acknowledged(void *context, error_t status, const uint8_t *data __unused,
                         uint32_t actual __unused) {
    struct hub *hub = hub_of(context, status);
    if (hub != NULL && IS_ERROR(status)) {
        failed(hub, status);
    } else if (hub != NULL) {
        acknowledge_next(hub);
    }
}

static void got_status(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    struct hub *hub = hub_of(context, status);
    if (hub == NULL) {
        return;
    }
    if (IS_OK(status) && actual < PORT_STATUS_LEN) {
        status = ERR_NOT_ACCEPTABLE;
    }
    if (IS_ERROR(status)) {
        failed(hub, status);
        return;
    }
    hub->errors = 0;
    hub->status = (uint16_t) (data[0] | data[1] << 8);
    hub->changes = (uint16_t) (data[2] | data[3] << 8) & ((1u << HUB_CHANGES) - 1);
    hub->seen = hub->changes;
    acknowledge_next(hub);
}

static void ask_next(struct hub *hub) {
    if (hub->asking != 0 || hub->powered < hub->num_ports || usb_timer_runs(&hub->timer)) {
        return;
    }
    if (hub->pending != 0) {
        hub->asking = (uint8_t) __builtin_ctz(hub->pending);
        hub->pending &= (uint16_t) (hub->pending - 1);
        request(hub, USB_GET_STATUS, 0, hub->asking, got_status);
    } else if (!hub->transfer.busy) {
        usb_submit(&hub->transfer);
    }
}

static void got_changes(struct usb_transfer *transfer) {
    struct hub *hub = transfer->context;
    if (IS_ERROR(transfer->status)) {
        failed(hub, transfer->status);
        return;
    }
    dma_flush_read(transfer->dma);
    unsigned changed = 0;
    for (uint32_t i = 0; i < MIN(transfer->actual, 2); i++) {
        changed |= (unsigned) dma_buf(transfer->dma)[i] << (8 * i);
    }
    // Bit 0 is the hub's own power; a hub that says it has more ports than before isn't believed.
    hub->pending |= (uint16_t) (changed & ((2u << hub->num_ports) - 2));
    ask_next(hub);
}

// ---- Resetting ports ----------------------------------------------------------------------------

static void poll_reset(struct usb_timer *timer) {
    struct hub *hub = LIST_CONTAINER(timer, struct hub, reset_timer);
    hub->pending |= hub->resetting;
    if (hub->resetting != 0) {
        usb_timer_start(timer, RESET_POLL_MS, poll_reset);
    }
    ask_next(hub);
}

/// What fails is noticed by the port, which waits no longer than it has to.
static void nothing_to_do(void *context __unused, error_t status __unused,
                          const uint8_t *data __unused, uint32_t actual __unused) {}

void hub_reset_port(struct port *port) {
    struct hub *hub = port->hub->hub;
    if (hub == NULL) {
        // It is about to close this port, too.
        return;
    }
    hub->resetting |= (uint16_t) (1u << port->number);
    usb_timer_start(&hub->reset_timer, RESET_POLL_MS, poll_reset);
    request(hub, USB_SET_FEATURE, HUB_FEATURE_PORT_RESET, port->number, nothing_to_do);
}

void hub_disable_port(struct port *port) {
    struct hub *hub = port->hub->hub;
    if (hub == NULL) {
        return;
    }
    hub->resetting &= (uint16_t) ~(1u << port->number);
    request(hub, USB_CLEAR_FEATURE, HUB_FEATURE_PORT_ENABLE, port->number, nothing_to_do);
}

// ---- Starting -----------------------------------------------------------------------------------

static void power_is_good(struct usb_timer *timer) {
    struct hub *hub = LIST_CONTAINER(timer, struct hub, timer);
    hub->pending = (uint16_t) ((2u << hub->num_ports) - 2);
    ask_next(hub);
}

static void port_powered(void *context, error_t status, const uint8_t *data __unused,
                         uint32_t actual __unused);

static void power_next_port(struct hub *hub) {
    if (hub->powered < hub->num_ports) {
        request(hub, USB_SET_FEATURE, HUB_FEATURE_PORT_POWER, (uint8_t) (hub->powered + 1),
                port_powered);
    } else {
        usb_timer_start(&hub->timer, (msec_t) hub->power_good * 2, power_is_good);
    }
}

static void port_powered(void *context, error_t status, const uint8_t *data __unused,
                         uint32_t actual __unused) {
    struct hub *hub = hub_of(context, status);
    if (hub != NULL && IS_ERROR(status)) {
        give_up(hub, status);
    } else if (hub != NULL) {
        hub->powered++;
        power_next_port(hub);
    }
}

static void got_descriptor(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    struct hub *hub = hub_of(context, status);
    if (hub == NULL) {
        return;
    }
    if (IS_OK(status) && (actual < USB_HUB_LEN || data[1] != USB_DESC_HUB || data[2] == 0)) {
        status = ERR_NOT_ACCEPTABLE;
    }
    if (IS_ERROR(status)) {
        give_up(hub, status);
        return;
    }
    hub->num_ports = MIN(data[2], PORTS_MAX);
    hub->power_good = data[5];
    for (uint8_t i = 0; i < hub->num_ports; i++) {
        port_init(&hub->ports[i], hub->device, (uint8_t) (i + 1));
    }
    power_next_port(hub);
}

/// The first endpoint by which the device tells something.
static const struct usb_endpoint_info *status_endpoint(const struct usb_configuration *config) {
    for (int i = 0; i < config->num_endpoints; i++) {
        const struct usb_endpoint_info *info = &config->endpoints[i];
        if (info->type == USB_TRANSFER_TYPE_INTERRUPT && (info->address & USB_DIR_IN)
            && info->max_packet <= PAGE_SIZE) {
            return info;
        }
    }
    return NULL;
}

static error_t __mustuse open_status_pipe(struct hub *hub) {
    const struct usb_endpoint_info *info = status_endpoint(hub->device->config);
    if (info == NULL) {
        return ERR_NOT_ACCEPTABLE;
    }
    device_endpoint(hub->device, info, &hub->endpoint);
    hub->transfer.endpoint = &hub->endpoint;
    hub->transfer.in = true;
    hub->transfer.length = info->max_packet;
    hub->transfer.done = got_changes;
    hub->transfer.context = hub;
    hub->transfer.dma = dma_alloc(info->max_packet, DMA_ALLOC_FROM_DEV);
    return (hub->transfer.dma != NULL) ? OK : ERR_NO_MEMORY;
}

void hub_start(struct usb_device *device) {
    if (device->tier >= USB_HUBS_IN_A_ROW) {
        WARN("hub %04x:%04x is behind too many others", device->info.vendor_id,
             device->info.product_id);
        return;
    }
    struct hub *hub = malloc(sizeof(*hub));
    if (hub == NULL) {
        WARN("no memory for a hub");
        return;
    }
    bzero(hub, sizeof(*hub));
    hub->device = device;
    device->hub = hub;
    error_t err = open_status_pipe(hub);
    struct setup setup = {
        .type = USB_DIR_IN | USB_TYPE_CLASS,
        .request = USB_GET_DESCRIPTOR,
        .value = USB_DESC_HUB << 8,
        .length = DESC_MAX,
    };
    if (IS_OK(err)) {
        err = control_request(device, &setup, NULL, got_descriptor, device);
    }
    if (IS_ERROR(err)) {
        give_up(hub, err);
    }
}

void hub_stop(struct usb_device *device) {
    struct hub *hub = device->hub;
    if (hub == NULL) {
        return;
    }
    // From now on the ports leave it alone.
    device->hub = NULL;
    usb_cancel(&hub->transfer);
    usb_timer_stop(&hub->timer);
    usb_timer_stop(&hub->reset_timer);
    for (int i = 0; i < hub->num_ports; i++) {
        port_close(&hub->ports[i]);
    }
    dma_free(hub->transfer.dma);
    free(hub);
}

uint8_t hub_num_ports(const struct usb_device *device) {
    return (device->hub != NULL) ? device->hub->num_ports : 0;
}
