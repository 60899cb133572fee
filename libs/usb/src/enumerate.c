#include <message.h>
#include <resea/malloc.h>
#include <string.h>

#include "device.h"
#include "service.h"

/// What is asked first: the part of the device descriptor that says how long packets may be.
#define FIRST_LEN 8
/// Asking more often than that takes more than it brings.
#define PERIOD_MIN_MS 8
#define PERIOD_MAX_MS 256

list_t usb_devices;

static uint32_t last_id;
static bool used_addresses[USB_ADDRESS_MAX + 1];
static uint8_t last_address;

// ---- Devices ------------------------------------------------------------------------------------

struct usb_device *device_find(uint32_t id) {
    LIST_FOR_EACH (device, &usb_devices, struct usb_device, next) {
        if (device->id == id) {
            return device;
        }
    }
    return NULL;
}

/// Goes round, so that what is on its way to a device that was unplugged doesn't reach the next one.
static uint8_t alloc_address(void) {
    for (int i = 0; i < USB_ADDRESS_MAX; i++) {
        last_address = (uint8_t) (last_address % USB_ADDRESS_MAX + 1);
        if (!used_addresses[last_address]) {
            used_addresses[last_address] = true;
            return last_address;
        }
    }
    return 0;
}

/// Section 11.14.1: a full- or low-speed device's transactions are split from the last high-speed hub on.
static void find_translator(const struct usb_device *device, struct usb_endpoint *endpoint) {
    if (device->speed == USB_SPEED_HIGH) {
        return;
    }
    for (const struct port *port = device->port; port->hub != NULL; port = port->hub->port) {
        if (port->hub->speed == USB_SPEED_HIGH) {
            endpoint->hub_address = port->hub->address;
            endpoint->hub_port = port->number;
            return;
        }
    }
}

/// Section 9.6.6, bInterval.
static msec_t period(uint8_t speed, uint8_t interval) {
    unsigned ms = interval;
    if (speed == USB_SPEED_HIGH) {
        unsigned exponent = MIN(MAX(interval, 1), 16) - 1u;
        ms = (1u << exponent) / 8;
    }
    return (msec_t) MIN(MAX(ms, PERIOD_MIN_MS), PERIOD_MAX_MS);
}

void device_endpoint(struct usb_device *device, const struct usb_endpoint_info *info,
                     struct usb_endpoint *endpoint) {
    bool in = (info->address & USB_DIR_IN) != 0;
    *endpoint = (struct usb_endpoint){
        .address = device->address,
        .number = info->address & 0x0f,
        .in = in,
        .type = info->type,
        .speed = device->speed,
        .packets = info->packets,
        .max_packet = info->max_packet,
        .period = period(device->speed, info->interval),
        .toggles = in ? &device->toggles_in : &device->toggles_out,
    };
    find_translator(device, endpoint);
}

const struct usb_interface_info *device_interface(struct usb_device *device, uint8_t number) {
    if (device->config == NULL) {
        return NULL;
    }
    return usb_find_interface(device->config, number, device->alternates[number]);
}

bool device_is_hub(const struct usb_device *device) {
    return device->info.class == USB_CLASS_HUB;
}

static struct usb_device *create(struct port *port) {
    struct usb_device *device = malloc(sizeof(*device));
    if (device == NULL) {
        return NULL;
    }
    bzero(device, sizeof(*device));
    device->id = ++last_id;
    device->port = port;
    device->speed = port->speed;
    device->tier = (port->hub != NULL) ? (uint8_t) (port->hub->tier + 1) : 0;
    // Until the device tells: section 5.5.3. One of full speed that sends 8 bytes at a time has then sent all
    // that is asked for.
    device->control = (struct usb_endpoint){
        .type = USB_TRANSFER_TYPE_CONTROL,
        .speed = port->speed,
        .packets = 1,
        .max_packet = (port->speed == USB_SPEED_LOW) ? 8 : 64,
        .toggles = &device->toggles_in,
    };
    find_translator(device, &device->control);
    list_init(&device->claims);
    list_push_back(&usb_devices, &device->next);
    if (IS_ERROR(control_init(device))) {
        device_remove(device);
        return NULL;
    }
    return device;
}

void device_remove(struct usb_device *device) {
    usb_timer_stop(&device->timer);
    service_device_gone(device);
    hub_stop(device);
    list_remove(&device->next);
    control_close(device);
    used_addresses[device->address] = false;
    for (int i = 0; i < device->num_configs; i++) {
        free(device->configs[i]);
    }
    free(device);
}

// ---- Configurations -----------------------------------------------------------------------------

struct configuring {
    struct usb_device *device;
    struct usb_configuration *config;
    void (*done)(struct usb_device *device, error_t err);
};

static void configured(void *context, error_t status, const uint8_t *data __unused,
                       uint32_t actual __unused) {
    struct configuring *configuring = context;
    if (status != ERR_NOT_FOUND) {
        struct usb_device *device = configuring->device;
        device->configuring = false;
        if (IS_OK(status)) {
            // Section 9.1.1.5: all data toggles and alternate settings begin anew.
            device->config = configuring->config;
            device->toggles_in = device->toggles_out = 0;
            bzero(device->alternates, sizeof(device->alternates));
        }
        configuring->done(device, status);
    }
    free(configuring);
}

error_t device_configure(struct usb_device *device, struct usb_configuration *config,
                         void (*done)(struct usb_device *device, error_t err)) {
    struct configuring *configuring = malloc(sizeof(*configuring));
    if (configuring == NULL) {
        return ERR_NO_MEMORY;
    }
    *configuring = (struct configuring){.device = device, .config = config, .done = done};
    struct setup setup = {.request = USB_SET_CONFIGURATION, .value = config->value};
    error_t err = control_request(device, &setup, NULL, configured, configuring);
    if (IS_ERROR(err)) {
        free(configuring);
        return err;
    }
    device->configuring = true;
    return OK;
}

// ---- Enumeration --------------------------------------------------------------------------------

static void read_configuration(struct usb_device *device);

static void fail(struct usb_device *device, error_t err) {
    port_enumerated(device->port, err);
}

static void ask(struct usb_device *device, unsigned type, int index, size_t length,
                void (*done)(void *, error_t, const uint8_t *, uint32_t)) {
    struct setup setup = {
        .type = USB_DIR_IN,
        .request = USB_GET_DESCRIPTOR,
        .value = (uint16_t) (type << 8 | (unsigned) index),
        .length = (uint16_t) length,
    };
    error_t err = control_request(device, &setup, NULL, done, device);
    if (IS_ERROR(err)) {
        fail(device, err);
    }
}

static void is_set_up(struct usb_device *device, error_t err) {
    if (IS_ERROR(err)) {
        fail(device, err);
        return;
    }
    port_enumerated(device->port, OK);
    if (device_is_hub(device)) {
        hub_start(device);
    } else {
        service_offer(device);
    }
}

static void next_configuration(struct usb_device *device) {
    device->reading++;
    if (device->reading < MIN(device->info.num_configurations, USB_CONFIGURATIONS_MAX)) {
        read_configuration(device);
        return;
    }
    if (device->num_configs == 0) {
        fail(device, ERR_NOT_ACCEPTABLE);
        return;
    }
    error_t err = device_configure(device, service_choose(device), is_set_up);
    if (IS_ERROR(err)) {
        fail(device, err);
    }
}

static void got_configuration(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    if (status == ERR_NOT_FOUND) {
        return;
    }
    struct usb_device *device = context;
    if (IS_OK(status)) {
        status = usb_parse_configuration(data, actual, &device->configs[device->num_configs]);
    }
    if (IS_OK(status)) {
        device->num_configs++;
    }
    next_configuration(device);
}

static void got_configuration_size(void *context, error_t status, const uint8_t *data,
                                   uint32_t actual) {
    if (status == ERR_NOT_FOUND) {
        return;
    }
    struct usb_device *device = context;
    size_t size = 0;
    if (IS_OK(status)) {
        status = usb_parse_configuration_size(data, actual, &size);
    }
    if (IS_ERROR(status)) {
        next_configuration(device);
        return;
    }
    ask(device, USB_DESC_CONFIGURATION, device->reading, size, got_configuration);
}

static void read_configuration(struct usb_device *device) {
    ask(device, USB_DESC_CONFIGURATION, device->reading, USB_CONFIGURATION_LEN,
        got_configuration_size);
}

static void got_device(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    if (status == ERR_NOT_FOUND) {
        return;
    }
    struct usb_device *device = context;
    if (IS_OK(status)) {
        status = usb_parse_device(data, actual, &device->info);
    }
    if (IS_ERROR(status)) {
        fail(device, status);
        return;
    }
    device->reading = -1;
    next_configuration(device);
}

static void address_is_stable(struct usb_timer *timer) {
    struct usb_device *device = LIST_CONTAINER(timer, struct usb_device, timer);
    ask(device, USB_DESC_DEVICE, 0, USB_DEVICE_LEN, got_device);
}

static void address_set(void *context, error_t status, const uint8_t *data __unused,
                        uint32_t actual __unused) {
    if (status == ERR_NOT_FOUND) {
        return;
    }
    struct usb_device *device = context;
    if (IS_ERROR(status)) {
        fail(device, status);
        return;
    }
    device->control.address = device->address;
    usb_timer_start(&device->timer, USB_ADDRESS_RECOVERY_MS, address_is_stable);
}

/// Section 9.6.1: what bMaxPacketSize0 may be, by speed.
static bool is_packet_size(uint8_t speed, uint8_t size) {
    switch (speed) {
    case USB_SPEED_LOW:
        return size == 8;
    case USB_SPEED_FULL:
        return size == 8 || size == 16 || size == 32 || size == 64;
    default:
        return size == 64;
    }
}

static void got_packet_size(void *context, error_t status, const uint8_t *data, uint32_t actual) {
    if (status == ERR_NOT_FOUND) {
        return;
    }
    struct usb_device *device = context;
    if (IS_OK(status) && (actual < FIRST_LEN || !is_packet_size(device->speed, data[7]))) {
        status = ERR_NOT_ACCEPTABLE;
    }
    if (IS_OK(status)) {
        device->control.max_packet = data[7];
        device->address = alloc_address();
        status = (device->address != 0) ? OK : ERR_NO_MEMORY;
    }
    struct setup setup = {.request = USB_SET_ADDRESS, .value = device->address};
    if (IS_OK(status)) {
        status = control_request(device, &setup, NULL, address_set, device);
    }
    if (IS_ERROR(status)) {
        fail(device, status);
    }
}

error_t enumerate_start(struct port *port) {
    struct usb_device *device = create(port);
    if (device == NULL) {
        return ERR_NO_MEMORY;
    }
    port->device = device;
    struct setup setup = {
        .type = USB_DIR_IN,
        .request = USB_GET_DESCRIPTOR,
        .value = USB_DESC_DEVICE << 8,
        .length = FIRST_LEN,
    };
    return control_request(device, &setup, NULL, got_packet_size, device);
}

void usb_bus_init(const struct usb_hc *hc) {
    usb_hc = hc;
    list_init(&usb_devices);
    bzero(used_addresses, sizeof(used_addresses));
    last_address = 0;
    usb_timers_init();
    ports_init();
    service_init();
    for (unsigned port = 1; port <= hc->num_ports; port++) {
        usb_root_changed(port);
    }
}
