#ifndef __INET_SRC_NETIF_H__
#define __INET_SRC_NETIF_H__

/// \file
/// Interfaces as the protocols see them.

#include <inet/info.h>
#include <inet/netif.h>

#define MAC_LEN 6
/// Bytes of Ethernet's header.
#define ETHERNET_LEN 14

/// Of Ethernet with jumbo frames; that of loopback is larger.
#define NETIF_MTU_MAX   9000
#define NETIF_MAX       8
#define NETIF_ADDRS_MAX 8

struct dhcp;
struct nd;

struct netif_addr {
    struct ip_addr addr;
    uint8_t prefix_len;  ///< Of the 128 bits: 96 more than people say of IPv4.
    enum inet_origin origin;
    /// IPv6: nobody has objected so far, but it is too early to use it (RFC 4862, 5.4).
    bool tentative;
    uint64_t preferred_until;  ///< Not for new connections from then on; UINT64_MAX: always.
    uint64_t valid_until;      ///< UINT64_MAX: for ever.
};

struct netif {
    const struct netif_ops *ops;  ///< NULL: there is no driver now.
    void *device;
    uint32_t mtu;
    unsigned features;
    unsigned max_pieces;
    /// The first IPv4 address and its network's mask; 0: there is none.
    uint32_t v4, v4_mask;
    uint8_t mac[MAC_LEN];
    bool up;        ///< There are a driver and a link: it can send.
    bool link;      ///< As the driver said last.
    bool loopback;  ///< No Ethernet, no neighbours.
    bool blocked;   ///< Somebody wanted to send, and couldn't.
    bool by_hand;   ///< Configured by netif_configure: DHCP leaves it alone.
    unsigned index;
    unsigned num_addrs;
    struct netif_addr addrs[NETIF_ADDRS_MAX];
    struct inet_traffic traffic;
    uint32_t mbit_per_s;
    uint32_t restarts;
    struct dhcp *dhcp;  ///< NULL: none runs.
    struct nd *nd;      ///< NULL: no IPv6.
    char kind[INET_NAME_LEN];
    char name[INET_NAME_LEN];
};

/// Interface number `index`, or NULL.
struct netif *netif_numbered(unsigned index);
unsigned netif_count(void);
/// The one that all packets to this machine itself go through.
struct netif *netif_loopback(void);
/// The interface that has an address, and its entry there if `entry` isn't NULL. NULL: nobody has.
struct netif *netif_with_addr(const struct ip_addr *addr, struct netif_addr **entry);
/// Whether it is the first IPv4 address of any interface.
bool netif_has_v4(uint32_t addr);
struct netif_addr *netif_find_addr(struct netif *netif, const struct ip_addr *addr);

/// Gives an interface an address for ever; if it has it already, the entry is as it was. NULL: it has too many.
struct netif_addr *netif_add_addr(struct netif *netif, const struct ip_addr *addr,
                                  unsigned prefix_len, enum inet_origin origin);
/// Takes an address away, and the route to its network.
void netif_remove_addr(struct netif *netif, const struct ip_addr *addr);
/// All of that origin.
void netif_remove_addrs(struct netif *netif, enum inet_origin origin);

/// Hands a frame to the device; counts. As netif_ops' `send`.
error_t netif_transmit(struct netif *netif, const struct netif_frame *frame);

/// Forgets all interfaces: for a new beginning.
void netifs_forget(void);
/// Creates the loopback interface. ERR_NO_MEMORY.
error_t loopback_init(void);
/// Delivers what was sent to this machine.
void loopback_run(void);

static inline bool mac_is_group(const uint8_t *mac) {
    return mac[0] & 1;
}

#endif
