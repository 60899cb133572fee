#include "fuzz.h"

#include <endian.h>
#include <message.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../src/tcp_impl.h"
#include "invariants.h"
#include "network.h"

#define PORTS 3
#define SLOTS 6

uint64_t fuzz_connections;
uint64_t fuzz_bytes;

static struct {
    const uint8_t *data;
    size_t left;
    struct tcp *slots[SLOTS];
    struct tcp *listeners[PORTS];
    struct buf *held;
} run;

void tcp_event(void *user, unsigned events) {
    if (user != &run || events == 0) {
        abort();
    }
}

static uint32_t take(unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes && run.left > 0; i++) {
        value = value << 8 | *run.data++;
        run.left--;
    }
    return value;
}

static uint32_t below(uint32_t limit) {
    return take(limit > 256 ? 2 : 1) % limit;
}

static void put32(uint8_t *p, uint32_t value) {
    value = hton32(value);
    memcpy(p, &value, sizeof(value));
}

static void put16(uint8_t *p, uint32_t value) {
    p[0] = (uint8_t) (value >> 8);
    p[1] = (uint8_t) value;
}

static struct tcp **any_slot(void) {
    return &run.slots[below(SLOTS)];
}

/// Near a number that matters, mostly; `wild`: anywhere.
static uint32_t near(uint32_t value) {
    switch (below(8)) {
    case 0:
        return value + take(4);
    case 1:
        return value + below(4000) - 2000;
    case 2:
        return value + below(5) - 2;
    default:
        return value;
    }
}

static const struct tcp *any_connection(void) {
    unsigned index = below(8);
    const struct tcp *found = NULL;
    LIST_FOR_EACH (tcp, &tcp_all, struct tcp, in_all) {
        found = tcp;
        if (index-- == 0) {
            break;
        }
    }
    return found;
}

static size_t add_options(uint8_t *p, const struct tcp *tcp) {
    size_t len = 0;
    uint32_t which = take(1);
    if (which & 1) {
        p[len] = p[len + 1] = 1;
        p[len + 2] = 8;
        p[len + 3] = 10;
        put32(p + len + 4, near((tcp != NULL) ? tcp->ts_recent + 1 : 100));
        put32(p + len + 8, near((tcp != NULL) ? (uint32_t) network_now + tcp->ts_offset : 100));
        len += 12;
    }
    if ((which & 6) == 6 && tcp != NULL) {
        unsigned blocks = 1 + below(2);
        p[len] = p[len + 1] = 1;
        p[len + 2] = 5;
        p[len + 3] = (uint8_t) (2 + 8 * blocks);
        len += 4;
        for (unsigned i = 0; i < blocks; i++, len += 8) {
            uint32_t start = near(tcp->snd_una + below(20000));
            put32(p + len, start);
            put32(p + len + 4, start + below(5000));
        }
    }
    if ((which & 24) == 24) {
        for (unsigned i = 0; i < 4 && len < 40; i++, len++) {
            p[len] = (uint8_t) take(1);
        }
    }
    return len;
}

static size_t add_syn_options(uint8_t *p) {
    size_t len = 4;
    p[0] = 2;
    p[1] = 4;
    put16(p + 2, (below(4) == 0) ? take(2) : 1460);
    if (below(2)) {
        put32(p + len, 0x01010402u);
        len += 4;
    }
    if (below(2)) {
        put32(p + len, 0x0101080au);
        put32(p + len + 4, near(100));
        put32(p + len + 8, 0);
        len += 12;
    }
    if (below(2)) {
        put32(p + len, 0x01030300u);
        p[len + 3] = (uint8_t) below(16);
        len += 4;
    }
    return len;
}

static void deliver(struct network_segment *segment, size_t options, uint32_t payload) {
    segment->bytes[12] = (uint8_t) ((TCP_HEADER_LEN + options) / 4 << 4);
    segment->len = (uint32_t) (TCP_HEADER_LEN + options + payload);
    network_set_checksum(segment);
    network_deliver(segment, 20 + below(600));
}

/// A segment for a connection that there is.
static void inject(void) {
    static const uint8_t flags[] = {A, A, A, A, A | P, A | F, R, R | A, S, S | A, F, 0, A | U};
    const struct tcp *tcp = any_connection();
    if (tcp == NULL) {
        return;
    }
    struct network_segment segment = {.src = tcp->node.remote, .dst = tcp->node.local};
    uint8_t *p = segment.bytes;
    put16(p, tcp->node.remote_port);
    put16(p + 2, tcp->node.local_port);
    put32(p + 4, near(tcp->rcv_nxt));
    put32(p + 8, near(below(2) ? tcp->snd_nxt : tcp->snd_una + below(3000)));
    p[13] = flags[below(sizeof(flags))];
    put16(p + 14, below(3) ? 60000 : below(5000));
    size_t options =
        (p[13] & S) ? add_syn_options(p + TCP_HEADER_LEN) : add_options(p + TCP_HEADER_LEN, tcp);
    deliver(&segment, options, below(3) ? 0 : below(1400));
}

/// A segment for a port.
static void inject_new(void) {
    struct network_segment segment = {.src = network_addr(3 + below(3)), .dst = network_addr(1)};
    uint8_t *p = segment.bytes;
    put16(p, 1 + below(500));
    put16(p + 2, 1 + below(PORTS + 1));
    put32(p + 4, take(4));
    p[13] = below(4) ? S : (uint8_t) take(1);
    put16(p + 14, below(3) ? 60000 : below(5000));
    deliver(&segment, add_syn_options(p + TCP_HEADER_LEN), 0);
}

/// The ACK that a half-open connection waits for, nearly always.
static void inject_third(void) {
    const struct tcp_half_open *half = LIST_FRONT(&tcp_half_opens, struct tcp_half_open, in_all);
    if (half == NULL) {
        return;
    }
    struct network_segment segment = {.src = half->node.remote, .dst = half->node.local};
    uint8_t *p = segment.bytes;
    put16(p, half->node.remote_port);
    put16(p + 2, half->node.local_port);
    put32(p + 4, near(half->irs + 1));
    put32(p + 8, near(half->iss + 1));
    p[13] = below(8) ? A : (uint8_t) take(1);
    put16(p + 14, 60000);
    size_t options = 0;
    if (half->terms.timestamps) {
        put32(p + TCP_HEADER_LEN, 0x0101080au);
        put32(p + TCP_HEADER_LEN + 4, near(half->ts_recent));
        put32(p + TCP_HEADER_LEN + 8, 0);
        options = 12;
    }
    deliver(&segment, options, below(2) ? 0 : below(1400));
}

/// What was sent comes back to us, if it is for one of our addresses.
static void reflect(void) {
    for (unsigned i = below(32); i > 0; i--) {
        struct network_segment *segment = network_take();
        if (segment == NULL) {
            return;
        }
        if (below(16) != 0) {
            network_deliver(segment, NETWORK_SEGMENT_MAX);
        }
        free(segment);
    }
}

static void open_one(void) {
    struct tcp **slot = any_slot();
    error_t err;
    struct ip_addr any = {{0}}, to = network_addr(below(2) ? 1 : 2 + below(3));
    if (*slot != NULL) {
        return;
    }
    *slot = tcp_connect(&any, (uint16_t) (below(4) ? 0 : below(500)), &to,
                        (uint16_t) (1 + below(PORTS + 1)), &err);
    if (*slot != NULL) {
        tcp_set_user(*slot, &run);
    }
}

static void listen_or_not(void) {
    unsigned port = below(PORTS);
    struct ip_addr any = {{0}};
    error_t err;
    if (run.listeners[port] != NULL) {
        if (below(4) == 0) {
            tcp_close(run.listeners[port]);
            run.listeners[port] = NULL;
        }
        return;
    }
    run.listeners[port] = tcp_listen(&any, (uint16_t) (port + 1), below(10), &err);
    tcp_set_user(run.listeners[port], &run);
}

static void accept_one(void) {
    struct tcp *listener = run.listeners[below(PORTS)];
    struct tcp **slot = any_slot();
    if (listener != NULL && *slot == NULL) {
        *slot = tcp_accept(listener);
        if (*slot != NULL) {
            fuzz_connections++;
            tcp_set_user(*slot, &run);
        }
    }
}

static void use(void) {
    static uint8_t bytes[65536];
    struct tcp **slot = any_slot();
    if (*slot == NULL) {
        return;
    }
    int64_t result;
    switch (below(12)) {
    case 0:
        tcp_shutdown_send(*slot);
        break;
    case 1:
        tcp_shutdown_receive(*slot);
        break;
    case 2:
        tcp_close(*slot);
        *slot = NULL;
        break;
    case 3:
        tcp_abort(*slot);
        *slot = NULL;
        break;
    case 4:
        (void) !tcp_set_option(*slot, (int) below(8), take(2));
        break;
    case 5:
    case 6:
    case 7:
        result = tcp_read(*slot, bytes, below(sizeof(bytes)));
        fuzz_bytes += (uint64_t) MAX(result, 0);
        break;
    default:
        (void) tcp_write(*slot, bytes, below(4) ? below(3000) : below(sizeof(bytes)));
        break;
    }
}

static void icmp(void) {
    const struct tcp *tcp = any_connection();
    if (tcp == NULL) {
        return;
    }
    uint8_t quoted[8];
    put16(quoted, tcp->node.local_port);
    put16(quoted + 2, tcp->node.remote_port);
    put32(quoted + 4, near(tcp->snd_una));
    struct ip_error error = {
        .failure = (enum ip_failure) below(IP_TTL_EXCEEDED + 1),
        .mtu = below(2) ? 1500 : take(2),
        .src = tcp->node.local,
        .dst = tcp->node.remote,
        .quoted = quoted,
        .quoted_len = below(9),
    };
    tcp_error(&error);
}

static void disturb(void) {
    static const error_t errors[] = {ERR_WOULD_BLOCK, ERR_NO_MEMORY, ERR_TOO_LARGE, ERR_UNREACHABLE,
                                     ERR_TRY_AGAIN};
    switch (below(6)) {
    case 0:
        network_error = errors[below(5)];
        break;
    case 1:
        network_unreachable = !network_unreachable;
        ip_learn_mtu(&(struct ip_route){.mtu = 1500}, NULL, 1500);
        break;
    case 2:
        tcp_resume();
        break;
    case 3:
        network_features = below(2) ? NET_TX_CHECKSUM | NET_TX_SEGMENT4 : 0;
        network_max_pieces = 2 + below(47);
        ip_learn_mtu(&(struct ip_route){.mtu = 1500}, NULL, 1500);
        break;
    case 4:
        buf_free(run.held);
        run.held = NULL;
        break;
    default:
        for (uint32_t left = take(2); buf_num_free() > left;) {
            struct buf *buf = buf_alloc(true);
            buf->next = run.held;
            run.held = buf;
        }
        break;
    }
}

static void wait(void) {
    network_pass(below(4) ? below(200) : take(2));
}

static void step(void) {
    static void (*const steps[])(void) = {
        inject,  inject,  inject,   inject,     inject_new, inject_third,  inject_third, reflect,
        reflect, reflect, open_one, accept_one, accept_one, use,           use,          use,
        use,     icmp,    wait,     wait,       disturb,    listen_or_not,
    };
    steps[below(sizeof(steps) / sizeof(steps[0]))]();
    if (below(3) != 0) {
        tcp_flush();
    }
}

static void finish(void) {
    for (unsigned i = 0; i < SLOTS; i++) {
        if (run.slots[i] != NULL) {
            tcp_close(run.slots[i]);
            run.slots[i] = NULL;
        }
    }
    for (unsigned i = 0; i < PORTS; i++) {
        if (run.listeners[i] != NULL) {
            tcp_close(run.listeners[i]);
            run.listeners[i] = NULL;
        }
    }
    buf_free(run.held);
    run.held = NULL;
    network_unreachable = false;
    network_end();
    tcp_flush();
    if (!list_is_empty(&tcp_all) || !list_is_empty(&tcp_half_opens)
        || !list_is_empty(&tcp_time_waits) || buf_num_free() != buf_count()) {
        fprintf(stderr, "something is left\n");
        abort();
    }
}

unsigned fuzz_run(const uint8_t *data, size_t len) {
    unsigned steps = 0;
    network_begin();
    run.data = data;
    run.left = len;
    for (; run.left > 0; steps++) {
        step();
        invariants_check();
    }
    finish();
    return steps;
}
