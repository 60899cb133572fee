// Segments that nobody means well with, or that are damaged: RFC 5961, RFC 7323's PAWS, RFC 5927, SYN floods.

#include <message.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../../inet/src/checksum.h"
#include "script.h"

TEST("RST counts only with the very next number; others in the window are challenged (RFC 5961, "
     "3)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = R, .seq = 1000);
    IN(.flags = R, .seq = 1001 + 200000);
    NOTHING();
    IN(.flags = R, .seq = 1002);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    IN(.flags = R, .seq = 1001);
    NOTHING();
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_RESET);
    script_end();
}

TEST("SYN on a connection is challenged, whatever its number (RFC 5961, 4)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = S, .seq = 1001);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    script_pass(1000);
    IN(.flags = S, .seq = 99999999);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    script_end();
}

TEST("acknowledgements of what wasn't sent, or is long past, are challenged (RFC 5961, 5)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A, .seq = 1001, .ack = 2, .len = 10);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    script_pass(1000);
    IN(.flags = A, .seq = 1001, .ack = 1 - 65536, .len = 10);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    // Within the window that was: the payload counts.
    IN(.flags = A, .seq = 1001, .ack = 1 - 65535, .len = 10);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 10);
    script_end();
}

TEST("challenges are few (RFC 5961, 7)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    for (int i = 0; i < 1000; i++) {
        IN(.flags = R, .seq = 1002);
        script_pass(1);
    }
    TEST_EXPECT_EQ(script_drain(), 2);
    // SYNs are answered as rarely, wherever their numbers are.
    for (uint32_t i = 0; i < 1000; i++) {
        IN(.flags = S, .seq = 1001 + i * 1000000);
        script_pass(1);
    }
    TEST_EXPECT_EQ(script_drain(), 2);
    script_end();
}

TEST("no ACK, no payload; checksums that are wrong; headers that are") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = 0, .seq = 1001, .len = 10);
    uint64_t before = script_count("tcp.bad_checksum");
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .bad_checksum = true);
    TEST_EXPECT_EQ(script_count("tcp.bad_checksum"), before + 1);
    NOTHING();
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    // Shorter than a header, a header longer than the segment, a header shorter than a header.
    before = script_count("tcp.bad_header");
    struct network_segment segment = {.src = network_addr(9), .dst = network_addr(1), .len = 24};
    segment.bytes[12] = 0x70;
    network_set_checksum(&segment);
    network_deliver(&segment, 24);
    segment.bytes[12] = 0x40;
    network_set_checksum(&segment);
    network_deliver(&segment, 24);
    for (uint32_t len = 1; len < 20; len++) {
        segment.len = len;
        uint32_t sum = ip_sum_pseudo(&segment.src, &segment.dst, IP_PROTO_TCP, len);
        memset(segment.bytes, 0, sizeof(segment.bytes));
        uint16_t fold = ip_sum_fold(ip_sum(sum, segment.bytes, len));
        if (len >= 2) {
            segment.bytes[0] = (uint8_t) (fold >> 8);
            segment.bytes[1] = (uint8_t) fold;
        }
        network_deliver(&segment, 24);
    }
    TEST_EXPECT_GE(script_count("tcp.bad_header"), before + 2 + 18);
    script_end();
}

TEST("options of every length and kind hurt nobody") {
    script_begin();
    script_listen(4);
    for (unsigned kind = 0; kind < 12; kind++) {
        for (unsigned len = 0; len < 45; len++) {
            struct network_segment segment = {.src = network_addr(9), .dst = network_addr(1)};
            uint8_t *p = segment.bytes;
            memset(p, 0, 20);
            p[0] = (uint8_t) kind;
            p[1] = (uint8_t) len;
            p[3] = OUR_PORT;
            p[12] = 0xf0;
            p[13] = S;
            memset(p + 20, 1, 40);
            p[20 + len % 40] = (uint8_t) kind;
            p[20 + (len % 40 + 1) % 40] = (uint8_t) len;
            segment.len = 60;
            network_set_checksum(&segment);
            network_deliver(&segment, 33);
        }
    }
    script_drain();
    script_end();
}

TEST("PAWS: older timestamps are refused, but not RST, nor after 24 days (RFC 7323, 5)") {
    script_begin();
    ESTABLISH(.mss = 1000, .ts = true, .ts_val = 100);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .ts = true, .ts_val = 99);
    OUT(.flags = A, .seq = 1, .ack = 1001, .ts = true);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    TEST_EXPECT_GE(script_count("tcp.paws"), 1);
    // Without timestamps, once they were agreed on.
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    NOTHING();
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    network_now += 25ull * 24 * 3600 * 1000;
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .ts = true, .ts_val = 99);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 10);
    IN(.flags = R, .seq = 1011, .ts = true, .ts_val = 1);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_RESET);
    script_end();
}

TEST("a timestamp out of a segment that isn't acceptable isn't kept (RFC 7323, 5.3, R2 and R3)") {
    script_begin();
    ESTABLISH(.mss = 1000, .ts = true, .ts_val = 100);
    // Half of all sequence numbers are before ours: who guesses ports must not guess more than that.
    IN(.flags = A, .seq = 1001 - 100000, .ack = 1, .len = 10, .ts = true, .ts_val = 0x40000000);
    IN(.flags = A, .seq = 1001 + 200000, .ack = 1, .ts = true, .ts_val = 0x40000000);
    IN(.flags = S, .seq = 1001, .ts = true, .ts_val = 0x40000000);
    IN(.flags = 0, .seq = 1001, .len = 10, .ts = true, .ts_val = 0x40000000);
    IN(.flags = A, .seq = 1001, .ack = 5000, .len = 10, .ts = true, .ts_val = 0x40000000);
    script_drain();
    TEST_EXPECT_EQ(script_tcp->ts_recent, 100);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .ts = true, .ts_val = 101);
    script_read(10);
    TEST_EXPECT_EQ(script_tcp->ts_recent, 101);
    script_end();
}

TEST("the urgent pointer is no reason to do anything else") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A | U, .seq = 1001, .ack = 1, .len = 10);
    script_read(10);
    script_end();
}

TEST("data beyond the window is cut off") {
    script_begin();
    ESTABLISH(.mss = 1000);
    uint32_t edge = 1001 + 65535;
    IN(.flags = A, .seq = edge, .ack = 1, .len = 10);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    IN(.flags = F | A, .seq = edge - 5, .ack = 1, .len = 10);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(script_tcp->reorder->count, 1);
    TEST_EXPECT_EQ(script_tcp->reorder->ranges[0].range.end, edge);
    TEST_EXPECT(!script_tcp->fin_seen);
    script_end();
}

TEST("early segments: so many holes, and no more") {
    script_begin();
    ESTABLISH(.mss = 1000);
    unsigned before = buf_num_free();
    for (uint32_t i = 0; i < 200; i++) {
        IN(.flags = A, .seq = 1003 + i * 2, .ack = 1, .len = 1);
    }
    script_drain();
    TEST_EXPECT_EQ(script_tcp->reorder->count, TCP_REORDER_MAX);
    TEST_EXPECT_LE(before - buf_num_free(), TCP_REORDER_MAX);
    script_end();
}

TEST("single bytes don't fill the pool") {
    script_begin();
    ESTABLISH(.mss = 1000);
    unsigned before = buf_num_free();
    for (uint32_t i = 0; i < 10000; i++) {
        IN(.flags = A, .seq = 1001 + i, .ack = 1, .len = 1);
    }
    script_drain();
    TEST_EXPECT_LE(before - buf_num_free(), 10000 / NET_BUFFER_LEN + 2);
    script_read(10000);
    script_end();
}

TEST("a tiny MSS is not obeyed") {
    script_begin();
    ESTABLISH(.mss = 1);
    script_write(100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = TCP_MSS_MIN);
    script_end();
}

TEST("a flood of SYNs: what is remembered has a bound, and cookies let others in") {
    script_begin();
    script_listen(8);
    for (unsigned i = 0; i < 1000; i++) {
        script_next_peer();
        IN(.flags = S, .seq = 1000, .mss = 1460);
        script_drain();
    }
    unsigned blocks = 0;
    struct tcp_info info;
    while (tcp_info(blocks, &info)) {
        blocks++;
    }
    TEST_EXPECT_EQ(blocks, 1 + TCP_HALF_OPEN_MAX);
    // One that means it, with all options.
    script_next_peer();
    IN(.flags = S, .seq = 1000, .mss = 1460, .scale = 8, .sack_ok = true, .ts = true, .ts_val = 7);
    OUT(.flags = S | A, .seq = 0, .ack = 1001, .mss = 1460, .scale = TCP_WINDOW_SHIFT + 1,
        .sack_ok = true, .ts = true, .ts_echo = 7);
    uint64_t taken = script_count("tcp.cookies_taken");
    // Something else in its place is refused, an old one as well.
    IN(.flags = A, .seq = 1001, .ack = 9, .ts = true, .ts_val = 8);
    OUT(.flags = R, .seq = 9);
    IN(.flags = A, .seq = 1002, .ack = 1, .ts = true, .ts_val = 8);
    OUT(.flags = R, .seq = 1);
    script_pass(20);
    // The echo is our timestamp, in which the terms are.
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .ts = true, .ts_val = 8);
    NOTHING();
    TEST_EXPECT_EQ(script_count("tcp.cookies_taken"), taken + 1);
    script_accept();
    TEST_EXPECT_EQ(script_tcp->terms.shift, 7);
    TEST_EXPECT(script_tcp->terms.sack && script_tcp->terms.scaling
                && script_tcp->terms.timestamps);
    TEST_EXPECT_EQ(script_tcp->terms.mss, 1460);
    script_read(10);
    script_end();
}

TEST("a cookie without timestamps carries the MSS, and is good for two minutes at most") {
    script_begin();
    script_listen(8);
    for (unsigned i = 0; i <= TCP_HALF_OPEN_MAX; i++) {
        script_next_peer();
        IN(.flags = S, .seq = 1000, .mss = 1400, .sack_ok = true, .scale = 1);
        OUT(.flags = S | A, .ack = 1001);
    }
    uint32_t iss = script_iss;
    script_pass(130000);
    script_drain();
    script_iss = iss;
    IN(.flags = A, .seq = 1001, .ack = 1);
    OUT(.flags = R, .seq = 1);
    for (unsigned i = 0; i <= TCP_HALF_OPEN_MAX; i++) {
        script_next_peer();
        IN(.flags = S, .seq = 1000, .mss = 1400);
        OUT(.flags = S | A, .ack = 1001);
    }
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_accept();
    TEST_EXPECT_EQ(script_tcp->terms.mss, 1400);
    TEST_EXPECT(!script_tcp->terms.sack && !script_tcp->terms.scaling);
    script_end();
}

/// An ICMP error about a segment of ours.
static void icmp(enum ip_failure failure, uint32_t mtu, uint32_t seq) {
    uint8_t quoted[8];
    struct tcp_info info;
    tcp_info_of(script_tcp, &info);
    uint32_t absolute = script_iss + seq;
    quoted[0] = (uint8_t) (info.local_port >> 8);
    quoted[1] = (uint8_t) info.local_port;
    quoted[2] = (uint8_t) (info.remote_port >> 8);
    quoted[3] = (uint8_t) info.remote_port;
    for (unsigned i = 0; i < 4; i++) {
        quoted[4 + i] = (uint8_t) (absolute >> (24 - 8 * i));
    }
    struct ip_error error = {
        .failure = failure,
        .mtu = mtu,
        .src = info.local,
        .dst = info.remote,
        .quoted = quoted,
        .quoted_len = sizeof(quoted),
    };
    tcp_error(&error);
    tcp_flush();
}

TEST("the path takes less: smaller segments at once, without a smaller window (RFC 1191)") {
    script_begin();
    ESTABLISH(.mss = 1460);
    script_write(2920);
    script_drain();
    uint32_t cwnd = script_tcp->cwnd;
    icmp(IP_TOO_BIG, 1000, 1461);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 960);
    OUT(.flags = A, .seq = 961, .ack = 1001, .len = 960);
    OUT(.flags = A, .seq = 1921, .ack = 1001, .len = 960);
    OUT(.flags = A, .seq = 2881, .ack = 1001, .len = 40);
    TEST_EXPECT_EQ(script_tcp->cwnd, cwnd);
    unsigned mtu;
    TEST_EXPECT_EQ(tcp_get_option(script_tcp, SOCKET_OPTION_PATH_MTU, &mtu), OK);
    TEST_EXPECT_EQ(mtu, 1000);
    IN(.flags = A, .seq = 1001, .ack = 2921);
    // Nobody has 68: that is an attack.
    script_write(100);
    script_drain();
    icmp(IP_TOO_BIG, 68, 2921);
    TEST_EXPECT_EQ(script_tcp->mss, 552 - 40);
    script_end();
}

TEST("an MTU that is no news changes nothing, none at all is the least that is believed") {
    script_begin();
    ESTABLISH(.mss = 1460);
    script_write(2920);
    script_drain();
    icmp(IP_TOO_BIG, 1500, 1);
    icmp(IP_TOO_BIG, 9000, 1);
    NOTHING();
    TEST_EXPECT_EQ(script_tcp->mss, 1460);
    // Routers that are older than RFC 1191 don't tell.
    icmp(IP_TOO_BIG, 0, 1);
    TEST_EXPECT_EQ(script_tcp->mss, 552 - 40);
    TEST_EXPECT_EQ(script_drain(), 6);
    script_end();
}

TEST("ICMP about something that isn't on its way is ignored (RFC 5927, 4.1)") {
    script_begin();
    ESTABLISH(.mss = 1460);
    icmp(IP_TOO_BIG, 600, 0);
    icmp(IP_TOO_BIG, 600, 1);
    icmp(IP_NO_PORT, 0, 5000);
    NOTHING();
    TEST_EXPECT_EQ(script_tcp->mss, 1460);
    TEST_EXPECT_EQ(script_tcp->soft_error, OK);
    struct ip_error empty = {.failure = IP_NO_PORT};
    tcp_error(&empty);
    script_end();
}

TEST("unreachable ends a connection that isn't made yet, but no other (RFC 1122, 4.2.3.9)") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    icmp(IP_NO_ROUTE, 0, 0);
    TEST_EXPECT_EQ(script_state(), TCP_SYN_SENT);
    icmp(IP_NO_PORT, 0, 0);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_REFUSED);
    TEST_EXPECT(script_events & SOCKET_FAILED);
    script_end();
    script_begin();
    ESTABLISH(.mss = 1460);
    script_write(10);
    icmp(IP_NO_PORT, 0, 1);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    // If time runs out, it is told as the reason.
    script_pass(300000);
    script_drain();
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_REFUSED);
    script_end();
}

TEST("a black hole: after three time-outs smaller segments, which may be cut (RFC 4821)") {
    script_begin();
    ESTABLISH(.mss = 1460);
    script_write(1460);
    script_drain();
    script_pass(script_tcp->rto * 7);
    TEST_EXPECT_EQ(script_tcp->mss, 1024);
    TEST_EXPECT(script_tcp->fragment);
    script_drain();
    script_pass(script_tcp->rto * 8);
    TEST_EXPECT_EQ(script_tcp->mss, 512);
    TEST_EXPECT_GE(script_count("tcp.black_holes"), 2);
    script_drain();
    script_end();
}
