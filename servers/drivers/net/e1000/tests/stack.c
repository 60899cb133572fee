#include "stack.h"

#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../../../../libs/net/src/device_rings.h"
#include "../driver.h"
#include "../nic.h"
#include "../rx.h"
#include "../tx.h"

struct net_device stack_device;
struct net_port *stack_port;
uint8_t stack_pool[STACK_BUFFERS * NET_BUFFER_LEN] __aligned(NET_BUFFER_LEN);
unsigned stack_link_changes;

static struct net_rings rings;
static unsigned next_buffer;
static struct nic_model model;
/// What descriptors come back as.
static char token;

void net_device_link_changed(struct net_device *device) {
    TEST_EXPECT_EQ(device, &stack_device);
    stack_link_changes++;
}

void stack_begin(bool is_82574, unsigned num_buffers) {
    card_begin();
    card.is_82574 = is_82574;
    model = (struct nic_model){.device_id = 0x100e, .is_82574 = is_82574};
    memset(&rings, 0, sizeof(rings));
    memset(stack_pool, 0, sizeof(stack_pool));
    next_buffer = 0;
    stack_link_changes = 0;
    stack_port = net_port_new(&rings, STACK_BUFFERS);
    stack_device = (struct net_device){
        .name = "e1000",
        .features = driver_features(&model),
        .max_pieces = NET_PIECES_MAX,
        .mtu = 1500,
    };
    TEST_EXPECT_EQ(nic_init(CARD_IO, &model, stack_device.mac), OK);
    TEST_EXPECT_EQ(rx_init(CARD_IO), OK);
    TEST_EXPECT_EQ(tx_init(CARD_IO, is_82574), OK);
    const struct device_memory memory = {
        .rings = &rings,
        .pool = stack_pool,
        .pool_paddr = (paddr_t) stack_pool,
        .pool_len = sizeof(stack_pool),
    };
    device_rings_open(&memory, &stack_device);
    stack_give(num_buffers);
    TEST_EXPECT_EQ(driver.start(&stack_device), OK);
    TEST_EXPECT(!stack_work());
}

static void forget_buffer(void *context __unused, unsigned buffer __unused) {}
static void forget_token(void *context __unused, void *forgotten __unused) {}

void stack_end(void) {
    net_port_free(stack_port, forget_buffer, forget_token, NULL);
}

void stack_give(unsigned wanted) {
    for (unsigned i = net_port_wants(stack_port, wanted); i > 0; i--) {
        net_port_give(stack_port, next_buffer);
        next_buffer = (next_buffer + 1) % (STACK_BUFFERS / 2);
    }
}

bool stack_work(void) {
    stack_device.interrupted = card_interrupts() != 0;
    device_rings_begin();
    bool again = driver.work(&stack_device);
    (void) device_rings_end();
    return again;
}

void stack_send(const struct net_desc *like, unsigned first, const uint16_t *lens,
                unsigned num_pieces) {
    struct net_desc descs[NET_PIECES_MAX];
    void *tokens[NET_PIECES_MAX];
    for (unsigned i = 0; i < num_pieces; i++) {
        descs[i] = (i == 0) ? *like : (struct net_desc){.flags = 0};
        descs[i].place = (first + i) * NET_BUFFER_LEN;
        descs[i].len = lens[i];
        tokens[i] = &token;
    }
    TEST_EXPECT(net_port_has_room(stack_port, num_pieces));
    net_port_send(stack_port, descs, tokens, num_pieces);
}

unsigned stack_sent(void) {
    unsigned count = 0;
    while (net_port_sent(stack_port) != NULL) {
        count++;
    }
    return count;
}
