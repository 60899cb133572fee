#include "sim.h"

#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

static struct sim_device *root;
static bool root_reset, root_enabled;
static uint64_t now;
static list_t pending;
static struct usb_endpoint endpoints[USB_ADDRESS_MAX + 1];

// ---- Memory, time -------------------------------------------------------------------------------

struct dma {
    size_t len;
    uint8_t *buf;
};

static size_t dma_bytes;

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    struct dma *dma = malloc(sizeof(*dma));
    *dma = (struct dma){len, malloc(len)};
    memset(dma->buf, 0, len);
    dma_bytes += len;
    return dma;
}

void dma_free(dma_t dma) {
    if (dma != NULL) {
        dma_bytes -= dma->len;
        free(dma->buf);
        free(dma);
    }
}

uint8_t *dma_buf(dma_t dma) {
    return dma->buf;
}

void dma_flush_read(dma_t dma __unused) {}

void dma_flush_write(dma_t dma __unused) {}

size_t sim_dma(void) {
    return dma_bytes;
}

error_t timer_set(msec_t timeout) {
    TEST_EXPECT_GT(timeout, 0);
    return OK;
}

uint64_t timer_uptime(void) {
    return now;
}

// ---- Drivers ------------------------------------------------------------------------------------

static struct message answers[SIM_TASKS];
static bool answered[SIM_TASKS];
static uint8_t *payloads[SIM_TASKS];
static int notifications[SIM_TASKS];

error_t ipc_notify(task_t dst, notifications_t what) {
    TEST_EXPECT_EQ(what, NOTIFY_ASYNC);
    notifications[dst]++;
    return OK;
}

void ipc_reply(task_t dst, struct message *m) {
    answers[dst] = *m;
    answered[dst] = true;
    free(payloads[dst]);
    payloads[dst] = NULL;
    if (m->type > 0 && (m->type & MSG_OOL)) {
        bool is_str = m->type == USB_TEXT_REPLY_MSG;
        size_t len = is_str ? strlen(m->ool_ptr) + 1 : m->ool_len;
        payloads[dst] = malloc(len + 1);
        memcpy(payloads[dst], m->ool_ptr, len);
        answers[dst].ool_ptr = payloads[dst];
        answers[dst].ool_len = len;
    }
}

void ipc_reply_err(task_t dst, error_t error) {
    answers[dst].type = error;
    answered[dst] = true;
}

error_t ipc_call(task_t dst, struct message *m) {
    TEST_EXPECT_EQ(dst, INIT_TASK);
    TEST_EXPECT_EQ(m->type, TASK_WATCH_MSG);
    m->type = TASK_WATCH_REPLY_MSG;
    return OK;
}

int sim_answer(task_t task, struct message *m) {
    if (!answered[task]) {
        return DONT_REPLY;
    }
    answered[task] = false;
    *m = answers[task];
    return m->type;
}

int sim_call(task_t task, struct message *m) {
    m->src = task;
    answered[task] = false;
    // What is received has been malloc'ed.
    if (m->type & MSG_OOL) {
        void *copy = malloc(m->ool_len + 1);
        memcpy(copy, m->ool_ptr, m->ool_len);
        m->ool_ptr = copy;
    }
    TEST_EXPECT(usb_service_dispatch(m));
    return sim_answer(task, m);
}

int sim_pull(task_t task, struct message *m) {
    m->type = ASYNC_MSG;
    m->src = task;
    answered[task] = false;
    usb_service_pull(m);
    return sim_answer(task, m);
}

int sim_notified(task_t task) {
    int times = notifications[task];
    notifications[task] = 0;
    return times;
}

void sim_match(task_t task, int class) {
    struct message m = {.type = USB_MATCH_MSG, .usb_match = {class, -1, -1, -1, -1}};
    TEST_EXPECT_EQ(sim_call(task, &m), USB_MATCH_REPLY_MSG);
}

struct usb_device_reply_fields sim_device_at(unsigned index) {
    struct message m = {.type = USB_DEVICE_MSG, .usb_device = {.index = index}};
    TEST_EXPECT_EQ(sim_call(7, &m), USB_DEVICE_REPLY_MSG);
    return m.usb_device_reply;
}

int sim_num_devices(void) {
    for (unsigned i = 0;; i++) {
        struct message m = {.type = USB_DEVICE_MSG, .usb_device = {.index = i}};
        if (sim_call(7, &m) == ERR_END) {
            return (int) i;
        }
    }
}

// ---- Devices ------------------------------------------------------------------------------------

static struct sim_device *find_below(struct sim_device *device, uint8_t address) {
    if (device == NULL) {
        return NULL;
    }
    struct sim_device *found = (device->address == address) ? device : NULL;
    for (unsigned i = 0; i < device->num_ports; i++) {
        if (device->status[i + 1] & HUB_PORT_ENABLE) {
            struct sim_device *below = find_below(device->ports[i], address);
            // Two devices with one address would both answer.
            TEST_EXPECT(found == NULL || below == NULL);
            found = (below != NULL) ? below : found;
        }
    }
    return found;
}

static void be_reset(struct sim_device *device) {
    device->address = 0;
    device->configuration = 0;
    device->num_resets++;
    device->halted = false;
    for (unsigned i = 0; i < device->num_ports; i++) {
        device->status[i + 1] = device->changes[i + 1] = 0;
    }
}

static void update_port(struct sim_device *hub, unsigned port) {
    struct sim_device *device = hub->ports[port - 1];
    hub->status[port] &= HUB_PORT_RESET | 1u << 8;
    if (device != NULL && (hub->status[port] & 1u << 8)) {
        hub->status[port] |= HUB_PORT_CONNECTION;
        hub->status[port] |= (device->speed == USB_SPEED_LOW)    ? HUB_PORT_LOW_SPEED
                             : (device->speed == USB_SPEED_HIGH) ? HUB_PORT_HIGH_SPEED
                                                                 : 0;
    }
}

void sim_plug(struct sim_device *hub, unsigned port, struct sim_device *device) {
    if (hub == NULL) {
        root = device;
        root_enabled = false;
        usb_root_changed(1);
        return;
    }
    hub->ports[port - 1] = device;
    update_port(hub, port);
    hub->changes[port] |= HUB_PORT_CONNECTION;
}

static int hub_request(struct sim_device *hub, const uint8_t *setup, uint8_t *data) {
    unsigned value = setup[2], port = setup[4];
    if (setup[0] == 0xa0 && setup[1] == USB_GET_DESCRIPTOR) {
        uint8_t desc[] = {9, USB_DESC_HUB, (uint8_t) hub->num_ports, 0, 0, 50, 0, 0, 0};
        memcpy(data, desc, sizeof(desc));
        return sizeof(desc);
    }
    if (port < 1 || port > hub->num_ports) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (setup[1] == USB_GET_STATUS) {
        memcpy(data, (uint16_t[]){hub->status[port], hub->changes[port]}, 4);
        return 4;
    }
    if (setup[1] == USB_CLEAR_FEATURE && value >= HUB_FEATURE_C_CONNECTION) {
        hub->changes[port] &= (uint16_t) ~(1u << (value - HUB_FEATURE_C_CONNECTION));
    } else if (setup[1] == USB_CLEAR_FEATURE && value == HUB_FEATURE_PORT_ENABLE) {
        hub->status[port] &= (uint16_t) ~HUB_PORT_ENABLE;
    } else if (setup[1] == USB_SET_FEATURE && value == HUB_FEATURE_PORT_POWER) {
        hub->status[port] |= 1u << 8;
        update_port(hub, port);
        hub->changes[port] |= (hub->ports[port - 1] != NULL) ? HUB_PORT_CONNECTION : 0;
    } else if (setup[1] == USB_SET_FEATURE && value == HUB_FEATURE_PORT_RESET) {
        if (hub->ports[port - 1] != NULL) {
            be_reset(hub->ports[port - 1]);
            hub->status[port] |= HUB_PORT_ENABLE;
            hub->changes[port] |= HUB_PORT_RESET;
        }
    } else {
        return ERR_NOT_ACCEPTABLE;
    }
    return 0;
}

static int describe(struct sim_device *device, const uint8_t *setup, uint8_t *data) {
    static const uint8_t string[] = {10, USB_DESC_STRING, 'a', 0, 0xe4, 0, 0xac, 0x20, 7, 0};
    const uint8_t *desc = string;
    size_t len = sizeof(string);
    if (setup[3] == USB_DESC_DEVICE) {
        desc = device->device;
        len = sizeof(device->device);
    } else if (setup[3] == USB_DESC_CONFIGURATION) {
        if (setup[2] >= device->num_configs) {
            return ERR_NOT_ACCEPTABLE;
        }
        desc = device->configs[setup[2]];
        len = device->config_lens[setup[2]];
    } else if (setup[3] != USB_DESC_STRING) {
        return ERR_NOT_ACCEPTABLE;
    }
    len = MIN(len, (size_t) (setup[6] | setup[7] << 8));
    len = (len > 18 && device->short_by > 0) ? len - (size_t) device->short_by : len;
    memcpy(data, desc, len);
    return (int) len;
}

static int control(struct sim_device *device, const uint8_t *setup, uint8_t *data) {
    if ((setup[0] & USB_TYPE_MASK) == USB_TYPE_CLASS && device->num_ports > 0) {
        return hub_request(device, setup, data);
    }
    if (setup[0] & USB_TYPE_CLASS) {
        return (setup[0] & USB_DIR_IN) ? MIN(setup[6], 3) : 0;
    }
    switch (setup[1]) {
    case USB_SET_ADDRESS:
        TEST_EXPECT_EQ(device->address, 0);
        device->address = setup[2];
        return 0;
    case USB_SET_CONFIGURATION:
        device->configuration = setup[2];
        return 0;
    case USB_SET_INTERFACE:
        device->alternate = setup[2];
        return 0;
    case USB_CLEAR_FEATURE:
        device->halted = false;
        return 0;
    case USB_GET_DESCRIPTOR:
        return describe(device, setup, data);
    default:
        return ERR_NOT_ACCEPTABLE;
    }
}

/// What a hub's status pipe says.
static int hub_changes(struct sim_device *hub, uint8_t *data) {
    unsigned bits = 0;
    for (unsigned port = 1; port <= hub->num_ports; port++) {
        bits |= (hub->changes[port] != 0) ? 1u << port : 0;
    }
    data[0] = (uint8_t) bits;
    return (bits != 0) ? 1 : DONT_REPLY;
}

static int receive(struct sim_device *device, uint8_t *data, uint32_t length) {
    if (device->num_ports > 0) {
        return hub_changes(device, data);
    }
    if (device->num_packets == 0) {
        return DONT_REPLY;
    }
    size_t len = MIN(device->packet_lens[0], length);
    memcpy(data, device->packets[0], len);
    device->num_packets--;
    memmove(device->packets[0], device->packets[1], sizeof(device->packets) - SIM_PACKET_MAX);
    memmove(&device->packet_lens[0], &device->packet_lens[1],
            sizeof(device->packet_lens) - sizeof(size_t));
    return (int) len;
}

/// Bytes moved, an error, or DONT_REPLY: not yet.
static int serve(struct usb_transfer *transfer) {
    const struct usb_endpoint *endpoint = transfer->endpoint;
    struct sim_device *device = root_enabled ? find_below(root, endpoint->address) : NULL;
    uint8_t *buf = dma_buf(transfer->dma);
    if (device == NULL) {
        return ERR_IO;
    }
    endpoints[endpoint->address] = *endpoint;
    if (device->silent) {
        return DONT_REPLY;
    }
    if (endpoint->number == 0) {
        return control(device, buf, &buf[USB_CONTROL_DATA]);
    }
    if (device->halted) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (endpoint->in) {
        return receive(device, buf, transfer->length);
    }
    if (device->deaf) {
        return DONT_REPLY;
    }
    device->written_len = transfer->length;
    device->num_written++;
    memcpy(device->written, buf, MIN(transfer->length, SIM_PACKET_MAX));
    return (int) transfer->length;
}

// ---- The controller -----------------------------------------------------------------------------

static list_elem_t *link_of(struct usb_transfer *transfer) {
    return (list_elem_t *) transfer->hc;
}

static void start(struct usb_transfer *transfer) {
    list_push_back(&pending, link_of(transfer));
}

static void cancel(struct usb_transfer *transfer) {
    list_remove(link_of(transfer));
}

static bool port_connected(unsigned port) {
    TEST_EXPECT_EQ(port, 1);
    return root != NULL;
}

static void port_reset(unsigned port __unused, bool on) {
    if (!on && root_reset && root != NULL) {
        be_reset(root);
        root_enabled = true;
    }
    root_reset = on;
}

static bool port_enabled(unsigned port __unused, uint8_t *speed) {
    TEST_EXPECT(!root_reset);
    *speed = (root != NULL) ? root->speed : 0;
    return root_enabled;
}

static const struct usb_hc hc = {1, port_connected, port_reset, port_enabled, start, cancel};

/// Whether a transfer has ended.
static bool step(void) {
    for (list_elem_t *elem = pending.next; elem != &pending; elem = elem->next) {
        struct usb_transfer *transfer = LIST_CONTAINER(elem, struct usb_transfer, hc);
        int result = serve(transfer);
        if (result != DONT_REPLY) {
            list_remove(elem);
            usb_complete(transfer, IS_ERROR(result) ? result : OK, (uint32_t) MAX(result, 0));
            return true;
        }
    }
    return false;
}

void sim_run(unsigned ms) {
    for (unsigned i = 0; i < ms; i++) {
        for (int steps = 0; steps < 64 && step(); steps++) {}
        now++;
        usb_timers_run();
        usb_timers_arm();
    }
}

void sim_init(void) {
    root = NULL;
    root_enabled = root_reset = false;
    list_init(&pending);
    bzero(notifications, sizeof(notifications));
    bzero(answered, sizeof(answered));
    usb_bus_init(&hc);
}

void sim_exit(void) {
    sim_plug(NULL, 1, NULL);
    TEST_EXPECT_EQ(sim_num_devices(), 0);
    for (task_t task = 1; task < SIM_TASKS; task++) {
        usb_service_exited(task);
        free(payloads[task]);
        payloads[task] = NULL;
    }
    TEST_EXPECT_EQ(dma_bytes, 0);
    TEST_EXPECT(list_is_empty(&pending));
}

struct usb_endpoint sim_endpoint(uint8_t address) {
    return endpoints[address];
}

// ---- What there is to be plugged in -------------------------------------------------------------

static struct sim_device make(uint8_t speed, uint8_t class, uint16_t product) {
    struct sim_device device = {
        .speed = speed,
        .device = {18, 1, 0, 2, class, 0, 0, (speed == USB_SPEED_LOW) ? 8 : 64, 0x34, 0x12,
                   (uint8_t) product, (uint8_t) (product >> 8), 0, 1, 1, 2, 0, 1},
        .num_configs = 1,
    };
    return device;
}

static void set_config(struct sim_device *device, int index, const uint8_t *config, size_t len) {
    memcpy(device->configs[index], config, len);
    device->config_lens[index] = len;
}

struct sim_device sim_keyboard(uint8_t speed) {
    static const uint8_t config[] = {9,    2,  34, 0, 1, 1,    0, 0xa0, 50,   9, 4, 0,
                                     0,    1,  3,  1, 1, 0,    9, 0x21, 0x11, 1, 0, 1,
                                     0x22, 65, 0,  7, 5, 0x81, 3, 8,    0,    10};
    struct sim_device device = make(speed, 0, 1);
    set_config(&device, 0, config, sizeof(config));
    return device;
}

struct sim_device sim_hub(uint8_t speed, unsigned ports) {
    static const uint8_t config[] = {9, 2, 25, 0, 1, 1, 0, 0xe0, 0, 9, 4, 0, 0,
                                     1, 9, 0,  0, 0, 7, 5, 0x81, 3, 1, 0, 12};
    struct sim_device device = make(speed, USB_CLASS_HUB, 2);
    device.num_ports = ports;
    set_config(&device, 0, config, sizeof(config));
    return device;
}

struct sim_device sim_gadget(void) {
    static const uint8_t first[] = {9, 2, 48, 0, 2, 1, 0, 0xc0, 0, 9, 4, 0, 0, 2, 10, 0, 0, 0, 7, 5,
                                    0x81, 2, 64, 0, 0, 7, 5, 0x02, 2, 64, 0, 0,
                                    // Interface 1, and another setting of it.
                                    8 + 1, 4, 1, 0, 0, 11, 0, 0, 0, 7, 0x24, 1, 2, 3, 4, 5};
    static const uint8_t second[] = {9, 2, 34, 0, 1, 2, 0,  0xc0, 0, 9, 4, 0, 0,    0, 20, 0, 0,
                                     0, 9, 4,  0, 1, 1, 20, 0,    0, 0, 7, 5, 0x83, 2, 64, 0, 0};
    struct sim_device device = make(USB_SPEED_FULL, 0, 3);
    device.device[17] = device.num_configs = 2;
    set_config(&device, 0, first, sizeof(first));
    device.configs[0][2] = sizeof(first);
    set_config(&device, 1, second, sizeof(second));
    return device;
}

void sim_send(struct sim_device *device, const void *data, size_t len) {
    TEST_EXPECT_LT(device->num_packets, SIM_PACKETS);
    memcpy(device->packets[device->num_packets], data, len);
    device->packet_lens[device->num_packets++] = len;
}
