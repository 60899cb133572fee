#ifndef __NET_PORT_H__
#define __NET_PORT_H__

/// \file
/// The TCP/IP server's end of the rings (<net/ring.h>) with one driver. The pool's buffers belong to
/// libs/inet's `struct buf`; here
/// they are places. What a driver writes is checked: each buffer that it gives back is one that it has.

#include <net/ring.h>
#include <types.h>

struct net_port;

/// `rings` is zeroed memory that is shared with the driver. `num_buffers`: how many the pool has. NULL: no
/// memory.
struct net_port *net_port_new(struct net_rings *rings, size_t num_buffers);
/// Forgets the driver. `give_back` is called with `context` for each buffer that the driver had (its number
/// in the pool), which is the server's again:
/// the driver is gone, and its device stopped. And `sent` for each token whose frame was under way.
void net_port_free(struct net_port *port, void (*give_back)(void *context, unsigned buffer),
                   void (*sent)(void *context, void *token), void *context);

/// Whether a frame of so many pieces fits into the ring now.
bool net_port_has_room(const struct net_port *port, unsigned num_pieces);
/// Sends a frame: `num_descs` descriptors, flags and places as in <net/ring.h>; MORE is set here. `tokens[i]`
/// comes back from net_port_sent
/// when the driver is through with descriptor i. There must be room.
void net_port_send(struct net_port *port, const struct net_desc *descs, void *const *tokens,
                   unsigned num_descs);
/// The next token that is done, in order; NULL: none is.
void *net_port_sent(struct net_port *port);

/// How many more buffers the driver should have, and there is room for, so that it has `wanted`.
unsigned net_port_wants(const struct net_port *port, unsigned wanted);
/// Gives the driver an empty buffer.
void net_port_give(struct net_port *port, unsigned buffer);
/// The next received piece: buffer number, and offset and length inside it. Its buffer is the server's again.
/// A length of 0: nothing came in it. False: there is nothing.
/// What a driver writes that can't be is skipped.
struct net_received {
    unsigned buffer;
    uint16_t offset;
    uint16_t len;
    uint16_t flags;
};
bool net_port_receive(struct net_port *port, struct net_received *received);
uint32_t net_port_dropped(const struct net_port *port);

/// Tells the driver what is new, if it waits: true says that it is to be notified now (the caller does it).
bool net_port_kick(struct net_port *port);
/// Before waiting. False: something has come meanwhile.
bool net_port_wait(struct net_port *port);

#endif
