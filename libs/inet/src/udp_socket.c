#include "udp_socket.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <message.h>
#include <resea/malloc.h>

#include "addr.h"
#include "counters.h"
#include "ip.h"
#include "route.h"

#define DATAGRAM_MAX 65507u
/// Ports for those who don't care, RFC 6056, 3.3.1: any of these.
#define EPHEMERAL_FIRST 32768u
#define EPHEMERAL_COUNT 32768u
#define RANDOM_TRIES    64
/// What fits behind the headers into their buffer.
#define WITH_HEADER_MAX (NET_BUFFER_LEN - BUF_HEADROOM - UDP_HEADER_LEN)

struct udp *udp_open(enum udp_kind kind,
                     void (*receive)(void *user, const struct ip_addr *src, uint16_t port,
                                     struct buf *packet),
                     void *user) {
    struct udp *udp = malloc(sizeof(*udp));
    if (udp == NULL) {
        return NULL;
    }
    memset(udp, 0, sizeof(*udp));
    udp->kind = kind;
    udp->receive = receive;
    udp->user = user;
    udp->receive_buffer = UDP_QUEUE_DEFAULT;
    udp->route.generation = ip_generation() - 1;
    return udp;
}

void udp_close(struct udp *udp) {
    struct ip_addr src;
    uint16_t port;
    for (struct buf *packet; (packet = udp_receive(udp, &src, &port)) != NULL;) {
        buf_free(packet);
    }
    if (list_is_linked(&udp->next)) {
        list_remove(&udp->next);
    }
    free(udp);
}

void udp_set_netif(struct udp *udp, struct netif *netif) {
    udp->netif = netif;
    udp->broadcast = true;
}

static bool is_taken(const struct udp *udp, const struct ip_addr *local, uint16_t port) {
    list_t *bucket = udp_bucket(port);
    LIST_FOR_EACH (other, bucket, struct udp, next) {
        bool same_netif = udp->netif == NULL || other->netif == NULL || udp->netif == other->netif;
        bool same_addr = ip_addr_is_any(local) || ip_addr_is_any(&other->local)
                         || ip_addr_equals(local, &other->local);
        if (other != udp && other->local_port == port && other->kind == udp->kind && same_netif
            && same_addr) {
            return true;
        }
    }
    return false;
}

/// A free port, at random. 0: none is.
static uint16_t choose_port(const struct udp *udp, const struct ip_addr *local) {
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        uint16_t port = (uint16_t) (EPHEMERAL_FIRST + inet_random() % EPHEMERAL_COUNT);
        if (!is_taken(udp, local, port)) {
            return port;
        }
    }
    uint32_t start = inet_random();
    for (uint32_t i = 0; i < EPHEMERAL_COUNT; i++) {
        uint16_t port = (uint16_t) (EPHEMERAL_FIRST + (start + i) % EPHEMERAL_COUNT);
        if (!is_taken(udp, local, port)) {
            return port;
        }
    }
    return 0;
}

error_t udp_bind(struct udp *udp, const struct ip_addr *local, uint16_t *port) {
    if (udp->local_port != 0) {
        return ERR_INVALID_ARG;
    }
    bool loopback = ip_addr_is_v4(local) && v4_is_loopback(ip_addr_v4(local));
    if (!ip_addr_is_any(local) && !loopback && netif_with_addr(local, NULL) == NULL) {
        return ERR_UNREACHABLE;
    }
    uint16_t chosen = (*port != 0) ? *port : choose_port(udp, local);
    if (chosen == 0 || is_taken(udp, local, chosen)) {
        return ERR_IN_USE;
    }
    udp->local = *local;
    udp->local_port = *port = chosen;
    list_push_back(udp_bucket(chosen), &udp->next);
    return OK;
}

/// A socket that sends without having been bound gets a port.
static error_t ensure_port(struct udp *udp) {
    static const struct ip_addr any;
    uint16_t port = 0;
    return (udp->local_port != 0) ? OK : udp_bind(udp, &any, &port);
}

error_t udp_connect(struct udp *udp, const struct ip_addr *remote, uint16_t port) {
    struct ip_route route;
    error_t err = ip_route(remote, &udp->local, &route);
    err = IS_OK(err) ? ensure_port(udp) : err;
    if (IS_ERROR(err)) {
        return err;
    }
    udp->remote = *remote;
    udp->remote_port = port;
    udp->connected = true;
    udp->route = route;
    udp->sent_to = *remote;
    return OK;
}

static bool is_broadcast(const struct netif *netif, const struct ip_addr *addr) {
    uint32_t v4 = ip_addr_v4(addr);
    return ip_addr_is_v4(addr)
           && (v4 == V4_BROADCAST
               || (netif->v4 != 0 && netif->v4_mask < 0xfffffffe
                   && v4 == (netif->v4 | ~netif->v4_mask)));
}

/// Finds the way, if it isn't the same as last time.
static error_t find_route(struct udp *udp, const struct ip_addr *dst) {
    if (LIKELY(udp->route.generation == ip_generation() && ip_addr_equals(&udp->sent_to, dst))) {
        return OK;
    }
    error_t err = OK;
    if (udp->netif != NULL && is_broadcast(udp->netif, dst)) {
        struct ip_addr src = ip_addr_from_v4(udp->netif->v4);
        route_on_link(udp->netif, &src, dst, &udp->route);
    } else {
        err = ip_route(dst, &udp->local, &udp->route);
    }
    if (IS_OK(err) && udp->netif != NULL && udp->route.netif != udp->netif) {
        err = ERR_UNREACHABLE;
    }
    if (IS_ERROR(err)) {
        udp->route.generation = ip_generation() - 1;
        return err;
    }
    udp->sent_to = *dst;
    return OK;
}

static void write_header(struct udp *udp, uint8_t *header, const struct ip_addr *dst, uint16_t port,
                         size_t len) {
    memset(header, 0, UDP_HEADER_LEN);
    if (udp->kind == UDP_SOCKET) {
        put16(header, udp->local_port);
        put16(header + 2, port);
        put16(header + 4, (uint16_t) (UDP_HEADER_LEN + len));
    } else {
        header[0] = ip_addr_is_v4(dst) ? ECHO_REQUEST : ECHO_REQUEST_V6;
        put16(header + 4, udp->local_port);
        put16(header + 6, port);
    }
}

static uint8_t protocol_of(const struct udp *udp, const struct ip_addr *dst) {
    return (udp->kind == UDP_SOCKET) ? IP_PROTO_UDP
           : ip_addr_is_v4(dst)      ? IP_PROTO_ICMP
                                     : IP_PROTO_ICMPV6;
}

/// Copies what doesn't fit behind the headers. Returns how many slices; 0: there was no memory.
static unsigned copy_rest(const uint8_t *data, size_t len, struct ip_slice *slices) {
    unsigned count = 0;
    while (len > 0) {
        struct buf *buf = buf_alloc(false);
        if (buf == NULL) {
            break;
        }
        size_t piece = MIN(len, NET_BUFFER_LEN);
        memcpy(buf->base, data, piece);
        slices[count++] = (struct ip_slice){buf, 0, (uint16_t) piece};
        data += piece;
        len -= piece;
    }
    if (len == 0) {
        return count;
    }
    while (count > 0) {
        buf_unref(slices[--count].buf);
    }
    return 0;
}

static error_t send(struct udp *udp, const struct ip_addr *dst, uint16_t port, const uint8_t *data,
                    size_t len) {
    struct ip_slice slices[DATAGRAM_MAX / NET_BUFFER_LEN + 1];
    struct buf *header = buf_alloc(false);
    if (header == NULL) {
        return ERR_WOULD_BLOCK;
    }
    size_t first = MIN(len, WITH_HEADER_MAX);
    unsigned count = copy_rest(data + first, len - first, slices);
    if (count == 0 && len > first) {
        buf_unref(header);
        return ERR_WOULD_BLOCK;
    }
    header->start = BUF_HEADROOM;
    header->len = (uint16_t) (UDP_HEADER_LEN + first);
    write_header(udp, buf_data(header), dst, port, len);
    memcpy(buf_data(header) + UDP_HEADER_LEN, data, first);

    bool fits = len + UDP_HEADER_LEN + IPV4_HEADER_LEN <= udp->route.mtu;
    struct ip_packet packet = {.route = &udp->route,
                               .dst = *dst,
                               .protocol = protocol_of(udp, dst),
                               .ttl = udp->ttl,
                               .dont_fragment = fits && ip_addr_is_v4(dst),
                               .checksum_at = (udp->kind == UDP_SOCKET) ? 6 : 2,
                               .mss = 0,
                               .header = header,
                               .slices = slices,
                               .num_slices = count};
    error_t err = ip_send(&packet);
    for (unsigned i = 0; i < count; i++) {
        buf_unref(slices[i].buf);
    }
    return err;
}

error_t udp_send(struct udp *udp, const struct ip_addr *remote, uint16_t port, const void *data,
                 size_t len) {
    if (remote == NULL) {
        if (!udp->connected) {
            return ERR_INVALID_ARG;
        }
        remote = &udp->remote;
        port = (udp->kind == UDP_SOCKET) ? udp->remote_port : udp->sequence++;
    }
    if (len > DATAGRAM_MAX) {
        return ERR_TOO_LARGE;
    }
    error_t err = ensure_port(udp);
    err = IS_OK(err) ? find_route(udp, remote) : err;
    if (IS_ERROR(err)) {
        return err;
    }
    if (UNLIKELY(is_broadcast(udp->route.netif, remote)) && !udp->broadcast) {
        return ERR_NOT_PERMITTED;
    }
    // A sum with no pointer is none.
    static const uint8_t nothing;
    err = send(udp, remote, port, (len > 0) ? data : &nothing, len);
    udp->blocked = err == ERR_WOULD_BLOCK;
    if (IS_OK(err)) {
        inet_count(UDP_SENT);
    }
    return err;
}

error_t udp_error_of(struct udp *udp) {
    error_t err = udp->error;
    udp->error = OK;
    return err;
}

error_t udp_set_option(struct udp *udp, int option, unsigned value) {
    switch (option) {
    case SOCKET_OPTION_TTL:
        if (value < 1 || value > 255) {
            return ERR_INVALID_ARG;
        }
        udp->ttl = (uint8_t) value;
        return OK;
    case SOCKET_OPTION_BROADCAST:
        if (value > 1) {
            return ERR_INVALID_ARG;
        }
        udp->broadcast = value;
        return OK;
    case SOCKET_OPTION_RECEIVE_BUFFER:
        udp->receive_buffer = MIN(value, UDP_QUEUE_LIMIT);
        return OK;
    default:
        return ERR_INVALID_ARG;
    }
}

error_t udp_get_option(const struct udp *udp, int option, unsigned *value) {
    switch (option) {
    case SOCKET_OPTION_TTL:
        *value = (udp->ttl != 0) ? udp->ttl : IP_TTL;
        return OK;
    case SOCKET_OPTION_BROADCAST:
        *value = udp->broadcast;
        return OK;
    case SOCKET_OPTION_RECEIVE_BUFFER:
        *value = udp->receive_buffer;
        return OK;
    case SOCKET_OPTION_PATH_MTU:
        *value = udp->route.mtu;
        return udp->connected ? OK : ERR_INVALID_ARG;
    default:
        return ERR_INVALID_ARG;
    }
}
