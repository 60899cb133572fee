#ifndef __INET_ND_STATE_H__
#define __INET_ND_STATE_H__

/// \file
/// Between neighbour discovery's messages (nd.c), and addresses and routers (nd_addr.c).

#include <inet/timer.h>

#include "nd.h"

/// Of a message that is looked at; of a router's advertisement without options.
#define ND_MESSAGE_MAX 512
#define ND_ROUTER_LEN  16

struct nd {
    struct netif *netif;
    struct inet_timer timer;
    uint64_t solicit_at;  ///< When to ask for routers again; UINT64_MAX: no more.
    unsigned solicitations;
    uint64_t probe_ends;  ///< When tentative addresses are ours; UINT64_MAX: none is tentative.
    // mld.c: our groups.
    struct inet_timer report_timer;
    unsigned reports_left;       ///< So often what is new is told again.
    uint64_t old_querier_until;  ///< Until then, routers are told in their older language.
};

bool nd_is_enabled(void);
/// Sends a message from its ICMPv6 header on, with its checksum; `mac` NULL: to the group's.
void nd_send(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
             const uint8_t *mac, const uint8_t *message, size_t len);
/// Makes a packet for nd_transmit of such a message: *sent, which has its route, destination and TTL, gets all else. False:
/// there is no memory for it.
bool nd_make(struct ip_packet *sent, const uint8_t *message, size_t len);
/// Sends what is in `sent->header`, from behind the IPv6 header on. `mac` NULL: to the group's.
void nd_transmit(const struct ip_packet *sent, const uint8_t *mac);
/// The address that we ask from: a link's own. NULL: it has none yet.
const struct ip_addr *nd_link_local_of(const struct netif *netif);
void nd_put_mac(uint8_t *option, uint8_t type, const uint8_t *mac);
/// Asks whether somebody has an address that is to be ours.
void nd_probe(struct netif *netif, const struct ip_addr *addr);
/// Somebody else has it.
void nd_conflict(struct netif *netif, struct netif_addr *entry);
/// An advertisement, whose options are well-formed.
void nd_router_heard(const struct ip_info *info, const uint8_t *message, size_t len);

#endif
