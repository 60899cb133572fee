#ifndef __INET_NEIGHBOUR_H__
#define __INET_NEIGHBOUR_H__

/// \file
/// Who has which address on the links: one table for ARP and for neighbour discovery, with the states and
/// times of RFC 4861, 7.3.2 and 10.

#include <inet/ip.h>
#include <inet/timer.h>

#include "netif.h"

#define NEIGHBOURS_MAX 128
/// Packets that wait for a neighbour's answer; all others are refused.
#define NEIGHBOUR_PENDING_MAX 3

enum neighbour_state {
    NEIGHBOUR_INCOMPLETE,  ///< Asked for, no answer yet.
    NEIGHBOUR_REACHABLE,
    NEIGHBOUR_STALE,  ///< Was reachable a while ago.
    NEIGHBOUR_DELAY,  ///< Something was sent to it; is there an answer?
    NEIGHBOUR_PROBE,  ///< There was none: asked directly.
};

struct neighbour {
    struct ip_addr addr;
    struct netif *netif;  ///< NULL: the entry is free.
    /// The Ethernet header of frames to it, behind two bytes.
    uint8_t header[16];
    enum neighbour_state state;
    uint8_t tries;
    uint8_t num_pending;
    struct buf *pending[NEIGHBOUR_PENDING_MAX];  ///< IP packets.
    uint64_t confirmed;                          ///< When it was known to be reachable.
    uint64_t used;
    struct inet_timer timer;
    list_elem_t bucket;
};

error_t __mustuse neighbours_init(void);
/// The entry of an address. NULL: there is none.
struct neighbour *neighbour_find(struct netif *netif, const struct ip_addr *addr);
/// Finds or creates the entry, and asks for the neighbour if it is new.
struct neighbour *neighbour_get(struct netif *netif, const struct ip_addr *addr);
/// A frame is about to go to a neighbour that isn't REACHABLE. True: it may go.
bool neighbour_use(struct neighbour *neighbour);
/// Lets a packet (from its IP header on, in buffers with room in front) wait. ERR_WOULD_BLOCK: too many do;
/// the packet is freed in any case.
error_t neighbour_queue(struct neighbour *neighbour, struct buf *packet);
/// Somebody says that it has the address. `solicited`: it was asked. Nothing is learned of a neighbour
/// that nobody asked for.
void neighbour_heard(struct neighbour *neighbour, const uint8_t mac[6], bool solicited);
/// It was heard of, by a protocol above.
void neighbour_confirm(struct neighbour *neighbour);
/// Entry number `index`, which may be free; NULL: there are no more.
const struct neighbour *neighbour_numbered(unsigned index);

static inline const uint8_t *neighbour_mac(const struct neighbour *neighbour) {
    return neighbour->header + 2;
}

#endif
