#ifndef __INET_NTP_H__
#define __INET_NTP_H__

/// \file
/// The time of day from a server: SNTP, RFC 4330 and RFC 5905, 14.

#include <inet/netif.h>

#define NTP_SERVERS_MAX 6

/// Stops, and forgets the servers.
void ntp_forget(void);
/// Replaces the servers that somebody, `origin`, has told of; NULL: the configured ones.
void ntp_set_servers(const void *origin, const struct ip_addr *addrs, unsigned num_addrs);

#endif
