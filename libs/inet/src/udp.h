#ifndef __INET_SRC_UDP_H__
#define __INET_SRC_UDP_H__

#include <inet/udp.h>

struct ip_error;
struct ip_info;

/// ERR_NO_MEMORY.
error_t __mustuse udp_init(void);
/// A device has room again.
void udp_resume(void);
/// An ICMP echo reply, from its ICMP header on, checked. Takes it over.
void udp_echo_input(const struct ip_info *info, struct buf *packet);
/// An error about an echo request of ours, or something that looks like it.
void udp_echo_error(const struct ip_error *error);
/// A socket of the stack's own that sends from the interface alone, even without an address of its own, and
/// to everybody.
void udp_set_netif(struct udp *udp, struct netif *netif);

#endif
