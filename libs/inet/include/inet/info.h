#ifndef __INET_INFO_H__
#define __INET_INFO_H__

/// \file
/// The state of the stack, for netinfo.idl. Lists are read by index, from 0 until false is returned.

#include <inet/addr.h>
#include <types.h>

/// Bytes of an interface's name, NUL included.
#define INET_NAME_LEN 16

/// Where an address comes from; the numbers are netinfo.origin's.
enum inet_origin {
    INET_STATIC,
    INET_DHCP,
    INET_LINK_LOCAL,
    INET_ROUTER,
};

struct inet_traffic {
    uint64_t rx_packets;
    uint64_t rx_bytes;
    uint64_t
        rx_dropped;  ///< Frames that were no good or not for us, and those that the driver lost.
    uint64_t tx_packets;
    uint64_t tx_bytes;
    uint64_t tx_dropped;
};

struct inet_interface_info {
    char name[INET_NAME_LEN];
    uint8_t mac[6];
    bool link;
    unsigned features;
    uint32_t mtu;
    uint32_t mbit_per_s;
    uint32_t restarts;  ///< How often its driver came back.
    struct inet_traffic traffic;
};

struct inet_address_info {
    unsigned interface;
    struct ip_addr addr;
    unsigned prefix_len;  ///< Of an IPv4 address 32 at most.
    enum inet_origin origin;
    uint32_t valid_s;  ///< UINT32_MAX: for ever.
};

struct inet_route_info {
    unsigned interface;
    struct ip_addr addr;
    unsigned prefix_len;     ///< Of an IPv4 network 32 at most.
    struct ip_addr gateway;  ///< All zeroes: none, they are on the link.
};

struct inet_neighbour_info {
    unsigned interface;
    struct ip_addr addr;
    uint8_t mac[6];
    bool reachable;  ///< It answered lately.
    uint32_t age_s;  ///< Since then.
};

/// A UDP or ICMP echo socket; those of TCP are tcp_info()'s.
struct inet_udp_info {
    bool echo;
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
    uint32_t receive_queue;
    void *user;  ///< NULL: the stack's own.
};

bool inet_interface_info(unsigned index, struct inet_interface_info *info);
bool inet_address_info(unsigned index, struct inet_address_info *info);
bool inet_route_info(unsigned index, struct inet_route_info *info);
bool inet_neighbour_info(unsigned index, struct inet_neighbour_info *info);
bool inet_name_server_info(unsigned index, struct ip_addr *addr);
bool inet_udp_info(unsigned index, struct inet_udp_info *info);
/// All counters, TCP's included. NULL: there are no more.
const char *inet_counter(unsigned index, uint64_t *value);

struct netif;
/// The interface with that number, for netif_configure. NULL: there is none.
struct netif *inet_interface(unsigned index);
/// Its driver has lost frames.
void netif_count_dropped(struct netif *netif, unsigned frames);

#endif
