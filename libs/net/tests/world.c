#include "world.h"

#include <string.h>

struct net_device world_device;
struct net_rings world_rings;
uint8_t world_pool[NUM_BUFFERS * NET_BUFFER_LEN];

static uint32_t num_written;

void world_begin(void) {
    memset(&world_rings, 0, sizeof(world_rings));
    memset(world_pool, 0, sizeof(world_pool));
    num_written = 0;
    world_device = (struct net_device){
        .name = "test",
        .mac = {2, 0, 0, 0, 0, 1},
        .features = NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6 | NET_RX_CHECKSUM,
        .max_pieces = MAX_PIECES,
        .mtu = MTU,
        .link = true,
    };
    const struct device_memory memory = {
        .rings = &world_rings,
        .pool = world_pool,
        .pool_paddr = POOL_PADDR,
        .pool_len = sizeof(world_pool),
    };
    device_rings_open(&memory, &world_device);
}

struct net_desc *world_tx(uint32_t place, uint16_t len, unsigned flags) {
    struct net_desc *desc = &world_rings.tx[num_written % NET_TX_LEN];
    *desc = (struct net_desc){.place = place, .len = len, .flags = (uint16_t) flags};
    num_written++;
    return desc;
}

void world_publish(void) {
    world_rings.stack.tx = num_written;
}
