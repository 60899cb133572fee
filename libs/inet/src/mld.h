#ifndef __INET_MLD_H__
#define __INET_MLD_H__

/// \file
/// Tells routers, and switches that listen, which IPv6 groups this machine is in, so that they let them through: RFC 3810,
/// and RFC 2710 where a router knows no more. The groups are those of our addresses.

#include "nd_state.h"

#define MLD_QUERY 130

/// There is an address more, or a link, or an address to say it from.
void mld_changed(struct nd *nd);
/// A query, its checksum checked. The packet stays the caller's.
void mld_input(const struct ip_info *info, struct buf *packet);
void mld_forget(struct nd *nd);

#endif
