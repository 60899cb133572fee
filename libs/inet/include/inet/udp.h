#ifndef __INET_UDP_H__
#define __INET_UDP_H__

/// \file
/// UDP, and ICMP echo, for whoever runs the stack, and for DHCP, DNS and NTP. Nothing blocks.

#include <inet/addr.h>
#include <inet/buf.h>
#include <types.h>

struct udp;

enum udp_kind {
    UDP_SOCKET,
    UDP_ECHO,  ///< ICMP echo: the port is the identifier, what is sent and received are payloads.
};

/// A socket that belongs to the stack itself has `receive`, which is called with each datagram and takes it
/// over; others have events (tcp_event's rules).
struct udp *udp_open(enum udp_kind kind,
                     void (*receive)(void *user, const struct ip_addr *src, uint16_t port,
                                     struct buf *packet),
                     void *user);
void udp_event(void *user, unsigned events);
void udp_close(struct udp *udp);
/// Port 0: one that is free, random (RFC 6056). ERR_IN_USE, ERR_UNREACHABLE.
error_t udp_bind(struct udp *udp, const struct ip_addr *local, uint16_t *port);
error_t udp_connect(struct udp *udp, const struct ip_addr *remote, uint16_t port);
/// `remote` NULL: the connected one. Copies. ERR_WOULD_BLOCK, ERR_UNREACHABLE, ERR_TOO_LARGE.
error_t udp_send(struct udp *udp, const struct ip_addr *remote, uint16_t port, const void *data,
                 size_t len);
/// Takes the next datagram; the caller frees it (buf_free). ECHO: `port` is the sequence number. NULL: none.
struct buf *udp_receive(struct udp *udp, struct ip_addr *src, uint16_t *port);
/// Whether a datagram waits to be taken.
bool udp_has_datagram(const struct udp *udp);
/// Reads and clears: ERR_REFUSED, ERR_UNREACHABLE of what was sent before.
error_t udp_error_of(struct udp *udp);
error_t udp_set_option(struct udp *udp, int option, unsigned value);
error_t udp_get_option(const struct udp *udp, int option, unsigned *value);

#endif
