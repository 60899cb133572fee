#include "../../../../../libs/driver/tests/fake_io.h"

#include <resea/timer.h>
#include <string.h>
#include <unittest.h>

#include "../dwc2.h"
#include "../registers.h"

// ---- The controller -----------------------------------------------------------------------------

static uint32_t regs[DWC2_LEN / 4];
static int num_enabled;
static bool halts = true;
static bool in_host_mode;

static uint32_t read_reg(offset_t offset) {
    switch (offset) {
    case GRSTCTL:
        return GRSTCTL_AHB_IDLE;
    case GINTSTS:
        return regs[offset / 4] | (in_host_mode ? GINT_HOST_MODE : 0);
    default:
        // Whoever waits for a channel that doesn't halt sees the time pass.
        fake_set_uptime(timer_uptime() + (halts ? 0 : 1));
        return regs[offset / 4];
    }
}

static void write_port(uint32_t value) {
    uint32_t old = regs[HPRT / 4];
    uint32_t cleared = old & value & HPRT_CLEARED_BY_1;
    regs[HPRT / 4] = (value & ~HPRT_CLEARED_BY_1) | ((old & HPRT_CLEARED_BY_1) & ~cleared);
}

static void write_channel(offset_t offset, uint32_t value) {
    switch (HCCHAR(0) + (offset & 0x1c)) {
    case HCINT(0):
        regs[offset / 4] &= ~value;
        break;
    case HCCHAR(0):
        regs[offset / 4] = value;
        if (value & HCCHAR_DISABLE) {
            regs[offset / 4] = halts ? 0 : value;
            regs[offset / 4 + 2] |= halts ? HCINT_HALTED : 0;
        } else if (value & HCCHAR_ENABLE) {
            num_enabled++;
        }
        break;
    default:
        regs[offset / 4] = value;
    }
}

static void write_reg(offset_t offset, uint32_t value) {
    if (offset == HPRT) {
        write_port(value);
    } else if (offset >= HCCHAR(0) && offset < HCCHAR(CHANNELS_MAX)) {
        write_channel(offset, value);
    } else if (offset == GINTSTS) {
        regs[offset / 4] &= ~value;
    } else {
        in_host_mode = in_host_mode || (offset == GUSBCFG && (value & GUSBCFG_FORCE_HOST));
        regs[offset / 4] = value;
    }
}

struct dma {
    uint8_t *buf;
};
static struct dma dmas[2];

dma_t dma_alloc(size_t len __unused, unsigned flags __unused) {
    return &dmas[0];
}

paddr_t dma_daddr(dma_t dma) {
    return (dma == &dmas[0]) ? 0x10000 : 0x20000;
}

// ---- The rest of the driver ---------------------------------------------------------------------

static int num_completed, num_root_changes;
static error_t last_status;
static uint32_t last_actual;
static uint16_t toggles;

void usb_complete(struct usb_transfer *transfer __unused, error_t status, uint32_t actual) {
    num_completed++;
    last_status = status;
    last_actual = actual;
}

void usb_root_changed(unsigned port) {
    TEST_EXPECT_EQ(port, 1);
    num_root_changes++;
}

static void start(void) {
    static const struct fake_device device = {DWC2_PADDR, DWC2_LEN, read_reg, write_reg};
    fake_io_reset();
    fake_io_add(&device);
    usb_timers_init();
    bzero(regs, sizeof(regs));
    regs[GSNPSID / 4] = 0x4f54280a;
    regs[GHWCFG2 / 4] = 7u << 14 | 2u << 3;
    in_host_mode = false;
    halts = true;
    TEST_EXPECT_EQ(dwc2_init(), OK);
    dwc2_start();
    num_enabled = num_completed = num_root_changes = 0;
    toggles = 0;
}

static struct usb_transfer make(struct usb_endpoint *endpoint, uint8_t type, bool in,
                                uint16_t max_packet, uint32_t length) {
    *endpoint = (struct usb_endpoint){
        .address = 5,
        .number = (type == USB_TRANSFER_TYPE_CONTROL) ? 0 : 2,
        .in = in,
        .type = type,
        .speed = USB_SPEED_HIGH,
        .packets = 1,
        .max_packet = max_packet,
        .period = 8,
        .toggles = &toggles,
    };
    return (struct usb_transfer){.endpoint = endpoint, .dma = &dmas[1], .in = in, .length = length};
}

static uint32_t reg(offset_t offset) {
    return regs[offset / 4];
}

/// A channel halts, with what is left to be moved.
static void halt(unsigned n, uint32_t reasons, uint32_t left_bytes, unsigned left_packets,
                 uint32_t pid) {
    regs[HCCHAR(n) / 4] &= ~HCCHAR_ENABLE;
    regs[HCINT(n) / 4] = reasons | HCINT_HALTED;
    regs[HCTSIZ(n) / 4] = left_bytes | HCTSIZ_SET_PACKETS(left_packets) | HCTSIZ_SET_PID(pid);
    channels_halted(1u << n);
}

static void advance(uint64_t ms) {
    fake_set_uptime(timer_uptime() + ms);
    usb_timers_run();
}

// ---- Tests --------------------------------------------------------------------------------------

TEST("the controller becomes a host with DMA, and its port has power") {
    start();
    TEST_EXPECT_EQ(reg(GAHBCFG), GAHBCFG_GLOBAL_INTR | GAHBCFG_DMA | GAHBCFG_WAIT_WRITES);
    TEST_EXPECT_EQ(reg(GINTMSK), GINT_PORT | GINT_CHANNELS | GINT_DISCONNECTED);
    TEST_EXPECT(reg(GUSBCFG) & GUSBCFG_FORCE_HOST);
    TEST_EXPECT(reg(HPRT) & HPRT_POWER);
    TEST_EXPECT_EQ(reg(HAINTMSK), 0xff);
    regs[GSNPSID / 4] = 0x12345678;
    TEST_EXPECT_EQ(dwc2_init(), ERR_NOT_FOUND);
    fake_io_reset();
    TEST_EXPECT_EQ(dwc2_init(), ERR_NOT_PERMITTED);
}

TEST("the port tells what is plugged in, and a write clears nothing by mistake") {
    start();
    regs[HPRT / 4] |= HPRT_CONNECTED | HPRT_CONNECT_CHANGE;
    regs[GINTSTS / 4] = GINT_PORT;
    dwc2_interrupt();
    TEST_EXPECT_EQ(num_root_changes, 1);
    TEST_EXPECT(!(reg(HPRT) & HPRT_CONNECT_CHANGE));
    dwc2_hc.port_reset(1, true);
    TEST_EXPECT(reg(HPRT) & HPRT_RESET);
    dwc2_hc.port_reset(1, false);
    // That it is enabled now is what was expected.
    regs[HPRT / 4] |= HPRT_ENABLED | HPRT_ENABLE_CHANGE | 1u << 17;
    dwc2_interrupt();
    TEST_EXPECT_EQ(num_root_changes, 1);
    TEST_EXPECT(reg(HPRT) & HPRT_ENABLED);
    uint8_t speed;
    TEST_EXPECT(dwc2_hc.port_enabled(1, &speed));
    TEST_EXPECT_EQ(speed, USB_SPEED_FULL);
    // That it no longer is isn't.
    regs[HPRT / 4] = (reg(HPRT) & ~HPRT_ENABLED) | HPRT_ENABLE_CHANGE;
    dwc2_interrupt();
    TEST_EXPECT_EQ(num_root_changes, 2);
}

TEST("a control transfer is a request, data and a status") {
    start();
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_CONTROL, true, 64, 18);
    channels_start(&transfer);
    TEST_EXPECT_EQ(reg(HCTSIZ(0)), 8 | HCTSIZ_SET_PACKETS(1) | HCTSIZ_SET_PID(PID_SETUP));
    TEST_EXPECT_EQ(reg(HCDMA(0)), 0x20000 | BUS_UNCACHED);
    TEST_EXPECT_EQ(reg(HCCHAR(0)), 64 | HCCHAR_PACKETS(1) | HCCHAR_ADDRESS(5) | HCCHAR_ENABLE);
    halt(0, HCINT_COMPLETE, 0, 0, PID_SETUP);
    TEST_EXPECT_EQ(reg(HCTSIZ(0)), 64 | HCTSIZ_SET_PACKETS(1) | HCTSIZ_SET_PID(PID_DATA1));
    TEST_EXPECT_EQ(reg(HCDMA(0)), (0x20000 + USB_CONTROL_DATA) | BUS_UNCACHED);
    TEST_EXPECT(reg(HCCHAR(0)) & HCCHAR_IN);
    halt(0, HCINT_COMPLETE, 64 - 18, 0, PID_DATA0);
    TEST_EXPECT_EQ(reg(HCTSIZ(0)), HCTSIZ_SET_PACKETS(1) | HCTSIZ_SET_PID(PID_DATA1));
    TEST_EXPECT(!(reg(HCCHAR(0)) & HCCHAR_IN));
    TEST_EXPECT_EQ(num_completed, 0);
    halt(0, HCINT_COMPLETE, 0, 0, PID_DATA0);
    TEST_EXPECT_EQ(num_completed, 1);
    TEST_EXPECT_EQ(last_status, OK);
    TEST_EXPECT_EQ(last_actual, 18);
    // The channel points nowhere.
    TEST_EXPECT_EQ(reg(HCDMA(0)), 0x10000 | BUS_UNCACHED);
    TEST_EXPECT_EQ(reg(HCINTMSK(0)), 0);
}

TEST("without data, the status comes from the device") {
    start();
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_CONTROL, false, 64, 0);
    channels_start(&transfer);
    halt(0, HCINT_COMPLETE, 0, 0, PID_SETUP);
    TEST_EXPECT(reg(HCCHAR(0)) & HCCHAR_IN);
    halt(0, HCINT_STALL, 0, 1, PID_DATA1);
    TEST_EXPECT_EQ(last_status, ERR_NOT_ACCEPTABLE);
}

TEST("a long transfer takes several runs, and keeps its toggle") {
    start();
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_BULK, true, 64, 32768);
    channels_start(&transfer);
    // Bulk transfers leave the first channels to others.
    TEST_EXPECT_EQ(reg(HCTSIZ(3)), 511 * 64 | HCTSIZ_SET_PACKETS(511));
    halt(3, HCINT_COMPLETE, 0, 0, PID_DATA1);
    TEST_EXPECT_EQ(reg(HCTSIZ(3)), 64 | HCTSIZ_SET_PACKETS(1) | HCTSIZ_SET_PID(PID_DATA1));
    TEST_EXPECT_EQ(reg(HCDMA(3)), (0x20000 + 511 * 64) | BUS_UNCACHED);
    halt(3, HCINT_COMPLETE, 60, 0, PID_DATA0);
    TEST_EXPECT_EQ(num_completed, 1);
    TEST_EXPECT_EQ(last_actual, 511 * 64 + 4);
    TEST_EXPECT_EQ(toggles, 0);
}

TEST("a transfer goes on after an error, and is given up after three in a row") {
    start();
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_BULK, false, 64, 256);
    channels_start(&transfer);
    halt(3, HCINT_ERROR, 0, 3, PID_DATA1);
    TEST_EXPECT_EQ(reg(HCTSIZ(3)), 192 | HCTSIZ_SET_PACKETS(3) | HCTSIZ_SET_PID(PID_DATA1));
    TEST_EXPECT_EQ(reg(HCDMA(3)), (0x20000 + 64) | BUS_UNCACHED);
    halt(3, HCINT_ERROR, 0, 3, PID_DATA1);
    TEST_EXPECT_EQ(num_completed, 0);
    halt(3, HCINT_ERROR, 0, 3, PID_DATA1);
    TEST_EXPECT_EQ(num_completed, 1);
    TEST_EXPECT_EQ(last_status, ERR_IO);
    TEST_EXPECT_EQ(last_actual, 64);
    // A controller that says more than was asked for isn't believed.
    channels_start(&transfer);
    halt(3, HCINT_COMPLETE, 0x7ffff, 1000, PID_DATA0);
    TEST_EXPECT_EQ(last_actual, 256);
}

TEST("an interrupt endpoint that has nothing to say is asked again after its period") {
    start();
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_INTERRUPT, true, 8, 8);
    channels_start(&transfer);
    TEST_EXPECT_EQ(num_enabled, 1);
    TEST_EXPECT(reg(HCCHAR(0)) & HCCHAR_ODD_FRAME);
    halt(0, HCINT_NAK, 8, 1, PID_DATA0);
    TEST_EXPECT_EQ(num_enabled, 1);
    TEST_EXPECT_EQ(reg(HCINTMSK(0)), 0);
    advance(7);
    TEST_EXPECT_EQ(num_enabled, 1);
    regs[HFNUM / 4] = 1;
    advance(1);
    TEST_EXPECT_EQ(num_enabled, 2);
    TEST_EXPECT(!(reg(HCCHAR(0)) & HCCHAR_ODD_FRAME));
    halt(0, HCINT_COMPLETE, 5, 0, PID_DATA1);
    TEST_EXPECT_EQ(last_actual, 3);
    TEST_EXPECT_EQ(toggles, 1u << 2);
    // Nor is one that has much to say asked more often.
    channels_start(&transfer);
    TEST_EXPECT_EQ(num_enabled, 2);
    advance(8);
    TEST_EXPECT_EQ(num_enabled, 3);
    channels_cancel(&transfer);
    TEST_EXPECT_EQ(num_completed, 1);
}

TEST("transfers wait for a channel, in order, and can be taken back") {
    start();
    struct usb_endpoint endpoints[7];
    struct usb_transfer transfers[7];
    for (int i = 0; i < 7; i++) {
        transfers[i] = make(&endpoints[i], USB_TRANSFER_TYPE_BULK, true, 512, 512);
        channels_start(&transfers[i]);
    }
    TEST_EXPECT_EQ(num_enabled, 5);
    channels_cancel(&transfers[5]);
    halt(4, HCINT_COMPLETE, 0, 0, PID_DATA1);
    TEST_EXPECT_EQ(num_enabled, 6);
    // Control transfers have room.
    struct usb_endpoint endpoint;
    struct usb_transfer transfer = make(&endpoint, USB_TRANSFER_TYPE_CONTROL, true, 64, 8);
    channels_start(&transfer);
    TEST_EXPECT_EQ(num_enabled, 7);
    channels_cancel(&transfers[1]);
    TEST_EXPECT_EQ(num_completed, 1);
}

TEST("a channel that doesn't halt isn't used before it has") {
    start();
    struct usb_endpoint endpoints[2];
    struct usb_transfer first = make(&endpoints[0], USB_TRANSFER_TYPE_BULK, true, 512, 512);
    struct usb_transfer second = make(&endpoints[1], USB_TRANSFER_TYPE_BULK, true, 512, 512);
    channels_start(&first);
    halts = false;
    channels_cancel(&first);
    channels_start(&second);
    TEST_EXPECT(reg(HCCHAR(4)) & HCCHAR_ENABLE);
    channels_cancel(&second);
    halts = true;
    halt(3, 0, 512, 1, PID_DATA0);
    channels_start(&second);
    TEST_EXPECT_EQ(num_enabled, 3);
    TEST_EXPECT_EQ(reg(HCINTMSK(3)), HCINT_HALTED);
    TEST_EXPECT_EQ(num_completed, 0);
    channels_cancel(&second);
}

static void start_split(struct usb_endpoint *endpoint, struct usb_transfer *transfer, uint8_t type,
                        bool in, uint32_t length) {
    start();
    *transfer = make(endpoint, type, in, 8, length);
    endpoint->speed = USB_SPEED_LOW;
    endpoint->hub_address = 9;
    endpoint->hub_port = 4;
    channels_start(transfer);
}

TEST("a slower device is reached through its hub, packet by packet") {
    struct usb_endpoint endpoint;
    struct usb_transfer transfer;
    start_split(&endpoint, &transfer, USB_TRANSFER_TYPE_CONTROL, true, 18);
    uint32_t split = HCSPLT_ENABLE | HCSPLT_ALL | HCSPLT_HUB(9) | 4;
    TEST_EXPECT_EQ(reg(HCSPLT(0)), split);
    TEST_EXPECT(reg(HCCHAR(0)) & HCCHAR_LOW_SPEED);
    halt(0, HCINT_ACK, 8, 1, PID_SETUP);
    TEST_EXPECT_EQ(reg(HCSPLT(0)), split | HCSPLT_COMPLETE);
    // The request went with the start split.
    TEST_EXPECT_EQ(HCTSIZ_SIZE(reg(HCTSIZ(0))), 0);
    halt(0, HCINT_NYET, 0, 1, PID_SETUP);
    TEST_EXPECT_EQ(reg(HCSPLT(0)), split | HCSPLT_COMPLETE);
    halt(0, HCINT_COMPLETE | HCINT_ACK, 0, 0, PID_DATA1);
    for (int packet = 0; packet < 3; packet++) {
        TEST_EXPECT_EQ(reg(HCSPLT(0)), split);
        TEST_EXPECT_EQ(HCTSIZ_PACKETS(reg(HCTSIZ(0))), 1);
        TEST_EXPECT_EQ(HCTSIZ_PID(reg(HCTSIZ(0))), (packet == 1) ? PID_DATA0 : PID_DATA1);
        TEST_EXPECT_EQ(reg(HCDMA(0)),
                       (0x20000u + USB_CONTROL_DATA + 8u * (unsigned) packet) | BUS_UNCACHED);
        halt(0, HCINT_ACK, 8, 1, HCTSIZ_PID(reg(HCTSIZ(0))));
        halt(0, HCINT_COMPLETE, (packet == 2) ? 6 : 0, 0, (packet == 1) ? PID_DATA1 : PID_DATA0);
    }
    halt(0, HCINT_ACK, 0, 1, PID_DATA1);
    halt(0, HCINT_COMPLETE, 0, 0, PID_DATA0);
    TEST_EXPECT_EQ(num_completed, 1);
    TEST_EXPECT_EQ(last_actual, 18);
}

TEST("a slower device that isn't ready is asked again a little later") {
    struct usb_endpoint endpoint;
    struct usb_transfer transfer;
    start_split(&endpoint, &transfer, USB_TRANSFER_TYPE_BULK, true, 8);
    halt(3, HCINT_ACK, 8, 1, PID_DATA0);
    halt(3, HCINT_NAK, 8, 1, PID_DATA0);
    TEST_EXPECT_EQ(num_enabled, 2);
    advance(1);
    TEST_EXPECT_EQ(num_enabled, 3);
    TEST_EXPECT(!(reg(HCSPLT(3)) & HCSPLT_COMPLETE));
    channels_cancel(&transfer);
}

static void frame(uint32_t number) {
    regs[HFNUM / 4] = number;
    if (reg(GINTMSK) & GINT_SOF) {
        channels_frame();
    }
}

TEST("a periodic split keeps to its microframes, and frames aren't told of otherwise") {
    struct usb_endpoint endpoint;
    struct usb_transfer transfer;
    start();
    regs[HFNUM / 4] = 4;
    transfer = make(&endpoint, USB_TRANSFER_TYPE_INTERRUPT, true, 8, 8);
    endpoint.speed = USB_SPEED_LOW;
    endpoint.hub_address = 9;
    endpoint.hub_port = 4;
    channels_start(&transfer);
    TEST_EXPECT_EQ(num_enabled, 0);
    for (uint32_t n = 5; n < 7; n++) {
        frame(n);
        TEST_EXPECT_EQ(num_enabled, 0);
    }
    frame(7);
    TEST_EXPECT_EQ(num_enabled, 1);
    TEST_EXPECT(!(reg(GINTMSK) & GINT_SOF));
    // It went out in microframe 8; what it brings is fetched from 10 on.
    regs[HFNUM / 4] = 8;
    halt(0, HCINT_ACK, 8, 1, PID_DATA0);
    TEST_EXPECT_EQ(num_enabled, 1);
    frame(9);
    TEST_EXPECT_EQ(num_enabled, 2);
    TEST_EXPECT(reg(HCSPLT(0)) & HCSPLT_COMPLETE);
    regs[HFNUM / 4] = 10;
    halt(0, HCINT_NYET, 8, 1, PID_DATA0);
    TEST_EXPECT_EQ(num_enabled, 3);
    // Too late for this frame: with the next period.
    regs[HFNUM / 4] = 14;
    halt(0, HCINT_NYET, 8, 1, PID_DATA0);
    TEST_EXPECT_EQ(num_enabled, 3);
    TEST_EXPECT_EQ(num_completed, 0);
    regs[HFNUM / 4] = 71;
    advance(8);
    TEST_EXPECT_EQ(num_enabled, 4);
    TEST_EXPECT(!(reg(HCSPLT(0)) & HCSPLT_COMPLETE));
    channels_cancel(&transfer);
    TEST_EXPECT(!(reg(GINTMSK) & GINT_SOF));
}
