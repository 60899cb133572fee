#ifndef __NET_PORT_H__
#define __NET_PORT_H__

/// \file
/// The TCP/IP server's end of the rings (<net/ring.h>) with one driver. The pool's buffers belong to libs/inet's `struct
/// buf`; here they are places. What a driver writes is checked: each buffer that it gives back is one that it has.
///
/// What is given to the driver with net_port_send and net_port_give, it sees at once if it is awake; net_port_kick, when
/// all is said, tells whether it has to be woken.

#include <net/ring.h>
#include <types.h>

struct net_port;

/// `rings` is zeroed memory that is shared with the driver. `num_buffers`: how many the pool has. NULL: no memory.
struct net_port *net_port_new(struct net_rings *rings, size_t num_buffers);
/// Forgets the driver. `give_back` is called with `context` for each buffer that the driver had (its number in the pool),
/// which is the server's again; and `sent` for each token, but NULL, whose frame was under way.
///
/// The device must not touch the buffers any more. That a driver has ended isn't enough: dm may not have stopped its
/// device yet. Once the driver attaches anew, it has.
void net_port_free(struct net_port *port, void (*give_back)(void *context, unsigned buffer),
                   void (*sent)(void *context, void *token), void *context);

/// Lets no more than so many descriptors wait in the ring, one frame at least: for slow devices, where what waits is late.
void net_port_limit(struct net_port *port, unsigned num_descs);
/// Whether a frame of so many pieces fits into the ring now. If not, net_port_wait lets the driver notify us when it has
/// sent something.
bool net_port_has_room(struct net_port *port, unsigned num_pieces);
/// Sends a frame: `num_descs` descriptors, flags and places as in <net/ring.h>; MORE is set here. `tokens[i]` comes back
/// from net_port_sent when the driver is through with descriptor i; NULL: nothing has to. There must be room.
void net_port_send(struct net_port *port, const struct net_desc *descs, void *const *tokens,
                   unsigned num_descs);
/// The next token that is done, in order; NULL: none is.
void *net_port_sent(struct net_port *port);

/// How many more buffers the driver should have, and there is room for, so that it has `wanted`.
unsigned net_port_wants(const struct net_port *port, unsigned wanted);
/// Gives the driver an empty buffer: as many as net_port_wants says, at most.
void net_port_give(struct net_port *port, unsigned buffer);

struct net_received {
    unsigned buffer;  ///< Its number in the pool.
    uint16_t offset;  ///< Where the piece begins, inside the buffer.
    uint16_t len;     ///< 0: nothing came in it.
    uint16_t flags;
};

/// The next received piece. Its buffer is the server's again. False: there is nothing. What a driver writes that can't
/// be is skipped. A frame may have any number of pieces, and need not end: whoever puts it together stops at
/// NET_FRAME_MAX.
bool net_port_receive(struct net_port *port, struct net_received *received);
/// Frames that the driver says were lost; modulo 2^32.
uint32_t net_port_dropped(const struct net_port *port);

/// True: there is something new for the driver, and it waits: it is to be notified now (the caller does it).
bool net_port_kick(struct net_port *port);
/// Before waiting. False: something has come meanwhile.
///
/// The driver will notify us of frames received; and of frames sent only if there was no room (net_port_has_room) or
/// NET_PORT_TX_ENOUGH descriptors or more are under way. Fewer of them don't come back by themselves: look for them
/// (net_port_sent) whenever awake. Something that was received and isn't taken counts as having come meanwhile.
bool net_port_wait(struct net_port *port);

#define NET_PORT_TX_ENOUGH 64u

#endif
