#ifndef __INET_UDP_SOCKET_H__
#define __INET_UDP_SOCKET_H__

#include <inet/ip.h>
#include <list.h>

#include "udp.h"

/// Of UDP, and of ICMP echo.
#define UDP_HEADER_LEN 8
#define UDP_BUCKETS    32
/// What an echo socket sends: RFC 792, and RFC 4443, 4.1.
#define ECHO_REQUEST    8
#define ECHO_REQUEST_V6 128
/// Datagrams that may wait to be read, and bytes of them if nothing else was said.
#define UDP_QUEUE_MAX     64
#define UDP_QUEUE_DEFAULT 65536
#define UDP_QUEUE_LIMIT   262144

struct udp {
    list_elem_t next;  ///< In the bucket of its port; in none before it has one.
    enum udp_kind kind;
    void (*receive)(void *user, const struct ip_addr *src, uint16_t port, struct buf *packet);
    void *user;
    struct netif *netif;  ///< The only one that it uses; NULL: any.
    struct ip_addr local, remote;
    uint16_t local_port, remote_port;
    uint16_t sequence;  ///< Of the next echo request.
    uint8_t ttl;
    bool connected, broadcast, blocked;
    error_t error;
    struct ip_route route;   ///< To whom was sent last.
    struct ip_addr sent_to;  ///< Who that was.
    unsigned first_queued, num_queued;
    uint32_t queued_bytes, receive_buffer;
    struct buf *queue[UDP_QUEUE_MAX];
};

list_t *udp_bucket(uint16_t port);

#endif
