#ifndef __INET_DNS_CACHE_H__
#define __INET_DNS_CACHE_H__

/// \file
/// Answers of name servers, also that there is nothing, until their time is up.

#include "dns_message.h"

#define DNS_CACHE_MAX 64
/// Longer than a day nothing is kept: RFC 8767, 4, advises as much.
#define DNS_TTL_MAX 86400

/// True: it is known. `num_addrs` is 0 if there is no such host.
bool dns_cache_find(const char *name, struct ip_addr *addrs, unsigned *num_addrs);
void dns_cache_add(const char *name, const struct ip_addr *addrs, unsigned num_addrs, uint32_t ttl);
void dns_cache_clear(void);

#endif
