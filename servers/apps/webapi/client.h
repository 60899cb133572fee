#ifndef __CLIENT_H__
#define __CLIENT_H__

/// \file
/// Who the clients are, and how many connections each has. One is an IPv4 address, or a network of 64 bits of IPv6, as
/// whoever has one of its addresses has them all.

#include <inet/addr.h>
#include <list.h>
#include <types.h>

struct client {
    list_elem_t next;
    uint64_t key[2];
    unsigned connections;
    size_t kept;  ///< Bytes: kept.h
};

/// Counts one more connection. NULL: there is no memory.
struct client *client_enter(const struct ip_addr *addr);
/// One fewer: with its last one, the client is forgotten.
void client_leave(struct client *client);
/// How many the one has that has most.
unsigned client_most(void);

#endif
