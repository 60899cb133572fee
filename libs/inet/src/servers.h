#ifndef __INET_SERVERS_H__
#define __INET_SERVERS_H__

/// \file
/// Lists of servers, each of which an interface or the configuration has told of.

#include <inet/addr.h>

struct netif;

struct server_list {
    unsigned count;
    unsigned max;  ///< Of `entries`.
    struct server {
        struct netif *netif;  ///< NULL: configured.
        struct ip_addr addr;
    } * entries;
};

/// Replaces the servers of an interface. The configured ones stay the first. What is too much is left out.
void servers_set(struct server_list *list, struct netif *netif, const struct ip_addr *addrs,
                 unsigned num_addrs);

#endif
