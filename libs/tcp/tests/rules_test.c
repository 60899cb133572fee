// Single rules: options (RFC 9293, 3.1 and 3.7.1; RFC 7323), sequence numbers that wrap (RFC 9293, 3.4), windows (3.8.6),
// timers (RFC 6298, 5), what is off unless it is asked for.

#include <message.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "script.h"

/// A SYN whose options are just these bytes, padded with what must end them.
static void syn_with(const uint8_t *options, size_t len) {
    struct network_segment segment = {.src = network_addr(9), .dst = network_addr(1)};
    uint8_t *p = segment.bytes;
    size_t padded = (len + 3) / 4 * 4;
    p[0] = (uint8_t) (script_peer_port >> 8);
    p[1] = (uint8_t) script_peer_port;
    p[3] = OUR_PORT;
    p[6] = PEER_SEQ >> 8;
    p[7] = (uint8_t) PEER_SEQ;
    p[12] = (uint8_t) ((TCP_HEADER_LEN + padded) / 4 << 4);
    p[13] = S;
    p[14] = 0xff;
    p[15] = 0xff;
    memcpy(p + TCP_HEADER_LEN, options, len);
    segment.len = (uint32_t) (TCP_HEADER_LEN + padded);
    network_set_checksum(&segment);
    network_deliver(&segment, NETWORK_SEGMENT_MAX);
}

TEST("options that nobody knows are skipped by their length, those behind them hold (MUST-6)") {
    script_begin();
    script_listen(4);
    // Fast Open's, an experiment's, no operation, and then the MSS.
    static const uint8_t options[] = {34,  10, 1, 2, 3, 4, 5, 6, 7,  8,
                                      254, 4,  0, 9, 1, 2, 4, 3, 232};
    syn_with(options, sizeof(options));
    OUT(.flags = S | A, .seq = 0, .ack = PEER_SEQ + 1);
    IN(.flags = A, .seq = PEER_SEQ + 1, .ack = 1);
    script_accept();
    TEST_EXPECT_EQ(script_tcp->terms.mss, 1000);
    script_end();
}

TEST("nothing counts behind the end of the options, or in one of a wrong length") {
    script_begin();
    script_listen(4);
    static const uint8_t ended[] = {0, 2, 4, 3, 232};
    static const uint8_t wrong[] = {2, 3, 3, 3, 2, 8, 3, 1, 4, 3, 1, 1};
    syn_with(ended, sizeof(ended));
    OUT(.flags = S | A, .seq = 0, .ack = PEER_SEQ + 1);
    IN(.flags = A, .seq = PEER_SEQ + 1, .ack = 1);
    script_accept();
    TEST_EXPECT_EQ(script_tcp->terms.mss, TCP_MSS_V4);
    tcp_abort(script_tcp);
    script_drain();
    script_next_peer();
    syn_with(wrong, sizeof(wrong));
    struct script_segment sent;
    TEST_EXPECT(script_take(&sent));
    TEST_EXPECT(sent.scale == 0 && !sent.ts && !sent.sack_ok);
    IN(.flags = A, .seq = PEER_SEQ + 1, .ack = 1);
    script_accept();
    TEST_EXPECT_EQ(script_tcp->terms.mss, TCP_MSS_V4);
    script_end();
}

TEST("a shift of more than 14 is one of 14 (RFC 7323, 2.3)") {
    script_begin();
    ESTABLISH(.mss = 1000, .scale = 16);
    TEST_EXPECT_EQ(script_tcp->terms.shift, TCP_WINDOW_SHIFT_MAX);
    script_end();
}

TEST("the MSS that we tell is what the path's MTU has room for (MUST-14)") {
    script_begin();
    network_mtu = 1400;
    script_connect();
    OUT(.flags = S, .mss = 1360);
    script_end();
}

TEST("what the SYN-ACK doesn't take up isn't used") {
    script_begin();
    script_connect();
    OUT(.flags = S, .sack_ok = true, .ts = true, .scale = TCP_WINDOW_SHIFT + 1);
    IN(.flags = S | A, .seq = 1000, .ack = 1, .mss = 1000, .window = 3000);
    struct script_segment sent;
    TEST_EXPECT(script_take(&sent));
    TEST_EXPECT(!sent.ts);
    TEST_EXPECT_GT(sent.window, 60000);  // Not shifted.
    IN(.flags = A, .seq = 1101, .ack = 1, .len = 10, .window = 3000);
    TEST_EXPECT(script_take(&sent));
    TEST_EXPECT(!sent.ts && sent.num_sacks == 0);
    script_write(10000);
    TEST_EXPECT_EQ(script_drain(), 3);
    script_end();
}

TEST("timestamps wrap: what is later modulo 2^32 is newer (RFC 7323, 5.2)") {
    script_begin();
    ESTABLISH(.mss = 1000, .ts = true, .ts_val = 0xfffffff0);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .ts = true, .ts_val = 16);
    script_read(10);
    IN(.flags = A, .seq = 1011, .ack = 1, .len = 10, .ts = true, .ts_val = 0xfffffff0);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    script_end();
}

TEST("an echo that can't be measures nothing") {
    script_begin();
    ESTABLISH(.mss = 1012, .ts = true, .ts_val = 1);
    uint32_t srtt = script_tcp->srtt;
    script_write(1000);
    script_pass(10);
    IN(.flags = A, .seq = 1001, .ack = 1001, .ts = true, .ts_val = 2, .ts_echo = 100000);
    TEST_EXPECT_EQ(script_tcp->srtt, srtt);
    script_end();
    script_begin();
    script_connect();
    OUT(.flags = S);
    script_pass(10);
    IN(.flags = S | A, .seq = 1000, .ack = 1, .ts = true, .ts_val = 1, .ts_echo = 100000);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    TEST_EXPECT_EQ(script_tcp->srtt, 0);
    TEST_EXPECT_EQ(script_tcp->rto, TCP_RTO_FIRST);
    script_end();
}

TEST("the peer's sequence numbers wrap, in order and out of it") {
    script_begin();
    script_listen(4);
    const uint32_t isn = 0xffffff00;
    IN(.flags = S, .seq = isn, .mss = 1000, .sack_ok = true);
    OUT(.flags = S | A, .seq = 0, .ack = isn + 1);
    IN(.flags = A, .seq = isn + 1, .ack = 1);
    script_accept();
    script_read_from(isn + 1);
    IN(.flags = A, .seq = isn + 201, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = isn + 1, .num_sacks = 1, .sacks = {{isn + 201, isn + 301}});
    IN(.flags = A, .seq = isn + 401, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = isn + 1, .num_sacks = 2,
        .sacks = {{isn + 401, isn + 501}, {isn + 201, isn + 301}});
    IN(.flags = A, .seq = isn + 1, .ack = 1, .len = 200);
    OUT(.flags = A, .seq = 1, .ack = isn + 301, .num_sacks = 1, .sacks = {{isn + 401, isn + 501}});
    IN(.flags = F | A, .seq = isn + 301, .ack = 1, .len = 200);
    script_drain();
    script_read(500);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    script_end();
}

/// Turns the clock on until a connection of the peer's would be answered with such a number, or one up to 250 below.
static void wait_for_iss(uint32_t wanted) {
    struct tcp_node ends = {.local = network_addr(1), .remote = network_addr(9)};
    ends.local_port = OUR_PORT;
    ends.remote_port = script_peer_port;
    tcp_now = network_now;
    network_now += (wanted - tcp_choose_iss(&ends)) / 250;
}

TEST("our sequence numbers wrap: sent, sacked, sent again, acknowledged") {
    script_begin();
    wait_for_iss((uint32_t) -2500);
    ESTABLISH(.mss = 1000, .sack_ok = true);
    TEST_EXPECT_GT(script_iss, (uint32_t) -2751);
    script_write(6000);
    for (uint32_t seq = 1; seq < 6001; seq += 1000) {
        OUT(.flags = A, .seq = seq, .ack = 1001, .len = 1000);
    }
    // The second is lost, around which the numbers wrap.
    IN(.flags = A, .seq = 1001, .ack = 1001, .num_sacks = 1, .sacks = {{2001, 3001}});
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 1001, .num_sacks = 1, .sacks = {{2001, 5001}});
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 6001);
    NOTHING();
    TEST_EXPECT_EQ(script_tcp->phase, TCP_PHASE_OPEN);
    script_pass(60000);
    NOTHING();
    script_end();
}

TEST("a peer that takes its window back hurts nobody (RFC 9293, 3.8.6; MUST-34)") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 5000);
    script_write(8000);
    TEST_EXPECT_EQ(script_drain(), 5);
    IN(.flags = A, .seq = 1001, .ack = 1001, .window = 1000);
    NOTHING();
    // What is beyond the window may have been thrown away: it is sent again when its time has come.
    script_pass(script_tcp->rto);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 5001, .window = 2000);
    // One at first, as always after a time-out.
    OUT(.flags = A, .seq = 5001, .ack = 1001, .len = 1000);
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 6001, .window = 2000);
    OUT(.flags = A, .seq = 6001, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 7001, .ack = 1001, .len = 1000);
    NOTHING();
    script_end();
}

TEST("an older segment doesn't change the window (RFC 9293, 3.10.7.4: SND.WL1 and WL2)") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 5000);
    IN(.flags = A, .seq = 1011, .ack = 1, .len = 10, .window = 2000);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10, .window = 9000);
    TEST_EXPECT_EQ(script_tcp->snd_wnd, 2000);
    IN(.flags = A, .seq = 1021, .ack = 1, .window = 3000);
    TEST_EXPECT_EQ(script_tcp->snd_wnd, 3000);
    script_drain();
    script_end();
}

TEST("a closed window of ours: ACK and RST count nonetheless (RFC 9293, 3.10.7.4)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_RECEIVE_BUFFER, 8000), OK);
    uint32_t seq = 1001;
    for (; seq < 1001 + 65000; seq += 1000) {
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
    }
    IN(.flags = A, .seq = seq, .ack = 1, .len = 535);
    seq += 535;
    script_pass(100);
    script_drain();
    script_write(100);
    OUT(.flags = A, .seq = 1, .ack = seq, .len = 100, .window = NO_WINDOW);
    IN(.flags = A, .seq = seq, .ack = 101);
    TEST_EXPECT_EQ(script_tcp->snd_una - script_iss, 101);
    script_write(100);
    OUT(.flags = A, .seq = 101, .ack = seq, .len = 100);
    // A probe's acknowledgement counts, its byte doesn't.
    IN(.flags = A, .seq = seq, .ack = 201, .len = 1);
    TEST_EXPECT_EQ(script_tcp->snd_una - script_iss, 201);
    OUT(.flags = A, .seq = 201, .ack = seq, .window = NO_WINDOW);
    IN(.flags = R, .seq = seq);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_RESET);
    script_end();
}

TEST("the timer: begins anew when something is acknowledged, ends with the last (RFC 6298, 5)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_tcp->rto = 1000;
    script_write(2000);
    TEST_EXPECT_EQ(script_drain(), 2);
    script_pass(900);
    script_tcp->timing = false;  // Nothing is measured: the time-out stays.
    IN(.flags = A, .seq = 1001, .ack = 1001);
    script_pass(999);
    NOTHING();
    script_pass(1);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 2001);
    script_pass(600000);
    NOTHING();
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    script_end();
}

TEST("keep-alive is off unless somebody wants it (RFC 9293, 3.8.4; MUST-25)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_pass(10ull * 3600 * 1000);
    NOTHING();
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    script_end();
}

TEST("keep-alive doesn't ask while something is unacknowledged: that is asked for again anyway") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_tcp->rto = 1000;
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_KEEPALIVE_S, 10), OK);
    script_write(1000);
    script_pass(60000);
    struct script_segment sent;
    unsigned count = 0;
    while (script_take(&sent)) {
        TEST_EXPECT_EQ(sent.seq, 1);
        count++;
    }
    TEST_EXPECT_EQ(count, 6);  // At 0, 1, 3, 7, 15 and 31 s.
    script_end();
}

TEST("a small segment isn't held back for ever: its turn comes with the acknowledgement (Nagle)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(1);
    OUT(.flags = A | P, .seq = 1, .ack = 1001, .len = 1);
    for (int i = 0; i < 50; i++) {
        script_write(1);
    }
    NOTHING();
    // The first is lost: what waits goes when it has come through.
    script_pass(script_tcp->rto);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1);
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 2);
    OUT(.flags = A | P, .seq = 2, .ack = 1001, .len = 50);
    script_end();
}
