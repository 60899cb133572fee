// Connections: the table that finds them by both ends, and what all files keep their lists in.

#include <inet/bytes.h>
#include <inet/env.h>
#include <resea/malloc.h>

#include "tcp_impl.h"

#define BUCKETS 512u  // A power of two.

/// RFC 6335: dynamic ports.
#define PORT_FIRST 49152u
#define PORT_COUNT 16384u

uint64_t tcp_now;
list_t tcp_all;
list_t tcp_listeners;
list_t tcp_dirty;
list_t tcp_half_opens;
list_t tcp_time_waits;
unsigned tcp_num_orphans;
uint64_t tcp_counters[TCP_NUM_COUNTERS];

static struct tcp_node *buckets[BUCKETS];
/// So that nobody can make up ends that all fall into one bucket.
static uint64_t keys[3];

error_t tcp_init(void) {
    memset(buckets, 0, sizeof(buckets));
    for (unsigned i = 0; i < 3; i++) {
        keys[i] = ((uint64_t) inet_random() << 32) | inet_random() | 1;
    }
    list_init(&tcp_all);
    list_init(&tcp_listeners);
    list_init(&tcp_dirty);
    list_init(&tcp_half_opens);
    list_init(&tcp_time_waits);
    return OK;
}

/// For each packet: three multiplications instead of Siphash's rounds. The result is never seen from outside.
static unsigned hash(const struct ip_addr *remote, uint16_t local_port, uint16_t remote_port) {
    uint64_t words[2];
    memcpy(words, remote, sizeof(words));
    uint64_t ports = ((uint64_t) local_port << 16) | remote_port;
    uint64_t mix = (words[0] ^ keys[0]) * keys[1];
    mix = (mix ^ (mix >> 32) ^ words[1]) * keys[2];
    mix = (mix ^ (mix >> 32) ^ ports) * keys[1];
    return (unsigned) (mix >> 40) % BUCKETS;
}

static struct tcp_node **bucket_of(const struct tcp_node *node) {
    return &buckets[hash(&node->remote, node->local_port, node->remote_port)];
}

struct tcp_node *tcp_find(const struct ip_addr *local, uint16_t local_port,
                          const struct ip_addr *remote, uint16_t remote_port) {
    struct tcp_node *node = buckets[hash(remote, local_port, remote_port)];
    while (node != NULL
           && !(node->local_port == local_port && node->remote_port == remote_port
                && ip_addr_equals(&node->remote, remote) && ip_addr_equals(&node->local, local))) {
        node = node->next;
    }
    return node;
}

void tcp_hash_insert(struct tcp_node *node) {
    struct tcp_node **bucket = bucket_of(node);
    node->next = *bucket;
    node->hashed = true;
    *bucket = node;
}

void tcp_hash_remove(struct tcp_node *node) {
    if (!node->hashed) {
        return;
    }
    struct tcp_node **link = bucket_of(node);
    while (*link != node) {
        link = &(*link)->next;
    }
    *link = node->next;
    node->hashed = false;
}

struct tcp *tcp_find_listener(const struct ip_addr *local, uint16_t local_port) {
    struct tcp *any = NULL;
    LIST_FOR_EACH (tcp, &tcp_listeners, struct tcp, in_all) {
        if (tcp->node.local_port != local_port) {
            continue;
        }
        if (ip_addr_equals(&tcp->node.local, local)) {
            return tcp;
        }
        if (ip_addr_is_any(&tcp->node.local)) {
            any = tcp;
        }
    }
    return any;
}

bool tcp_is_listening(const struct ip_addr *local, uint16_t local_port) {
    struct tcp *tcp = tcp_find_listener(local, local_port);
    return tcp != NULL && ip_addr_equals(&tcp->node.local, local);
}

struct tcp *tcp_new(void) {
    struct tcp *tcp = malloc(sizeof(*tcp));
    if (tcp == NULL) {
        tcp_count(TCP_COUNT_NO_MEMORY);
        return NULL;
    }
    memset(tcp, 0, sizeof(*tcp));
    tcp->state = TCP_CLOSED;
    tcp->send_limit = TCP_SEND_LIMIT;
    tcp->receive_limit = TCP_RECEIVE_LIMIT;
    tcp->mss_limit = 0xffff;
    tcp->rcv_mss = TCP_MSS_V4;
    tcp->rto = TCP_RTO_FIRST;
    tcp->progress = tcp_now;
    tcp->heard = tcp_now;
    tcp->sent = tcp_now;
    list_init(&tcp->waiting);
    list_push_back(&tcp_all, &tcp->in_all);
    return tcp;
}

void tcp_make_orphan(struct tcp *tcp) {
    tcp_num_orphans += tcp->orphan ? 0 : 1;
    tcp->orphan = true;
    tcp->has_user = false;
}

void tcp_free(struct tcp *tcp) {
    tcp_num_orphans -= tcp->orphan ? 1 : 0;
    tcp_hash_remove(&tcp->node);
    tcp_queue_free(tcp);
    tcp_reorder_free(tcp);
    buf_free(tcp->recv_head);
    list_remove(&tcp->in_all);
    if (list_is_linked(&tcp->in_dirty)) {
        list_remove(&tcp->in_dirty);
    }
    free(tcp);
}

void tcp_mark_dirty(struct tcp *tcp) {
    if (!list_is_linked(&tcp->in_dirty)) {
        list_push_back(&tcp_dirty, &tcp->in_dirty);
    }
}

void tcp_unqueue(struct tcp *tcp) {
    list_remove(&tcp->in_waiting);
    tcp->listener->num_waiting--;
    if (tcp->listener->num_waiting == 0) {
        tcp->listener->told = 0;
    }
    tcp->listener = NULL;
}

static bool is_free(const struct ip_addr *local, uint16_t port, const struct ip_addr *remote,
                    uint16_t remote_port) {
    const struct tcp_node *node = tcp_find(local, port, remote, remote_port);
    return node == NULL && tcp_find_listener(local, port) == NULL;
}

uint16_t tcp_choose_port(const struct ip_addr *local, const struct ip_addr *remote,
                         uint16_t remote_port) {
    uint32_t start = inet_random();
    for (uint32_t i = 0; i < PORT_COUNT; i++) {
        uint16_t port = (uint16_t) (PORT_FIRST + (start + i) % PORT_COUNT);
        if (is_free(local, port, remote, remote_port)) {
            return port;
        }
    }
    return 0;
}

/// Both ends, as what is hashed.
static uint64_t hash_ends(const struct tcp_node *node, uint32_t purpose) {
    struct __packed {
        struct ip_addr local;
        struct ip_addr remote;
        uint16_t local_port;
        uint16_t remote_port;
        uint32_t purpose;
    } ends = {node->local, node->remote, node->local_port, node->remote_port, purpose};
    return inet_hash(&ends, sizeof(ends));
}

uint32_t tcp_choose_iss(const struct tcp_node *node) {
    // RFC 9293, 3.4.1: the clock goes up every 4 microseconds.
    return (uint32_t) (tcp_now * 250) + (uint32_t) hash_ends(node, 0);
}

uint32_t tcp_timestamp_offset(const struct tcp_node *node) {
    return (uint32_t) hash_ends(node, 1);
}
