// CUBIC (RFC 9438), with slow start (RFC 5681) below ssthresh. Windows are in bytes.

#include "tcp_impl.h"

/// RFC 9438, 4.6: how much of the window is left after a loss, in percent.
#define BETA 70u
/// 4.7: how much of the old maximum is aimed at if losses come more often.
#define CONVERGED 85u
/// 4.3: alpha of the estimate of what Reno would do, 3 * (1 - beta) / (1 + beta), in thousandths.
#define ALPHA 529u
/// Beyond this from the inflection point, the curve is steeper than the limits below allow anyway.
#define CURVE_MAX_MS 100000
#define WINDOW_MAX   (4u * TCP_LIMIT_MAX)

/// RFC 6928: ten segments, unless they are large.
static uint32_t initial_window(const struct tcp *tcp) {
    uint32_t mss = tcp->mss;
    return MIN(TCP_INITIAL_SEGMENTS * mss, MAX(2 * mss, 14600u));
}

void tcp_congestion_init(struct tcp *tcp) {
    // RFC 5681, 3.1: a SYN that was lost says that there is little room.
    tcp->cwnd = tcp->syn_resent ? tcp->mss : initial_window(tcp);
    tcp->ssthresh = WINDOW_MAX;
    tcp->cubic_epoch = 0;
    tcp->cubic_max = 0;
}

static uint32_t cube_root(uint64_t value) {
    uint64_t root = 0;
    for (int bit = 20; bit >= 0; bit--) {
        uint64_t larger = root | (1ull << bit);
        if (larger * larger * larger <= value) {
            root = larger;
        }
    }
    return (uint32_t) root;
}

static void begin_epoch(struct tcp *tcp) {
    tcp->cubic_epoch = tcp_now;
    tcp->cubic_estimate = tcp->cwnd;
    tcp->cubic_prior = MAX(tcp->cubic_max, tcp->cwnd);
    if (tcp->cubic_max <= tcp->cwnd) {
        tcp->cubic_max = tcp->cwnd;
        tcp->cubic_k = 0;
        return;
    }
    // K = cbrt((W_max - cwnd) / C) in seconds and segments, with C = 0.4: in ms, 1e9 / 0.4 = 2.5e9.
    uint64_t below = tcp->cubic_max - tcp->cwnd;
    tcp->cubic_k = cube_root(below * 2500000000ull / tcp->mss);
}

/// W_cubic (4.2), one round trip ahead, within 4.4's limits.
static uint32_t cubic_target(const struct tcp *tcp) {
    int64_t t = (int64_t) (tcp_now - tcp->cubic_epoch) + tcp->srtt / 8 - tcp->cubic_k;
    t = MAX(MIN(t, (int64_t) CURVE_MAX_MS), (int64_t) -CURVE_MAX_MS);
    int64_t curve = t * t * t / 1000000 * 4 * tcp->mss / 10000;
    int64_t target = (int64_t) tcp->cubic_max + curve;
    int64_t most = (int64_t) tcp->cwnd + tcp->cwnd / 2;
    return (uint32_t) MAX(MIN(target, most), (int64_t) tcp->cwnd);
}

static void avoid_congestion(struct tcp *tcp, uint32_t acked) {
    if (tcp->cubic_epoch == 0) {
        begin_epoch(tcp);
    }
    uint64_t alpha = (tcp->cubic_estimate >= tcp->cubic_prior) ? 1000 : ALPHA;
    uint64_t reno = alpha * acked * tcp->mss / tcp->cwnd / 1000;
    tcp->cubic_estimate += (uint32_t) MAX(reno, 1u);
    uint32_t target = cubic_target(tcp);
    if (target < tcp->cubic_estimate) {
        tcp->cwnd = MAX(tcp->cwnd, tcp->cubic_estimate);
        return;
    }
    tcp->cwnd += (uint32_t) ((uint64_t) (target - tcp->cwnd) * acked / tcp->cwnd);
}

void tcp_congestion_acked(struct tcp *tcp, uint32_t acked) {
    if (tcp->cwnd < tcp->ssthresh) {
        // RFC 3465: by bytes. At once no more than an initial window: acknowledgements may come merged.
        acked = MIN(acked, TCP_INITIAL_SEGMENTS * (uint32_t) tcp->mss);
        tcp->cwnd += MIN(acked, tcp->ssthresh - tcp->cwnd);
    } else {
        avoid_congestion(tcp, acked);
    }
    tcp->cwnd = MIN(tcp->cwnd, WINDOW_MAX);
}

static void reduce(struct tcp *tcp) {
    tcp->may_undo = true;
    tcp->has_resent = false;
    tcp->undo_cwnd = tcp->cwnd;
    tcp->undo_ssthresh = tcp->ssthresh;
    tcp->undo_cubic_max = tcp->cubic_max;
    uint32_t window = MIN(tcp->cwnd, MAX(tcp_flight(tcp), 2u * tcp->mss));
    tcp->cubic_max = (window < tcp->cubic_max) ? window * CONVERGED / 100 : window;
    tcp->ssthresh = MAX(window * BETA / 100, 2u * tcp->mss);
    tcp->cubic_epoch = 0;
}

void tcp_congestion_loss(struct tcp *tcp) {
    reduce(tcp);
    tcp->cwnd = tcp->ssthresh;
}

void tcp_congestion_timeout(struct tcp *tcp) {
    // RFC 5681, 3.1: if it is lost once more, the threshold stays.
    if (tcp->backoff == 0) {
        reduce(tcp);
    }
    tcp->cwnd = tcp->mss;
    tcp->cubic_epoch = 0;
}

void tcp_congestion_undo(struct tcp *tcp) {
    tcp->cwnd = MAX(tcp->cwnd, tcp->undo_cwnd);
    tcp->ssthresh = MAX(tcp->ssthresh, tcp->undo_ssthresh);
    tcp->cubic_max = tcp->undo_cubic_max;
    tcp->cubic_epoch = 0;
}

void tcp_congestion_idle(struct tcp *tcp) {
    tcp->cwnd = MIN(tcp->cwnd, initial_window(tcp));
    tcp->cubic_epoch = 0;
}
