#ifndef __INET_DNS_H__
#define __INET_DNS_H__

/// \file
/// A resolver that asks name servers, which do the work: RFC 1034, 5.3.1; RFC 5452.

#include <inet/netif.h>

#define DNS_SERVERS_MAX 6
/// Of a host, as socket.ADDRESSES_MAX.
#define DNS_ADDRS_MAX 8

/// Ends all lookups with ERR_ABORTED, and forgets answers and servers.
void dns_forget(void);
/// Replaces the servers that somebody, `origin`, has told of; NULL: the configured ones.
void dns_set_servers(const void *origin, const struct ip_addr *addrs, unsigned num_addrs);

#endif
