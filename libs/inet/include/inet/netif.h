#ifndef __INET_NETIF_H__
#define __INET_NETIF_H__

/// \file
/// Network interfaces: what a device is to the protocols, and their configuration.

#include <inet/addr.h>
#include <inet/buf.h>
#include <types.h>

struct netif;

/// A frame to be sent: parts of buffers, each with a reference that is given away with it. The first part has
/// all headers.
struct netif_frame {
    struct net_desc descs[NET_PIECES_MAX];  ///< `place` is filled in here from `bufs`.
    struct buf *bufs[NET_PIECES_MAX];
    unsigned num_pieces;
};

struct netif_ops {
    /// Sends. ERR_WOULD_BLOCK: no room now; then nothing is taken over, and netif_writable will be called.
    error_t (*send)(void *device, const struct netif_frame *frame);
};

/// A device has come. `name` is made unique. DHCP and the like begin when there is a link. NULL: no memory.
struct netif *netif_add(const char *name, const uint8_t mac[6], uint32_t mtu, unsigned features,
                        unsigned max_pieces, const struct netif_ops *ops, void *device);
/// Its driver is gone. Configuration and connections stay, for when it comes back: netif_add with the same
/// name and MAC address finds it again.
void netif_detach(struct netif *netif);
void netif_set_link(struct netif *netif, bool link, uint32_t mbit_per_s);
/// A frame was received; takes the chain over.
void netif_input(struct netif *netif, struct buf *frame);
/// There is room again.
void netif_writable(struct netif *netif);

/// By hand. Further functions for netinfo are in <inet/info.h>.
error_t netif_configure(struct netif *netif, const struct ip_addr *addr, unsigned prefix_len,
                        const struct ip_addr *gateway);

/// What the manifest says, for all interfaces. Strings and arrays are copied or used up during the call.
struct inet_settings {
    const char *hostname;  ///< Told to DHCP servers; "" or NULL: nothing is told.
    bool dhcp;             ///< Interfaces ask for an address when they have a link.
    bool ipv6;             ///< Interfaces make up IPv6 addresses, and listen to routers.
    const struct ip_addr *name_servers;  ///< Asked besides those that DHCP and routers tell of.
    unsigned num_name_servers;
    const struct ip_addr *time_servers;  ///< The same for the time (NTP).
    unsigned num_time_servers;
};
/// Before the first netif_add, after inet_init. Without it: DHCP, no name.
void inet_set(const struct inet_settings *settings);

/// The loopback interface, and tables. Call before anything else; buf_init comes first. ERR_NO_MEMORY.
error_t __mustuse inet_init(void);

/// A host's addresses: `done` is called with them, or with an error (of socket.resolve), maybe at once, once.
/// Returns a number for dns_cancel; 0: `done` was called
/// already.
unsigned dns_resolve(const char *hostname,
                     void (*done)(void *user, error_t err, const struct ip_addr *addrs,
                                  unsigned num_addrs),
                     void *user);
void dns_cancel(unsigned number);

#endif
