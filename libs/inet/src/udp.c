// RFC 768, and RFC 1122, 4.1: what comes in, and which socket it is for. Sending and options are in udp_socket.c.

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/info.h>
#include <inet/ip.h>
#include <message.h>

#include "addr.h"
#include "counters.h"
#include "ip.h"
#include "udp_socket.h"

/// One of so many buffers may wait in the sockets' queues.
#define QUEUED_SHARE 4
/// What is kept of each datagram in front of it, where its headers were.
struct origin {
    struct ip_addr src;
    uint16_t port;
};

static list_t buckets[UDP_BUCKETS];
static unsigned queued_buffers;

error_t udp_init(void) {
    for (unsigned i = 0; i < UDP_BUCKETS; i++) {
        list_init(&buckets[i]);
    }
    queued_buffers = 0;
    return OK;
}

list_t *udp_bucket(uint16_t port) {
    return &buckets[port % UDP_BUCKETS];
}

/// How well a socket fits: the more it has said, the better. 0: not at all.
static unsigned fit(const struct udp *udp, enum udp_kind kind, const struct ip_info *info,
                    uint16_t local_port, uint16_t remote_port) {
    unsigned points = 1;
    if (udp->local_port != local_port || udp->kind != kind
        || (udp->netif != NULL && udp->netif != info->netif)) {
        return 0;
    }
    if (!ip_addr_is_any(&udp->local)) {
        if (!ip_addr_equals(&udp->local, &info->dst)) {
            return 0;
        }
        points += 1;
    }
    if (udp->connected) {
        if (!ip_addr_equals(&udp->remote, &info->src)
            || (kind == UDP_SOCKET && udp->remote_port != remote_port)) {
            return 0;
        }
        points += 2;
    }
    return points;
}

static struct udp *find(enum udp_kind kind, const struct ip_info *info, uint16_t local_port,
                        uint16_t remote_port) {
    struct udp *best = NULL;
    unsigned most = 0;
    list_t *bucket = udp_bucket(local_port);
    LIST_FOR_EACH (udp, bucket, struct udp, next) {
        unsigned points = fit(udp, kind, info, local_port, remote_port);
        if (points > most) {
            best = udp;
            most = points;
        }
    }
    return best;
}

static unsigned count_buffers(const struct buf *packet) {
    unsigned count = 0;
    for (; packet != NULL; packet = packet->next) {
        count++;
    }
    return count;
}

static void enqueue(struct udp *udp, const struct ip_info *info, uint16_t port,
                    struct buf *packet) {
    unsigned buffers = count_buffers(packet);
    if (udp->num_queued == UDP_QUEUE_MAX || udp->queued_bytes + packet->total > udp->receive_buffer
        || queued_buffers + buffers > buf_count() / QUEUED_SHARE) {
        inet_count(UDP_QUEUE_FULL);
        info->netif->traffic.rx_dropped++;
        buf_free(packet);
        return;
    }
    struct origin origin = {info->src, port};
    memcpy(buf_data(packet) - sizeof(origin), &origin, sizeof(origin));
    udp->queue[(udp->first_queued + udp->num_queued) % UDP_QUEUE_MAX] = packet;
    udp->num_queued++;
    udp->queued_bytes += packet->total;
    queued_buffers += buffers;
    if (udp->num_queued == 1) {
        udp_event(udp->user, SOCKET_READABLE);
    }
}

struct buf *udp_receive(struct udp *udp, struct ip_addr *src, uint16_t *port) {
    if (udp->num_queued == 0) {
        return NULL;
    }
    struct buf *packet = udp->queue[udp->first_queued];
    udp->first_queued = (udp->first_queued + 1) % UDP_QUEUE_MAX;
    udp->num_queued--;
    udp->queued_bytes -= packet->total;
    queued_buffers -= count_buffers(packet);
    struct origin origin;
    memcpy(&origin, buf_data(packet) - sizeof(origin), sizeof(origin));
    *src = origin.src;
    *port = origin.port;
    return packet;
}

bool udp_has_datagram(const struct udp *udp) {
    return udp->num_queued > 0;
}

static void give(struct udp *udp, const struct ip_info *info, uint16_t port, struct buf *packet) {
    inet_count(UDP_RECEIVED);
    if (udp->receive != NULL) {
        udp->receive(udp->user, &info->src, port, packet);
    } else {
        enqueue(udp, info, port, packet);
    }
}

/// Reads the header, cuts it and what is behind the datagram off, and checks the sum.
static bool parse(const struct ip_info *info, struct buf *packet, uint16_t *remote_port,
                  uint16_t *local_port) {
    uint8_t header[UDP_HEADER_LEN];
    if (!buf_pull_up(packet, UDP_HEADER_LEN)) {
        return false;
    }
    memcpy(header, buf_data(packet), sizeof(header));
    size_t len = get16(header + 4);
    *remote_port = get16(header);
    *local_port = get16(header + 2);
    if (len < UDP_HEADER_LEN || len > packet->total || *local_port == 0) {
        return false;
    }
    buf_trim_back(packet, packet->total - len);
    // Without a sum: RFC 768. Not over IPv6 (RFC 8200, 8.1).
    bool unsummed = get16(header + 6) == 0 && ip_addr_is_v4(&info->dst);
    return unsummed || ip_checksum_ok(info, packet);
}

void udp_input(const struct ip_info *info, struct buf *packet) {
    uint16_t remote_port, local_port;
    if (!parse(info, packet, &remote_port, &local_port)) {
        inet_count(UDP_BAD);
        info->netif->traffic.rx_dropped++;
        buf_free(packet);
        return;
    }
    struct udp *udp = find(UDP_SOCKET, info, local_port, remote_port);
    if (udp == NULL) {
        inet_count(UDP_NO_PORT);
        ip_refuse(info, packet, IP_REFUSE_PORT);
        buf_free(packet);
        return;
    }
    buf_trim_front(packet, UDP_HEADER_LEN);
    give(udp, info, remote_port, packet);
}

void udp_echo_input(const struct ip_info *info, struct buf *packet) {
    uint8_t header[UDP_HEADER_LEN];
    memcpy(header, buf_data(packet), sizeof(header));
    struct udp *udp = find(UDP_ECHO, info, get16(header + 4), 0);
    if (udp == NULL) {
        buf_free(packet);
        return;
    }
    buf_trim_front(packet, UDP_HEADER_LEN);
    give(udp, info, get16(header + 6), packet);
}

/// Only of what a socket has sent to: nobody else can tell it anything.
static void heed(struct udp *udp, const struct ip_error *error) {
    if (udp == NULL || !ip_addr_equals(&udp->sent_to, &error->dst)) {
        return;
    }
    if (error->failure == IP_TOO_BIG) {
        ip_learn_mtu(&udp->route, &error->dst, error->mtu);
    } else if (udp->connected) {
        // RFC 1122, 4.1.3.3: the user is told.
        udp->error = (error->failure == IP_NO_PORT) ? ERR_REFUSED : ERR_UNREACHABLE;
        if (udp->receive == NULL) {
            udp_event(udp->user, SOCKET_FAILED);
        }
    }
}

void udp_error(const struct ip_error *error) {
    struct ip_info info = {.src = error->dst, .dst = error->src};
    if (error->quoted_len >= 4) {
        heed(find(UDP_SOCKET, &info, get16(error->quoted), get16(error->quoted + 2)), error);
    }
}

void udp_echo_error(const struct ip_error *error) {
    struct ip_info info = {.src = error->dst, .dst = error->src};
    uint8_t request = ip_addr_is_v4(&error->dst) ? ECHO_REQUEST : ECHO_REQUEST_V6;
    if (error->quoted_len >= UDP_HEADER_LEN && error->quoted[0] == request) {
        heed(find(UDP_ECHO, &info, get16(error->quoted + 4), 0), error);
    }
}

void udp_resume(void) {
    for (unsigned i = 0; i < UDP_BUCKETS; i++) {
        LIST_FOR_EACH (udp, &buckets[i], struct udp, next) {
            if (udp->blocked && udp->receive == NULL) {
                udp->blocked = false;
                udp_event(udp->user, SOCKET_WRITABLE);
            }
        }
    }
}

bool inet_udp_info(unsigned index, struct inet_udp_info *info) {
    for (unsigned i = 0; i < UDP_BUCKETS; i++) {
        LIST_FOR_EACH (udp, &buckets[i], struct udp, next) {
            if (index-- > 0) {
                continue;
            }
            *info = (struct inet_udp_info){.echo = udp->kind == UDP_ECHO,
                                           .local = udp->local,
                                           .local_port = udp->local_port,
                                           .receive_queue = udp->queued_bytes,
                                           .user = (udp->receive == NULL) ? udp->user : NULL};
            if (udp->connected) {
                info->remote = udp->remote;
                info->remote_port = udp->remote_port;
            }
            return true;
        }
    }
    return false;
}
