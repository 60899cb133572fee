#ifndef __WORLD_H__
#define __WORLD_H__

/// \file
/// A world for the tests of libs/net: rings and a pool, and what the two sides write into each other's view of them.

#include <net/device.h>
#include <net/port.h>
#include <net/ring.h>

#include "../src/device_rings.h"

#define NUM_BUFFERS 512u
#define POOL_PADDR  0x10000000u
#define MTU         1500u
#define FRAME_MAX   (MTU + NET_HEADER_LEN)
#define MAX_PIECES  40u

/// A device that can do everything; tests may change it.
extern struct net_device world_device;
extern struct net_rings world_rings;
extern uint8_t world_pool[NUM_BUFFERS * NET_BUFFER_LEN];

/// Empty rings, with the device's half at their one end.
void world_begin(void);

/// Writes the next TX descriptor as the server would; world_publish makes those written so far visible.
struct net_desc *world_tx(uint32_t place, uint16_t len, unsigned flags);
void world_publish(void);

#endif
