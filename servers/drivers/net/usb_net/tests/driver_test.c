#include "../driver.h"

#include <net/port.h>
#include <resea/ipc.h>
#include <string.h>
#include <unittest.h>

#include "../../../../../libs/net/src/device_rings.h"
#include "sim.h"

// The driver between a USB server and a stack.

#define NUM_BUFFERS 64u
/// Those that frames are sent from.
#define TX_BUFFER 32u

static struct net_rings rings;
static uint8_t pool[NUM_BUFFERS * NET_BUFFER_LEN] __aligned(NET_BUFFER_LEN);
static struct net_port *port;
static unsigned num_given;
static unsigned num_link_changes, num_reattached;
static char token;

void net_device_link_changed(struct net_device *device) {
    TEST_EXPECT_EQ(device, &driver_device);
    num_link_changes++;
}

void net_device_reattach(struct net_device *device) {
    TEST_EXPECT_EQ(device, &driver_device);
    num_reattached++;
}

static void forget_buffer(void *context __unused, unsigned buffer __unused) {}
static void forget_token(void *context __unused, void *forgotten __unused) {}

static void give(unsigned count) {
    for (; count > 0; count--) {
        net_port_give(port, num_given++ % TX_BUFFER);
    }
}

static bool work(void) {
    device_rings_begin();
    bool again = driver.work(&driver_device);
    (void) device_rings_end();
    return again;
}

/// As the library does after NOTIFY_ASYNC.
static void work_events(void) {
    struct message m = {.type = NOTIFICATIONS_MSG};
    m.notifications.data = NOTIFY_ASYNC;
    driver.message(&driver_device, &m);
    while (work()) {}
}

static void attach(unsigned num_buffers) {
    memset(&rings, 0, sizeof(rings));
    port = net_port_new(&rings, NUM_BUFFERS);
    const struct device_memory memory = {
        .rings = &rings, .pool = pool, .pool_paddr = 0x1000, .pool_len = sizeof(pool)};
    device_rings_open(&memory, &driver_device);
    num_given = 0;
    give(num_buffers);
    TEST_EXPECT_EQ(driver.start(&driver_device), OK);
}

/// An adapter that works, and a stack that has given so many buffers.
static void begin(unsigned num_buffers) {
    sim_begin();
    sim_be_ecm();
    driver_begin();
    sim_attach(SIM_CONTROL, &ecm_chip);
    TEST_EXPECT(driver_find_adapter());
    attach(num_buffers);
    num_link_changes = num_reattached = 0;
    work_events();
}

/// Unplugs it: the next test begins without one.
static void end(void) {
    give(1);
    sim_detach(SIM_CONTROL);
    work_events();
    driver.stop(&driver_device);
    net_port_free(port, forget_buffer, forget_token, NULL);
}

static void expect_received(size_t len, uint8_t byte) {
    struct net_received received;
    TEST_EXPECT(net_port_receive(port, &received));
    TEST_EXPECT_EQ(received.len, len);
    const uint8_t *data = &pool[received.buffer * NET_BUFFER_LEN + received.offset];
    for (size_t i = 0; i < len; i++) {
        TEST_EXPECT_EQ(data[i], byte);
    }
}

static void expect_nothing(void) {
    struct net_received received;
    TEST_EXPECT(!net_port_receive(port, &received));
}

static void come(size_t len, uint8_t byte) {
    uint8_t data[2048];
    memset(data, byte, sizeof(data));
    sim_receive(SIM_IN_PIPE, OK, data, len);
}

static void send(const uint16_t *lens, unsigned num_pieces) {
    struct net_desc descs[8];
    void *tokens[8];
    memset(descs, 0, sizeof(descs));
    for (unsigned i = 0; i < num_pieces; i++) {
        descs[i].place = (TX_BUFFER + i) * NET_BUFFER_LEN;
        descs[i].len = lens[i];
        tokens[i] = &token;
        memset(&pool[descs[i].place], (int) i + 1, lens[i]);
    }
    net_port_send(port, descs, tokens, num_pieces);
}

static unsigned sent(void) {
    unsigned count = 0;
    while (net_port_sent(port) != NULL) {
        count++;
    }
    return count;
}

TEST("nothing is described until an adapter is there") {
    sim_begin();
    driver_begin();
    TEST_EXPECT_EQ(sim.num_matches, 3);
    TEST_EXPECT(!driver_find_adapter());
    begin(8);
    TEST_EXPECT_STR_EQ(driver_device.name, "ecm");
    TEST_EXPECT_EQ(driver_device.mac[5], 0xef);
    TEST_EXPECT(driver_device.link);
    end();
}

TEST("frames come in order; what is none is dropped") {
    begin(20);
    come(60, 1);
    come(13, 2);
    come(1514, 3);
    come(1515, 4);
    come(0, 5);
    come(14, 6);
    work_events();
    expect_received(60, 1);
    expect_received(1514, 3);
    expect_received(14, 6);
    expect_nothing();
    TEST_EXPECT_EQ(net_port_dropped(port), 2);
    end();
}

TEST("while there is no buffer, frames stay with the USB server") {
    begin(2);
    for (uint8_t i = 1; i <= 4; i++) {
        come(60, i);
    }
    work_events();
    TEST_EXPECT(!sim_is_idle());
    expect_received(60, 1);
    expect_received(60, 2);
    expect_nothing();
    give(20);
    while (work()) {}
    TEST_EXPECT(sim_is_idle());
    expect_received(60, 3);
    expect_received(60, 4);
    end();
}

TEST("a frame is sent as one transfer, whatever its pieces, and an empty packet ends full ones") {
    begin(8);
    send((const uint16_t[]){61}, 1);
    send((const uint16_t[]){14, 20, 1000}, 3);
    send((const uint16_t[]){64 * 20}, 1);
    send((const uint16_t[]){14, 50}, 2);
    while (work()) {}
    TEST_EXPECT_EQ(sent(), 7);
    TEST_EXPECT_EQ(sim.num_sent, 6);
    TEST_EXPECT_EQ(sim.sent[0].len, 61);
    TEST_EXPECT_EQ(sim.sent[1].len, 1034);
    TEST_EXPECT_EQ(sim.sent[1].data[13], 1);
    TEST_EXPECT_EQ(sim.sent[1].data[33], 2);
    TEST_EXPECT_EQ(sim.sent[1].data[1033], 3);
    TEST_EXPECT_EQ(sim.sent[2].len, 1280);
    TEST_EXPECT_EQ(sim.sent[3].len, 0);
    TEST_EXPECT_EQ(sim.sent[4].len, 64);
    TEST_EXPECT_EQ(sim.sent[5].len, 0);
    end();
}

TEST("many frames are sent with a look at what has come in between") {
    begin(8);
    for (unsigned i = 0; i < 20; i++) {
        send((const uint16_t[]){61}, 1);
    }
    TEST_EXPECT(work());
    TEST_EXPECT_EQ(sim.num_sent, 8);
    while (work()) {}
    TEST_EXPECT_EQ(sim.num_sent, 20);
    TEST_EXPECT_EQ(sent(), 20);
    end();
}

TEST("without a link, frames to be sent are lost") {
    begin(8);
    sim_receive(SIM_STATUS_PIPE, OK, (const uint8_t[]){0xa1, 0, 0, 0, 0, 0, 0, 0}, 8);
    work_events();
    TEST_EXPECT(!driver_device.link);
    TEST_EXPECT_EQ(num_link_changes, 1);
    send((const uint16_t[]){61}, 1);
    TEST_EXPECT(!work());
    TEST_EXPECT_EQ(sent(), 1);
    TEST_EXPECT_EQ(sim.num_sent, 0);
    end();
}

TEST("an endpoint that refuses is made to work again; a frame is lost") {
    begin(8);
    sim.write_error = ERR_NOT_ACCEPTABLE;
    send((const uint16_t[]){61}, 1);
    send((const uint16_t[]){62}, 1);
    while (work()) {}
    TEST_EXPECT_EQ(sim.num_cleared, 1);
    TEST_EXPECT_EQ(sim.num_sent, 1);
    TEST_EXPECT_EQ(sent(), 2);
    sim_receive(SIM_IN_PIPE, ERR_NOT_ACCEPTABLE, NULL, 0);
    sim_receive(SIM_IN_PIPE, ERR_IO, NULL, 0);
    come(60, 1);
    work_events();
    TEST_EXPECT_EQ(sim.num_cleared, 2);
    TEST_EXPECT_EQ(sim.num_listened, 4);
    expect_received(60, 1);
    TEST_EXPECT(driver_device.link);
    end();
}

TEST("an adapter that does nothing but fail is given up") {
    begin(8);
    for (unsigned i = 0; i < 10; i++) {
        sim_receive(SIM_IN_PIPE, ERR_IO, NULL, 0);
    }
    work_events();
    TEST_EXPECT(!driver_device.link);
    TEST_EXPECT_EQ(sim.num_detached, 2);
    TEST_EXPECT_EQ(sim.num_listened, 2 + 7);
    end();
}

TEST("when it is unplugged the link is gone; another one is attached in its place") {
    begin(8);
    sim_detach(SIM_DATA);
    sim_detach(SIM_CONTROL);
    come(60, 1);
    work_events();
    TEST_EXPECT(!driver_device.link);
    TEST_EXPECT_EQ(num_link_changes, 1);
    expect_nothing();
    send((const uint16_t[]){61}, 1);
    TEST_EXPECT(!work());
    TEST_EXPECT_EQ(sent(), 1);

    sim.string[24] = '0';
    sim_attach(SIM_CONTROL, &ecm_chip);
    work_events();
    TEST_EXPECT_EQ(num_reattached, 1);
    TEST_EXPECT_EQ(driver_device.mac[5], 0xe0);
    TEST_EXPECT(driver_device.link);
    end();
}

TEST("a second adapter is given back") {
    begin(8);
    sim_attach(SIM_OTHER, &ecm_chip);
    come(60, 1);
    work_events();
    TEST_EXPECT_EQ(sim.num_detached, 1);
    TEST_EXPECT_EQ(num_reattached, 0);
    expect_received(60, 1);
    end();
}

TEST("a USB server that has ended is looked up again") {
    begin(8);
    struct message m = {.type = TASK_EXITED_MSG};
    m.task_exited.task = 77;
    driver.message(&driver_device, &m);
    TEST_EXPECT(driver_device.link);
    m.task_exited.task = SIM_USB;
    driver.message(&driver_device, &m);
    TEST_EXPECT(!driver_device.link);
    TEST_EXPECT_EQ(sim.num_matches, 6);
    sim_attach(SIM_CONTROL, &ecm_chip);
    work_events();
    TEST_EXPECT_EQ(num_reattached, 1);
    end();
    begin(8);
    end();
    // The same before there is an adapter.
    sim_exit(SIM_USB);
    TEST_EXPECT(!driver_find_adapter());
    TEST_EXPECT_EQ(sim.num_matches, 6);
}
