// What is sent when, and what is acknowledged when: RFC 9293, 3.7.4 and 3.8.6; RFC 1122, 4.2.3.2; RFC 7323.

#include <message.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "script.h"

TEST("an acknowledgement is delayed by 40 ms, and goes with data if there is any") {
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    TEST_EXPECT_EQ(script_events & SOCKET_READABLE, SOCKET_READABLE);
    NOTHING();
    script_pass(39);
    NOTHING();
    script_pass(1);
    OUT(.flags = A, .seq = 1, .ack = 1101);
    IN(.flags = A, .seq = 1101, .ack = 1, .len = 100);
    script_read(200);
    NOTHING();
    script_write(100);
    OUT(.flags = A, .seq = 1, .ack = 1201, .len = 100);
    script_pass(100);
    NOTHING();
    script_end();
}

TEST("every second full segment is acknowledged at once") {
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 1460);
    NOTHING();
    IN(.flags = A, .seq = 2461, .ack = 1, .len = 1460);
    OUT(.flags = A, .seq = 1, .ack = 3921);
    IN(.flags = A, .seq = 3921, .ack = 1, .len = 1460);
    NOTHING();
    IN(.flags = A, .seq = 5381, .ack = 1, .len = 1460);
    OUT(.flags = A, .seq = 1, .ack = 6841);
    script_end();
}

TEST("what comes in a batch is acknowledged once") {
    script_begin();
    ESTABLISH(.mss = 1460);
    for (uint32_t i = 0; i < 7; i++) {
        IN(.flags = A, .seq = 1001 + i * 1000, .ack = 1, .len = 1000, .batched = true);
    }
    NOTHING();
    tcp_flush();
    OUT(.flags = A, .seq = 1, .ack = 8001);
    script_pass(100);
    NOTHING();
    script_end();
}

TEST("what comes again is acknowledged at once, and not read twice") {
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1101);
    // Half of it is new.
    IN(.flags = A, .seq = 1051, .ack = 1, .len = 100);
    script_read(150);
    script_pass(40);
    OUT(.flags = A, .seq = 1, .ack = 1151);
    script_end();
}

TEST("what comes early waits, is told in SACK blocks, and fills in") {
    script_begin();
    ESTABLISH(.mss = 1460, .sack_ok = true);
    IN(.flags = A, .seq = 1201, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .num_sacks = 1, .sacks = {{1201, 1301}});
    IN(.flags = A, .seq = 1401, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .num_sacks = 2, .sacks = {{1401, 1501}, {1201, 1301}});
    IN(.flags = A, .seq = 1601, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .num_sacks = 3,
        .sacks = {{1601, 1701}, {1401, 1501}, {1201, 1301}});
    // What touches becomes one block, which comes first.
    IN(.flags = A, .seq = 1301, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .num_sacks = 2, .sacks = {{1201, 1501}, {1601, 1701}});
    // Again: its block comes first.
    IN(.flags = A, .seq = 1601, .ack = 1, .len = 50);
    OUT(.flags = A, .seq = 1, .ack = 1001, .num_sacks = 2, .sacks = {{1601, 1701}, {1201, 1501}});
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 250);
    OUT(.flags = A, .seq = 1, .ack = 1501, .num_sacks = 1, .sacks = {{1601, 1701}});
    IN(.flags = A, .seq = 1501, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1701);
    script_read(700);
    script_end();
}

TEST("early segments that overlap in every way come out right") {
    script_begin();
    ESTABLISH(.mss = 1460);
    static const struct tcp_range parts[] = {
        {50, 60},  {55, 70},   {40, 52},  {30, 90}, {100, 120},
        {85, 105}, {110, 130}, {10, 140}, {5, 8},
    };
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        IN(.flags = A, .seq = 1001 + parts[i].start, .ack = 1,
           .len = parts[i].end - parts[i].start);
        OUT(.flags = A, .seq = 1, .ack = 1001);
    }
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 12);
    OUT(.flags = A, .seq = 1, .ack = 1141);
    script_read(140);
    script_end();
}

TEST("without SACK there are no blocks") {
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = A, .seq = 1201, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    script_end();
}

TEST("with timestamps there is room for three blocks, without for four") {
    script_begin();
    ESTABLISH(.mss = 1460, .sack_ok = true);
    for (uint32_t i = 1; i <= 5; i++) {
        IN(.flags = A, .seq = 1001 + i * 200, .ack = 1, .len = 100);
        struct network_segment *segment = network_take();
        TEST_EXPECT_EQ(segment->len, 20 + 4 + 8 * MIN(i, 4u));
        free(segment);
    }
    script_end();
    script_begin();
    ESTABLISH(.mss = 1460, .sack_ok = true, .ts = true, .ts_val = 1);
    for (uint32_t i = 1; i <= 5; i++) {
        IN(.flags = A, .seq = 1001 + i * 200, .ack = 1, .len = 100, .ts = true, .ts_val = 1);
        struct network_segment *segment = network_take();
        TEST_EXPECT_EQ(segment->len, 20 + 12 + 4 + 8 * MIN(i, 3u));
        free(segment);
    }
    script_end();
}

TEST("Nagle: a small segment waits for another small one's acknowledgement, no more") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(10);
    OUT(.flags = A | P, .seq = 1, .ack = 1001, .len = 10);
    script_write(10);
    script_write(10);
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 11);
    OUT(.flags = A | P, .seq = 11, .ack = 1001, .len = 20);
    script_write(980);
    NOTHING();
    // A full one goes at any time, and what is left stays.
    script_write(100);
    OUT(.flags = A, .seq = 31, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 31);
    OUT(.flags = A | P, .seq = 1031, .ack = 1001, .len = 80);
    script_end();
}

TEST("the rest of a large write isn't held back by its beginning (Minshall)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(2500);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    OUT(.flags = A | P, .seq = 2001, .ack = 1001, .len = 500);
    script_end();
}

TEST("without Nagle everything goes at once") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(10);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 10);
    script_write(10);
    NOTHING();
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_NODELAY, 1), OK);
    OUT(.flags = A, .seq = 11, .ack = 1001, .len = 10);
    script_write(10);
    OUT(.flags = A, .seq = 21, .ack = 1001, .len = 10);
    script_end();
}

TEST("never more than the peer's window, which is shifted as it says") {
    script_begin();
    ESTABLISH(.mss = 1000, .scale = 3, .window = 375);
    // The last window counts, and is shifted: 375 * 4.
    IN(.flags = A, .seq = 1001, .ack = 1, .window = 750);
    script_write(10000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 2001, .ack = 1001, .len = 1000);
    NOTHING();
    IN(.flags = A, .seq = 1001, .ack = 3001, .window = 500);
    OUT(.flags = A, .seq = 3001, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 4001, .ack = 1001, .len = 1000);
    NOTHING();
    script_end();
}

TEST("our window is told shifted, and unshifted in a SYN-ACK or to who doesn't shift") {
    script_begin();
    ESTABLISH(.mss = 1460, .scale = 1);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    script_pass(40);
    OUT(.flags = A, .seq = 1, .ack = 1011, .window = (TCP_RECEIVE_LIMIT - 10) >> TCP_WINDOW_SHIFT);
    script_end();
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    script_pass(40);
    OUT(.flags = A, .seq = 1, .ack = 1011, .window = 65525);
    script_end();
}

TEST(
    "silly windows are not used: a full segment, or half of the largest window, or after a while") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 4000);
    script_write(20000);
    TEST_EXPECT_EQ(script_drain(), 4);
    IN(.flags = A, .seq = 1001, .ack = 4001, .window = 300);
    NOTHING();
    script_pass(200);
    NOTHING();
    script_pass(10);
    OUT(.flags = A, .seq = 4001, .ack = 1001, .len = 300);
    IN(.flags = A, .seq = 1001, .ack = 4301, .window = 1200);
    OUT(.flags = A, .seq = 4301, .ack = 1001, .len = 1000);
    script_end();
    script_begin();
    ESTABLISH(.mss = 1000, .window = 600);
    script_write(20000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 600);
    IN(.flags = A, .seq = 1001, .ack = 601, .window = 300);
    OUT(.flags = A, .seq = 601, .ack = 1001, .len = 300);
    script_end();
}

TEST("a closed window is probed with one byte, ever more rarely, for as long as the peer answers") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 1000);
    script_write(3000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1001, .window = NO_WINDOW);
    NOTHING();
    uint64_t begun = network_now;
    unsigned probes = 0;
    while (network_now - begun < 600000) {
        script_pass(100);
        struct network_segment *segment = network_take();
        if (segment != NULL) {
            probes++;
            TEST_EXPECT_EQ(segment->len, 21);
            free(segment);
            IN(.flags = A, .seq = 1001, .ack = 1001, .window = NO_WINDOW);
        }
    }
    TEST_EXPECT_GE(probes, 14);
    TEST_EXPECT_LE(probes, 20);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    IN(.flags = A, .seq = 1001, .ack = 1001, .window = 5000);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1000);
    OUT(.flags = A, .seq = 2001, .ack = 1001, .len = 1000);
    script_end();
}

TEST("a probe's byte that is taken is sent no more") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 1000);
    script_write(2001);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1001, .window = NO_WINDOW);
    script_pass(1500);
    OUT(.flags = A, .seq = 1001, .ack = 1001, .len = 1);
    script_drain();
    IN(.flags = A, .seq = 1001, .ack = 1002, .window = 5000);
    OUT(.flags = A, .seq = 1002, .ack = 1001, .len = 1000);
    script_end();
}

TEST("a FIN is a probe, too; and a probe that nobody answers ends the connection") {
    script_begin();
    ESTABLISH(.mss = 1000, .window = 1000);
    script_write(1000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1001, .window = NO_WINDOW);
    tcp_shutdown_send(script_tcp);
    NOTHING();
    script_pass(1500);
    OUT(.flags = A | F, .seq = 1001, .ack = 1001);
    script_pass(300000);
    script_drain();
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_TIMED_OUT);
    script_end();
}

TEST("our window closes when nobody reads, never shrinks, and its opening is told once it is worth "
     "it") {
    script_begin();
    ESTABLISH(.mss = 1000);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_RECEIVE_BUFFER, 8000), OK);
    // What was told before the buffer became smaller holds.
    uint32_t seq = 1001;
    for (; seq < 66001; seq += 1000) {
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
    }
    script_pass(40);
    script_drain();
    IN(.flags = A, .seq = seq, .ack = 1, .len = 535);
    script_pass(40);
    OUT(.flags = A, .seq = 1, .ack = 66536, .window = NO_WINDOW);
    // A probe is answered, and not taken.
    IN(.flags = A, .seq = 66536, .ack = 1, .len = 1);
    OUT(.flags = A, .seq = 1, .ack = 66536, .window = NO_WINDOW);
    script_read(58000);
    NOTHING();
    script_read(1000);
    NOTHING();
    script_read(2000);
    OUT(.flags = A, .seq = 1, .ack = 66536, .window = 8000 - 4535);
    script_read(4535);
    OUT(.flags = A, .seq = 1, .ack = 66536, .window = 8000);
    script_end();
}

TEST("WRITABLE comes when half of the send buffer is free") {
    script_begin();
    ESTABLISH(.mss = 1000);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_SEND_BUFFER, 20000), OK);
    TEST_EXPECT_EQ(script_write(30000), 20000);
    TEST_EXPECT_EQ(tcp_writable(script_tcp), 0);
    TEST_EXPECT_EQ(script_write(1), 0);
    script_events = 0;
    IN(.flags = A, .seq = 1001, .ack = 9001);
    TEST_EXPECT_EQ(script_events, 0);
    TEST_EXPECT_EQ(tcp_writable(script_tcp), 9000);
    IN(.flags = A, .seq = 1001, .ack = 10001);
    TEST_EXPECT_EQ(script_events, SOCKET_WRITABLE);
    script_end();
}

TEST("timestamps: the echo is of the oldest segment that isn't acknowledged (RFC 7323, 4.3)") {
    script_begin();
    ESTABLISH(.mss = 1460, .ts = true, .ts_val = 100);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100, .ts = true, .ts_val = 110);
    script_pass(10);
    IN(.flags = A, .seq = 1101, .ack = 1, .len = 100, .ts = true, .ts_val = 120);
    script_pass(40);
    OUT(.flags = A, .seq = 1, .ack = 1201, .ts = true, .ts_echo = 110);
    IN(.flags = A, .seq = 1301, .ack = 1, .len = 100, .ts = true, .ts_val = 130);
    OUT(.flags = A, .seq = 1, .ack = 1201, .ts = true, .ts_echo = 110);
    IN(.flags = A, .seq = 1201, .ack = 1, .len = 100, .ts = true, .ts_val = 140);
    OUT(.flags = A, .seq = 1, .ack = 1401, .ts = true, .ts_echo = 140);
    script_end();
}

TEST("a segment has room for its timestamps") {
    script_begin();
    ESTABLISH(.mss = 1000, .ts = true, .ts_val = 100);
    script_write(2000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 988, .ts = true);
    OUT(.flags = A, .seq = 989, .ack = 1001, .len = 988, .ts = true);
    script_end();
}

TEST("keep-alive: after silence, a probe every 30 s, five of them") {
    script_begin();
    ESTABLISH(.mss = 1000);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_KEEPALIVE_S, 60), OK);
    script_pass(50000);
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_pass(59999);
    NOTHING();
    script_pass(1);
    OUT(.flags = A, .seq = 0, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_pass(60000);
    for (int i = 0; i < 5; i++) {
        OUT(.flags = A, .seq = 0, .ack = 1001);
        NOTHING();
        script_pass(30000);
    }
    OUT(.flags = R | A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_TIMED_OUT);
    script_end();
}

TEST("keep-alives of the peer's are answered") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A, .seq = 1000, .ack = 1);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    script_pass(1000);
    IN(.flags = A, .seq = 1000, .ack = 1, .len = 1);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    script_end();
}

TEST("a batch for the device to cut: whole segments, the last one as it is") {
    script_begin();
    network_features = NET_TX_CHECKSUM | NET_TX_SEGMENT4;
    ESTABLISH(.mss = 1000);
    network_sends = 0;
    script_write(4500);
    TEST_EXPECT_EQ(network_sends, 1);
    for (uint32_t i = 0; i < 4; i++) {
        OUT(.flags = A, .seq = 1 + i * 1000, .ack = 1001, .len = 1000);
    }
    OUT(.flags = A | P, .seq = 4001, .ack = 1001, .len = 500);
    IN(.flags = A, .seq = 1001, .ack = 4501);
    // Not more than the device takes pieces: a header and seven buffers.
    network_max_pieces = 8;
    ip_learn_mtu(&script_tcp->route, &script_tcp->node.remote, 1500);
    script_write(60000);
    TEST_EXPECT_GE(network_batches, 2);
    script_end();
}

TEST("options have limits") {
    script_begin();
    ESTABLISH(.mss = 1000);
    unsigned value;
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_NODELAY, 2), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_TTL, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_TTL, 256), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_SEND_BUFFER, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_PATH_MTU, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, 99, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_get_option(script_tcp, 99, &value), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_RECEIVE_BUFFER, 1), OK);
    TEST_EXPECT_EQ(tcp_get_option(script_tcp, SOCKET_OPTION_RECEIVE_BUFFER, &value), OK);
    TEST_EXPECT_EQ(value, TCP_LIMIT_MIN);
    TEST_EXPECT_EQ(tcp_set_option(script_tcp, SOCKET_OPTION_TTL, 9), OK);
    TEST_EXPECT_EQ(tcp_get_option(script_tcp, SOCKET_OPTION_TTL, &value), OK);
    TEST_EXPECT_EQ(value, 9);
    TEST_EXPECT_EQ(tcp_get_option(script_tcp, SOCKET_OPTION_PATH_MTU, &value), OK);
    TEST_EXPECT_EQ(value, 1500);
    script_end();
}
