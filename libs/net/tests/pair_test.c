#include <string.h>
#include <unittest.h>

#include "world.h"

// Both halves at their ends of the same rings, with a device that is as slow as it likes. Each frame carries its number.

#define HW_LEN 64
#define ROUNDS 200000
#define WANTED 48

static struct net_port *port;
static uint64_t state;

// The two sides. A side that sleeps does nothing before it is notified.
static bool driver_sleeps, stack_sleeps;

// The device: frames under way, and buffers that it may write to.
static unsigned tx_descs[HW_LEN];
static unsigned tx_count;
static uint32_t buffers[HW_LEN];
static unsigned num_buffers;

static uint32_t next_tx_sent, next_tx_seen, next_tx_done;
static uint32_t next_rx_sent, next_rx_seen;
static bool buffer_is_free[NUM_BUFFERS];

static unsigned random_below(unsigned limit) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned) (state >> 33) % limit;
}

static void check_frame(const struct net_frame *frame) {
    uint32_t number;
    memcpy(&number, frame->pieces[0].buf, sizeof(number));
    TEST_EXPECT_EQ(number, next_tx_seen);
    TEST_EXPECT_EQ(frame->num_pieces, 1 + number % 3);
    TEST_EXPECT_EQ(frame->num_descs, frame->num_pieces);
    next_tx_seen++;
}

static void device_sends(unsigned count) {
    unsigned descs = 0;
    for (unsigned i = 0; i < count; i++) {
        descs += tx_descs[i];
    }
    tx_count -= count;
    memmove(tx_descs, &tx_descs[count], tx_count * sizeof(tx_descs[0]));
    net_tx_done(descs);
}

static void device_receives(void) {
    uint32_t place = buffers[--num_buffers];
    memcpy(&world_pool[place], &next_rx_sent, sizeof(next_rx_sent));
    next_rx_sent++;
    net_rx_add(place, 60, 0);
}

static void driver_works(void) {
    device_rings_begin();
    device_sends(random_below(tx_count + 1));
    struct net_frame frame;
    while (net_tx_next(&frame)) {
        if (tx_count == HW_LEN) {
            net_tx_put_back();
            break;
        }
        check_frame(&frame);
        tx_descs[tx_count++] = frame.num_descs;
    }
    for (unsigned i = random_below(4); i > 0 && num_buffers > 0; i--) {
        device_receives();
    }
    struct net_piece buffer;
    while (num_buffers < HW_LEN && net_buffer_next(&buffer, &buffers[num_buffers])) {
        num_buffers++;
    }
    if (device_rings_end()) {
        stack_sleeps = false;
    }
    driver_sleeps = device_rings_wait();
}

static void send_frame(void) {
    unsigned num_pieces = 1 + next_tx_sent % 3;
    if (!net_port_has_room(port, num_pieces)) {
        return;
    }
    struct net_desc descs[3];
    void *tokens[3] = {NULL, NULL, NULL};
    uint32_t first = (NUM_BUFFERS / 2 + next_tx_sent % (NUM_BUFFERS / 2)) * NET_BUFFER_LEN;
    for (unsigned i = 0; i < num_pieces; i++) {
        descs[i] = (struct net_desc){.place = first + i * 100, .len = 20};
    }
    memcpy(&world_pool[first], &next_tx_sent, sizeof(next_tx_sent));
    tokens[num_pieces - 1] = &world_pool[next_tx_sent % 1000];
    net_port_send(port, descs, tokens, num_pieces);
    next_tx_sent++;
}

static void take_tokens(void) {
    void *token;
    while ((token = net_port_sent(port)) != NULL) {
        TEST_EXPECT_EQ(token, &world_pool[next_tx_done % 1000]);
        next_tx_done++;
    }
}

static void take_received(void) {
    struct net_received received;
    while (net_port_receive(port, &received)) {
        uint32_t number;
        memcpy(&number, &world_pool[received.buffer * NET_BUFFER_LEN], sizeof(number));
        TEST_EXPECT_EQ(number, next_rx_seen);
        TEST_EXPECT(!buffer_is_free[received.buffer]);
        buffer_is_free[received.buffer] = true;
        next_rx_seen++;
    }
}

static void give_buffers(void) {
    unsigned wanted = net_port_wants(port, WANTED);
    for (unsigned i = 0; i < NUM_BUFFERS / 2 && wanted > 0; i++) {
        if (buffer_is_free[i]) {
            buffer_is_free[i] = false;
            net_port_give(port, i);
            wanted--;
        }
    }
}

static void stack_works(void) {
    take_received();
    take_tokens();
    give_buffers();
    if (net_port_kick(port)) {
        driver_sleeps = false;
    }
    stack_sleeps = net_port_wait(port);
}

static void begin(void) {
    world_begin();
    port = net_port_new(&world_rings, NUM_BUFFERS);
    memset(buffer_is_free, true, sizeof(buffer_is_free));
    driver_sleeps = false;
    stack_sleeps = false;
    tx_count = 0;
    num_buffers = 0;
    next_tx_sent = next_tx_seen = next_tx_done = 0;
    next_rx_sent = next_rx_seen = 0;
}

static void forget_buffer(void *context, unsigned buffer) {
    TEST_EXPECT_EQ(context, NULL);
    TEST_EXPECT(!buffer_is_free[buffer]);
    buffer_is_free[buffer] = true;
}

static void forget_token(void *context, void *token) {
    TEST_EXPECT_EQ(context, NULL);
    TEST_EXPECT_EQ(token, &world_pool[next_tx_done % 1000]);
    next_tx_done++;
}

/// One step of somebody: the stack's application, the device, or a side that is awake.
static void step(void) {
    switch (random_below(4)) {
    case 0:
        // The application wakes the stack.
        for (unsigned i = random_below(20); i > 0; i--) {
            send_frame();
        }
        stack_works();
        break;
    case 1:
        // The device's interrupt wakes the driver.
        driver_works();
        break;
    case 2:
        if (!driver_sleeps) {
            driver_works();
        }
        break;
    default:
        if (!stack_sleeps) {
            stack_works();
        }
        break;
    }
}

/// Without applications: what is under way comes to its end by doorbells and the device's interrupts alone.
static void settle(void) {
    for (unsigned i = 0; i < 10000 && !(driver_sleeps && stack_sleeps && tx_count == 0); i++) {
        if (!driver_sleeps || tx_count > 0) {
            driver_works();
        }
        if (!stack_sleeps) {
            stack_works();
        }
    }
    TEST_EXPECT(driver_sleeps && stack_sleeps);
    TEST_EXPECT_EQ(next_tx_seen, next_tx_sent);
    TEST_EXPECT_EQ(next_rx_seen, next_rx_sent);
    TEST_EXPECT_LE(next_tx_sent - next_tx_done, NET_PORT_TX_ENOUGH);
}

TEST("nothing is lost between the two sides, and nobody sleeps while there is work") {
    state = 1;
    begin();
    for (unsigned round = 0; round < ROUNDS; round++) {
        step();
        if (round % 1000 == 0) {
            settle();
        }
    }
    settle();
    TEST_EXPECT_GT(next_tx_sent, 100000);
    TEST_EXPECT_GT(next_rx_sent, 50000);
    net_port_free(port, forget_buffer, forget_token, NULL);
    TEST_EXPECT_EQ(next_tx_done, next_tx_sent);
    for (unsigned i = 0; i < NUM_BUFFERS / 2; i++) {
        TEST_EXPECT(buffer_is_free[i]);
    }
}

TEST("a driver that is restarted begins with new rings, and the server has all its buffers") {
    state = 2;
    for (unsigned round = 0; round < 200; round++) {
        begin();
        for (unsigned i = random_below(300); i > 0; i--) {
            step();
        }
        net_port_free(port, forget_buffer, forget_token, NULL);
        TEST_EXPECT_EQ(next_tx_done, next_tx_sent);
        for (unsigned i = 0; i < NUM_BUFFERS / 2; i++) {
            TEST_EXPECT(buffer_is_free[i]);
        }
    }
}
