#include "sim.h"

#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/timer.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define EVENTS_MAX 64

struct sim sim;

static struct message events[EVENTS_MAX];
static unsigned num_events, next_event;
static task_t exited;

// ---- The adapter --------------------------------------------------------------------------------

static error_t endpoint(struct message *m) {
    static const struct usb_endpoint_reply_fields status = {USB_TRANSFER_TYPE_INTERRUPT,
                                                            SIM_STATUS_PIPE & 0xff, 16, 32};
    const struct usb_endpoint_reply_fields bulk[] = {
        {USB_TRANSFER_TYPE_BULK, SIM_IN_PIPE & 0xff, sim.max_packet, 0},
        {USB_TRANSFER_TYPE_BULK, SIM_OUT_PIPE & 0xff, sim.max_packet, 0}};
    unsigned index = m->usb_endpoint.index;
    bool has_bulk = sim.has_bulk && (sim.is_smsc || m->usb_endpoint.handle == SIM_DATA);
    bool has_status = m->usb_endpoint.handle == SIM_CONTROL;
    m->type = USB_ENDPOINT_REPLY_MSG;
    if (has_bulk && index < 2) {
        m->usb_endpoint_reply = bulk[index];
        return OK;
    }
    if (has_status && index == (has_bulk ? 2 : 0)) {
        m->usb_endpoint_reply = status;
        return OK;
    }
    return ERR_END;
}

static void write_register(uint16_t reg, uint32_t value) {
    uint32_t *word = &sim.registers[reg / 4];
    *word = value;
    if (reg == sim.phy_access) {
        TEST_EXPECT_EQ(value >> 11, 1);
        uint16_t *phy = &sim.phy[value >> 6 & 31];
        uint32_t *data = word + 1;
        if (value & 2) {
            *phy = (uint16_t) *data;
        } else {
            *data = *phy;
        }
        *word &= sim.stuck ? UINT32_MAX : ~1u;
    }
    // The resets.
    uint16_t config = (sim.phy_access == 0x114) ? 0x14 : 0x10;
    uint16_t power = (sim.phy_access == 0x114) ? 0x20 : 0x14;
    if (reg == config && !sim.stuck) {
        *word &= (config == 0x14) ? ~8u : ~2u;
    } else if (reg == power && !sim.stuck) {
        *word &= ~0x10u;
    }
}

static error_t control_out(struct message *m) {
    const struct usb_control_out_fields *fields = &m->usb_control_out;
    TEST_EXPECT_EQ(fields->handle, SIM_CONTROL);
    m->type = USB_CONTROL_OUT_REPLY_MSG;
    if (sim.is_smsc) {
        TEST_EXPECT_EQ(fields->request_type, 0x40);
        TEST_EXPECT_EQ(fields->request, 0xa0);
        TEST_EXPECT_LT(fields->index, SIM_REGISTERS);
        TEST_EXPECT_EQ(fields->data_len, 4);
        write_register(fields->index, read_le32(fields->data));
        return OK;
    }
    TEST_EXPECT_EQ(fields->request_type, 0x21);
    TEST_EXPECT_EQ(fields->request, 0x43);
    TEST_EXPECT_EQ(fields->index, 0);
    sim.filter = fields->value;
    return sim.filter_error;
}

static void give(struct message *m, const void *data, size_t len) {
    m->ool_ptr = NULL;
    m->ool_len = len;
    if (len > 0) {
        m->ool_ptr = malloc(len);
        memcpy(m->ool_ptr, data, len);
    }
}

static error_t control_in(struct message *m) {
    const struct usb_control_in_fields fields = m->usb_control_in;
    TEST_EXPECT_EQ(fields.handle, SIM_CONTROL);
    m->type = USB_CONTROL_IN_REPLY_MSG;
    if (sim.is_smsc) {
        uint8_t data[4];
        TEST_EXPECT_EQ(fields.request_type, 0xc0);
        TEST_EXPECT_EQ(fields.request, 0xa1);
        TEST_EXPECT_LT(fields.index, SIM_REGISTERS);
        write_le32(data, sim.registers[fields.index / 4]);
        give(m, data, MIN(fields.length, sizeof(data)));
        return OK;
    }
    TEST_EXPECT_EQ(fields.request_type, 0x80);
    TEST_EXPECT_EQ(fields.request, 6);
    TEST_EXPECT_EQ(fields.value, 0x0303);
    TEST_EXPECT_EQ(fields.index, 0x0409);
    give(m, sim.string, MIN(fields.length, sim.string_len));
    return OK;
}

// ---- The server ---------------------------------------------------------------------------------

static error_t open_pipe(struct message *m) {
    TEST_EXPECT_LE(m->usb_open.size, USB_TRANSFER_MAX);
    TEST_EXPECT_LE(m->usb_open.count, USB_BUFFERS_MAX);
    m->usb_open_reply.pipe = 0x100 | m->usb_open.endpoint;
    m->usb_open_reply.max_packet = sim.max_packet;
    m->type = USB_OPEN_REPLY_MSG;
    sim.num_opened++;
    return OK;
}

static error_t write(struct message *m) {
    TEST_EXPECT_EQ(m->usb_write.pipe, SIM_OUT_PIPE);
    TEST_EXPECT(!m->usb_write.wait);
    TEST_EXPECT_LT(sim.num_sent, SIM_SENT_MAX);
    error_t err = sim.write_error;
    sim.write_error = OK;
    if (IS_OK(err)) {
        struct sim_frame *frame = &sim.sent[sim.num_sent++];
        frame->len = m->usb_write.data_len;
        TEST_EXPECT_LE(frame->len, sizeof(frame->data));
        if (frame->len > 0) {
            memcpy(frame->data, m->usb_write.data, frame->len);
        }
    }
    m->type = USB_WRITE_REPLY_MSG;
    return err;
}

static error_t set_alternate(struct message *m) {
    TEST_EXPECT_EQ(m->usb_set_alternate.handle, SIM_DATA);
    TEST_EXPECT_LT(sim.num_alternates, sizeof(sim.alternates));
    sim.alternates[sim.num_alternates++] = m->usb_set_alternate.alternate;
    m->type = USB_SET_ALTERNATE_REPLY_MSG;
    return sim.alternate_error;
}

static error_t call_usb(struct message *m) {
    switch (m->type) {
    case USB_MATCH_MSG:
        sim.num_matches++;
        m->type = USB_MATCH_REPLY_MSG;
        return OK;
    case USB_DETACH_MSG:
        sim.num_detached++;
        m->type = USB_DETACH_REPLY_MSG;
        return OK;
    case USB_LISTEN_MSG:
        sim.num_listened++;
        m->type = USB_LISTEN_REPLY_MSG;
        return OK;
    case USB_CLEAR_HALT_MSG:
        sim.num_cleared++;
        m->type = USB_CLEAR_HALT_REPLY_MSG;
        return OK;
    case USB_CLAIM_MSG:
        TEST_EXPECT_EQ(m->usb_claim.interface, 1);
        m->usb_claim_reply.handle = SIM_DATA;
        m->type = USB_CLAIM_REPLY_MSG;
        return OK;
    case USB_CONFIGURATION_MSG:
        m->type = USB_CONFIGURATION_REPLY_MSG;
        give(m, sim.config, sim.config_len);
        return OK;
    case USB_ENDPOINT_MSG:
        return endpoint(m);
    case USB_OPEN_MSG:
        return open_pipe(m);
    case USB_WRITE_MSG:
        return write(m);
    case USB_SET_ALTERNATE_MSG:
        return set_alternate(m);
    case USB_CONTROL_OUT_MSG:
        return control_out(m);
    default:
        TEST_EXPECT_EQ(m->type, USB_CONTROL_IN_MSG);
        return control_in(m);
    }
}

error_t ipc_call(task_t dst, struct message *m) {
    if (dst == SIM_USB) {
        return call_usb(m);
    }
    if (dst == INIT_TASK) {
        TEST_EXPECT_EQ(m->type, TASK_WATCH_MSG);
        m->type = TASK_WATCH_REPLY_MSG;
        return OK;
    }
    TEST_EXPECT_EQ(dst, SIM_MAILBOX);
    TEST_EXPECT_EQ(m->type, MAILBOX_BOARD_MSG);
    m->type = MAILBOX_BOARD_REPLY_MSG;
    memcpy(m->mailbox_board_reply.macaddr, sim.firmware_mac, 6);
    return OK;
}

task_t ipc_lookup(const char *name) {
    return strcmp(name, "usb") == 0 ? SIM_USB : SIM_MAILBOX;
}

error_t async_recv(task_t src, struct message *m) {
    if (src == INIT_TASK) {
        m->type = TASK_EXITED_MSG;
        m->task_exited.task = exited;
        bool any = exited != 0;
        exited = 0;
        return any ? OK : ERR_EMPTY;
    }
    TEST_EXPECT_EQ(src, SIM_USB);
    if (next_event == num_events) {
        return ERR_EMPTY;
    }
    *m = events[next_event++];
    bool more = next_event < num_events;
    if (m->type == USB_ATTACHED_MSG) {
        m->usb_attached.more = more;
    } else if (m->type == USB_DETACHED_MSG) {
        m->usb_detached.more = more;
    } else {
        m->usb_received.more = more;
    }
    return OK;
}

void timer_sleep(msec_t timeout __unused) {}

void discard_unknown_message(struct message *m) {
    TEST_EXPECT_EQ(m->type, 0);
}

// ---- What tests do ------------------------------------------------------------------------------

void sim_begin(void) {
    while (next_event < num_events) {
        if (events[next_event++].type == USB_RECEIVED_MSG) {
            free((void *) events[next_event - 1].usb_received.data);
        }
    }
    num_events = next_event = 0;
    exited = 0;
    sim = (struct sim){.max_packet = 64, .has_bulk = true, .firmware_mac = {2, 3, 4, 5, 6, 7}};
}

void sim_be_ecm(void) {
    static const uint8_t config[] = {
        9,  2,    80,   0,    2,  1,  7,  0xc0, 0x32,                  // configuration 1
        9,  4,    0,    0,    1,  2,  6,  0,    5,                     // interface 0: communication
        5,  0x24, 0,    0x10, 1,                                       // header
        5,  0x24, 6,    0,    1,                                       // union: 0 controls 1
        13, 0x24, 0x0f, 3,    0,  0,  0,  0,    0xea, 5,    0, 0,  0,  // Ethernet: string 3, 1514 bytes
        7,  5,    0x81, 3,    16, 0,  32,                              // interrupt
        9,  4,    1,    0,    0,  10, 0,  0,    0,  // interface 1: data, without endpoints
        9,  4,    1,    1,    2,  10, 0,  0,    0,  // and with them
        7,  5,    0x82, 2,    64, 0,  0,  7,    5,    0x03, 2, 64, 0, 0,
    };
    memcpy(sim.config, config, sizeof(config));
    sim.config_len = sizeof(config);
    sim.string[0] = 26;
    sim.string[1] = 3;
    for (unsigned i = 0; i < 12; i++) {
        sim.string[2 + 2 * i] = (uint8_t) "525400aBCdEf"[i];
    }
    sim.string_len = 26;
}

void sim_be_smsc(uint16_t phy_access) {
    sim.is_smsc = true;
    sim.phy_access = phy_access;
    sim.max_packet = 512;
    sim.phy[1] = 0x782d;
    sim.phy[5] = 0x41e1;
}

void sim_attach(handle_t handle, const struct chip *chip) {
    struct message *m = &events[num_events++];
    *m = (struct message){.type = USB_ATTACHED_MSG};
    m->usb_attached = (struct usb_attached_fields){
        .handle = handle,
        .class = (uint8_t) chip->class,
        .subclass = (uint8_t) chip->subclass,
        .vendor_id = (uint16_t) chip->vendor_id,
        .product_id = (uint16_t) chip->product_id,
    };
}

void sim_detach(handle_t handle) {
    struct message *m = &events[num_events++];
    *m = (struct message){.type = USB_DETACHED_MSG};
    m->usb_detached.handle = handle;
}

void sim_receive(handle_t pipe, error_t status, const void *data, size_t len) {
    TEST_EXPECT_LT(num_events, EVENTS_MAX);
    struct message *m = &events[num_events++];
    *m = (struct message){.type = USB_RECEIVED_MSG};
    give(m, data, len);
    m->usb_received.pipe = pipe;
    m->usb_received.status = status;
}

void sim_exit(task_t task) {
    exited = task;
}

bool sim_is_idle(void) {
    return next_event == num_events;
}

error_t sim_open(struct adapter *adapter, const struct chip *chip) {
    const struct usb_attached_fields attached = {
        .handle = SIM_CONTROL,
        .class = (uint8_t) chip->class,
        .subclass = (uint8_t) chip->subclass,
        .vendor_id = (uint16_t) chip->vendor_id,
        .product_id = (uint16_t) chip->product_id,
    };
    return adapter_open(adapter, SIM_USB, &attached);
}
