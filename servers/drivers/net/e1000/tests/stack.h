#ifndef __STACK_H__
#define __STACK_H__

/// \file
/// The other side of the driver: the stack's half of libs/net, and the library's main loop, by hand.

#include <net/device.h>
#include <net/port.h>

#include "card.h"

#define STACK_BUFFERS 512u

extern struct net_device stack_device;
extern struct net_port *stack_port;
extern uint8_t stack_pool[STACK_BUFFERS * NET_BUFFER_LEN];
/// How often the driver has said that the link is another.
extern unsigned stack_link_changes;

/// A card, a driver that has started, and a stack that has given it so many buffers.
void stack_begin(bool is_82574, unsigned num_buffers);
void stack_end(void);
/// Gives the driver more buffers, so that it has that many.
void stack_give(unsigned wanted);
/// Calls the driver, as after a doorbell or, if there is one, an interrupt. Returns whether it wants to be called again.
bool stack_work(void);

/// Sends a frame of `num_pieces` pieces, given by their lengths, whose bytes are in the pool, one piece in each buffer from
/// number `first` on. `like` has flags and offsets.
void stack_send(const struct net_desc *like, unsigned first, const uint16_t *lens,
                unsigned num_pieces);
/// How many descriptors came back since the last time.
unsigned stack_sent(void);

#endif
