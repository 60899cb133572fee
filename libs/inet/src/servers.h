#ifndef __INET_SERVERS_H__
#define __INET_SERVERS_H__

/// \file
/// Lists of servers, which DHCP, routers or the configuration have told of.

#include <inet/addr.h>

struct server_list {
    unsigned count;
    unsigned max;  ///< Of `entries`.
    struct server {
        const void *origin;  ///< Who told; NULL: configured.
        struct ip_addr addr;
    } * entries;
};

/// Replaces the servers that somebody has told of. The configured ones stay the first. What is too much is left out.
void servers_set(struct server_list *list, const void *origin, const struct ip_addr *addrs,
                 unsigned num_addrs);

#endif
