#include <message.h>
#include <resea/printf.h>
#include <string.h>

#include "device.h"

#define ATTEMPTS_MAX 3
/// A hub that hasn't reset its port by then never will.
#define RESET_TIMEOUT_MS 1000
/// A controller notices the device's speed and enables its port by then.
#define ROOT_ENABLE_MS 10
#define ROOT_PORTS_MAX 8

/// Ports that wait for address 0, and the one that has it.
static list_t waiting;
static struct port *enumerating;
static struct port root_ports[ROOT_PORTS_MAX];

static void begin_next(void);

/// For messages: "2.1" is port 1 of the hub on the controller's port 2.
static const char *path(const struct port *port, char *buf, size_t size) {
    char rest[32] = "";
    for (; port != NULL; port = (port->hub != NULL) ? port->hub->port : NULL) {
        snprintf(buf, size, "%u%s%s", port->number, (rest[0] != '\0') ? "." : "", rest);
        strncpy2(rest, buf, sizeof(rest));
    }
    return buf;
}

static void end_enumeration(struct port *port) {
    if (enumerating == port) {
        enumerating = NULL;
        begin_next();
    }
}

static void forget_device(struct port *port) {
    usb_timer_stop(&port->timer);
    if (list_is_linked(&port->next)) {
        list_remove(&port->next);
    }
    if (port->device != NULL) {
        struct usb_device *device = port->device;
        port->device = NULL;
        device_remove(device);
    }
}

static void root_is_reset(struct usb_timer *timer) {
    struct port *port = LIST_CONTAINER(timer, struct port, timer);
    uint8_t speed = 0;
    bool enabled = usb_hc->port_enabled(port->number, &speed);
    port_reset_done(port, enabled, speed);
}

static void signal_reset_off(struct usb_timer *timer) {
    struct port *port = LIST_CONTAINER(timer, struct port, timer);
    usb_hc->port_reset(port->number, false);
    usb_timer_start(timer, ROOT_ENABLE_MS, root_is_reset);
}

static void reset_failed(struct usb_timer *timer) {
    port_reset_done(LIST_CONTAINER(timer, struct port, timer), false, 0);
}

static void reset(struct port *port) {
    port->state = PORT_RESETTING;
    port->attempts++;
    if (port->hub != NULL) {
        usb_timer_start(&port->timer, RESET_TIMEOUT_MS, reset_failed);
        hub_reset_port(port);
    } else {
        usb_hc->port_reset(port->number, true);
        usb_timer_start(&port->timer, USB_ROOT_RESET_MS, signal_reset_off);
    }
}

static void begin_next(void) {
    if (enumerating == NULL) {
        enumerating = LIST_POP_FRONT(&waiting, struct port, next);
        if (enumerating != NULL) {
            reset(enumerating);
        }
    }
}

static void is_stable(struct usb_timer *timer) {
    struct port *port = LIST_CONTAINER(timer, struct port, timer);
    port->state = PORT_WAITING;
    list_push_back(&waiting, &port->next);
    begin_next();
}

void port_connected(struct port *port, bool connected) {
    if (!connected && port->state != PORT_EMPTY) {
        if (port->state == PORT_RESETTING && port->hub == NULL) {
            usb_hc->port_reset(port->number, false);
        }
        port->state = PORT_EMPTY;
        forget_device(port);
        end_enumeration(port);
    } else if (connected && (port->state == PORT_EMPTY || port->state == PORT_DEBOUNCING)) {
        port->state = PORT_DEBOUNCING;
        port->attempts = 0;
        usb_timer_start(&port->timer, USB_DEBOUNCE_MS, is_stable);
    }
}

static void fail(struct port *port) {
    forget_device(port);
    if (port->attempts < ATTEMPTS_MAX) {
        reset(port);
        return;
    }
    char buf[32];
    WARN("the device on port %s doesn't answer as a USB device must: unplug it",
         path(port, buf, sizeof(buf)));
    port->state = PORT_FAILED;
    if (port->hub != NULL) {
        hub_disable_port(port);
    }
    end_enumeration(port);
}

static void ask_device(struct usb_timer *timer) {
    struct port *port = LIST_CONTAINER(timer, struct port, timer);
    port->state = PORT_ADDRESSING;
    error_t err = enumerate_start(port);
    if (IS_ERROR(err)) {
        fail(port);
    }
}

void port_reset_done(struct port *port, bool enabled, uint8_t speed) {
    if (port->state != PORT_RESETTING) {
        return;
    }
    if (!enabled) {
        fail(port);
        return;
    }
    port->state = PORT_RECOVERING;
    port->speed = speed;
    usb_timer_start(&port->timer, USB_RESET_RECOVERY_MS, ask_device);
}

void port_enumerated(struct port *port, error_t err) {
    if (IS_ERROR(err)) {
        fail(port);
        return;
    }
    port->state = PORT_USED;
    end_enumeration(port);
}

void port_init(struct port *port, struct usb_device *hub, uint8_t number) {
    bzero(port, sizeof(*port));
    port->hub = hub;
    port->number = number;
}

void port_close(struct port *port) {
    port_connected(port, false);
}

void ports_init(void) {
    list_init(&waiting);
    enumerating = NULL;
    for (uint8_t i = 0; i < ROOT_PORTS_MAX; i++) {
        port_init(&root_ports[i], NULL, (uint8_t) (i + 1));
    }
}

void usb_root_changed(unsigned port) {
    if (port >= 1 && port <= MIN(usb_hc->num_ports, ROOT_PORTS_MAX)) {
        // What is there now isn't what was there before.
        port_connected(&root_ports[port - 1], false);
        port_connected(&root_ports[port - 1], usb_hc->port_connected(port));
    }
}
