#include <inet/addr.h>
#include <inet/buf.h>
#include <net/ring.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "world.h"

static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};
static const char name[NET_NAME_LEN] = "test";
static struct net_rings *rings;

static error_t attach(unsigned features, uint32_t mtu, unsigned max_pieces, const uint8_t addr[6],
                      const char *device_name) {
    handle_t rings_offer, pool_offer;
    char padded[NET_NAME_LEN] = {0};
    memcpy(padded, device_name, MIN(strlen(device_name), sizeof(padded)));
    error_t err = call_net_attach(SERVER, features, mtu, max_pieces, addr, true, padded,
                                  &rings_offer, &pool_offer);
    if (IS_OK(err)) {
        rings = world_accept(rings_offer);
        TEST_EXPECT_NE(world_accept(pool_offer), NULL);
    }
    return err;
}

static void begin(void) {
    world_begin();
    world_self = DRIVER;
}

/// Rings the doorbell.
static void notify(void) {
    struct message m;
    memset(&m, 0, sizeof(m));
    m.type = NOTIFICATIONS_MSG;
    m.notifications.data = NET_NOTIFY;
    world_send(DRIVER, &m);
}

/// How many interfaces there are.
static unsigned count_interfaces(void) {
    unsigned count = 0, features;
    uint32_t numbers[3];
    bool link;
    uint8_t addr[6];
    char text[16];
    while (IS_OK(call_netinfo_interface(SERVER, count, &features, &numbers[0], &numbers[1],
                                        &numbers[2], &link, addr, text))) {
        count++;
    }
    return count;
}

TEST("what can't be a device is refused") {
    begin();
    static const uint8_t multicast[6] = {1, 0, 0, 0, 0, 1};
    unsigned before = count_interfaces();
    TEST_EXPECT_EQ(attach(0x8000, 1500, 2, mac, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1279, 2, mac, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 9001, 2, mac, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1500, 1, mac, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(NET_TX_SEGMENT4, 1500, 35, mac, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1500, 2, multicast, name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1500, 2, mac, ""), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1500, 2, mac, "a b"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(attach(0, 1500, 2, mac, "0123456789abcdef"), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(call_net_link(SERVER, true, 100), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(count_interfaces(), before);
}

TEST("vm's failures leave nothing behind") {
    begin();
    unsigned before = world_num_free_buffers();
    for (unsigned failures = 1; failures <= 2; failures++) {
        world_vm_failures = failures;
        TEST_EXPECT_EQ(attach(0, 1500, 2, mac, name), ERR_NO_MEMORY);
        world_vm_failures = 0;
    }
    TEST_EXPECT_EQ(world_num_free_buffers(), before);
}

TEST("a device's buffers come back when its driver has ended, after a while or with the next") {
    begin();
    unsigned before = world_num_free_buffers();
    TEST_EXPECT_EQ(attach(0, 1500, 2, mac, name), OK);
    unsigned interfaces = count_interfaces();
    TEST_EXPECT_LT(world_num_free_buffers(), before);
    unsigned with_driver = world_num_free_buffers();
    world_end_task(DRIVER);
    // Its device may still write to them.
    TEST_EXPECT_LE(world_num_free_buffers(), with_driver + 4);
    TEST_EXPECT_EQ(attach(0, 1500, 2, mac, name), OK);
    TEST_EXPECT_EQ(count_interfaces(), interfaces);
    world_end_task(DRIVER);
    world_pass(1100);
    TEST_EXPECT_GE(world_num_free_buffers() + 4, before);
}

TEST("a driver that writes nonsense harms nobody") {
    begin();
    unsigned before = world_num_free_buffers();
    TEST_EXPECT_EQ(attach(NET_RX_CHECKSUM | NET_RX_MERGES, 1500, 4, mac, name), OK);
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        uint8_t *bytes = (uint8_t *) rings;
        size_t start = offsetof(struct net_rings, driver);
        for (int i = 0; i < 16; i++) {
            seed = seed * 1664525u + 1013904223u;
            size_t at = start + (seed >> 8) % (sizeof(*rings) - start);
            bytes[at] = (uint8_t) (seed >> 3);
        }
        // Mostly counters that are possible, so that the descriptors are looked at.
        if (round % 4 != 0) {
            rings->driver.rx = rings->stack.rx + (seed >> 28);
            rings->driver.tx = rings->stack.tx;
            rings->driver.free = rings->stack.free;
        }
        notify();
    }
    TEST_EXPECT_EQ(call_net_link(SERVER, false, 0), OK);
    world_end_task(DRIVER);
    world_pass(120000);
    TEST_EXPECT_GE(world_num_free_buffers() + 4, before);
}

/// Receives pieces of a frame that doesn't end.
static void receive_for_ever(uint16_t piece) {
    begin();
    TEST_EXPECT_EQ(attach(NET_RX_MERGES, 1500, 4, mac, name), OK);
    for (int i = 0; i < 1000; i++) {
        uint32_t at = rings->driver.free;
        if (at == rings->stack.free) {
            break;
        }
        rings->driver.free = at + 1;
        rings->rx[rings->driver.rx % NET_RX_LEN] = (struct net_desc){
            .place = rings->free[at % NET_FREE_LEN], .len = piece, .flags = NET_DESC_MORE};
        rings->driver.rx++;
        notify();
        TEST_EXPECT_GT(world_num_free_buffers(), 64);
    }
    TEST_EXPECT_GE(rings->driver.rx, 1000);
}

TEST("a frame without end doesn't get all buffers, however small its pieces are") {
    receive_for_ever(NET_BUFFER_LEN);
    receive_for_ever(1);
    receive_for_ever(0);
}

static int pull(struct message *m) {
    memset(m, 0, sizeof(*m));
    m->type = ASYNC_MSG;
    world_send(DRIVER, m);
    *m = world_late_reply(DRIVER);
    return m->type;
}

TEST("a driver of messages gets and gives frames") {
    begin();
    TEST_EXPECT_EQ(call_tcpip_register_device(SERVER, mac), OK);
    world_name = "ifconfig";
    struct ip_addr addr = ip_addr_from_v4(0x0a090001), none;
    memset(&none, 0, sizeof(none));
    unsigned index = count_interfaces() - 1;
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, index, 24, addr.bytes, none.bytes), OK);
    struct message m;
    while (pull(&m) == NET_TX_MSG) {
        free((void *) m.net_tx.payload);
    }
    TEST_EXPECT_EQ(m.type, ERR_EMPTY);
    // Who has 10.9.0.1? Tell 10.9.0.2.
    static const uint8_t request[42] = {
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 9, 8, 6, 0, 1, 8, 0,  6, 4, 0,
        1,    2,    0,    0,    0,    0,    9, 10, 9, 0, 2, 0, 0, 0, 0, 0, 0, 10, 9, 0, 1};
    memset(&m, 0, sizeof(m));
    m.type = NET_RX_MSG;
    m.net_rx.payload = request;
    m.net_rx.payload_len = sizeof(request);
    world_send(DRIVER, &m);
    TEST_EXPECT_EQ(pull(&m), NET_TX_MSG);
    const uint8_t *reply = m.net_tx.payload;
    TEST_EXPECT_GE(m.net_tx.payload_len, sizeof(request));
    TEST_EXPECT_MEM_EQ(reply, &request[6], 6);
    TEST_EXPECT_MEM_EQ(&reply[22], mac, 6);
    free((void *) reply);
}

TEST("frames of nobody, and such that are too long, are dropped") {
    begin();
    unsigned before = world_num_free_buffers();
    static const uint8_t frame[NET_BUFFER_LEN + 1];
    TEST_EXPECT_EQ(call_tcpip_register_device(SERVER, mac), OK);
    static const size_t lengths[] = {0, 1, 13, 14, NET_BUFFER_LEN, NET_BUFFER_LEN + 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        for (task_t src = DRIVER; src <= DRIVER + 1; src++) {
            struct message m;
            memset(&m, 0, sizeof(m));
            m.type = NET_RX_MSG;
            m.net_rx.payload = frame;
            m.net_rx.payload_len = lengths[i];
            world_send(src, &m);
        }
    }
    world_end_task(DRIVER);
    world_pass(120000);
    TEST_EXPECT_GE(world_num_free_buffers() + 4, before);
}

TEST("a connection that its owner has given up while it was made is no reason to think that the "
     "server has ended") {
    begin();
    TEST_EXPECT_EQ(call_tcpip_register_device(SERVER, mac), OK);
    world_name = "ifconfig";
    struct ip_addr addr = ip_addr_from_v4(0x0a090001), silent = ip_addr_from_v4(0x0a090007), none;
    memset(&none, 0, sizeof(none));
    unsigned index = count_interfaces() - 1;
    TEST_EXPECT_EQ(call_netinfo_configure(SERVER, index, 24, addr.bytes, none.bytes), OK);
    world_self = CLIENT;
    handle_t handle;
    size_t sent;
    int reason = OK;
    TEST_EXPECT_EQ(call_socket_open(SERVER, SOCKET_KIND_STREAM, &handle), OK);
    TEST_EXPECT_EQ(call_socket_connect(SERVER, handle, 80, silent.bytes), OK);
    TEST_EXPECT_EQ(call_socket_shutdown(SERVER, handle, SOCKET_HOW_SEND), OK);
    TEST_EXPECT_EQ(call_socket_send(SERVER, handle, "x", 1, &sent), ERR_END);
    TEST_EXPECT_EQ(call_socket_send(SERVER, handle, "", 0, &sent), ERR_END);
    TEST_EXPECT_EQ(call_socket_error(SERVER, handle, &reason), OK);
    TEST_EXPECT_EQ(reason, ERR_END);
    TEST_EXPECT_EQ(call_socket_close(SERVER, handle), OK);
}
