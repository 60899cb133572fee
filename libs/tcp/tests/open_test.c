// How connections begin: RFC 9293, 3.5 and 3.10.7.2 to 3.10.7.4.

#include <message.h>
#include <string.h>
#include <unittest.h>

#include "script.h"

TEST("a passive open answers SYN with SYN-ACK and is accepted after the ACK") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000, .mss = 1460, .scale = 8, .sack_ok = true, .ts = true, .ts_val = 7);
    OUT(.flags = S | A, .seq = 0, .ack = 1001, .mss = 1460, .scale = TCP_WINDOW_SHIFT + 1,
        .sack_ok = true, .ts = true, .ts_echo = 7);
    TEST_EXPECT(tcp_accept(script_listener) == NULL);
    IN(.flags = A, .seq = 1001, .ack = 1, .ts = true, .ts_val = 8);
    NOTHING();
    TEST_EXPECT_EQ(tcp_events(script_listener), SOCKET_READABLE);
    script_accept();
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    TEST_EXPECT_EQ(script_events, SOCKET_WRITABLE);
    TEST_EXPECT_EQ(tcp_events(script_listener), 0);
    script_end();
}

TEST("options that the peer doesn't have aren't offered in return") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    struct script_segment sent;
    TEST_EXPECT(script_take(&sent));
    TEST_EXPECT_EQ(sent.mss, 1460);
    TEST_EXPECT(sent.scale == 0 && !sent.sack_ok && !sent.ts);
    struct tcp_info info;
    TEST_EXPECT(tcp_info(1, &info) && info.state == TCP_SYN_RECEIVED);
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_accept();
    // RFC 9293, 3.7.1: who doesn't tell gets 536.
    script_write(600);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 536);
    OUT(.flags = A, .seq = 537, .ack = 1001, .len = 64);
    script_end();
}

TEST("data that comes with the ACK of the SYN-ACK is taken") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    script_accept();
    TEST_EXPECT_EQ(script_events, SOCKET_READABLE | SOCKET_WRITABLE);
    script_read(100);
    script_end();
}

TEST("a SYN-ACK that isn't acknowledged is sent again, five times") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    uint64_t wait = 1000;
    for (int i = 0; i < 5; i++) {
        script_pass(wait - 1);
        NOTHING();
        script_pass(1);
        OUT(.flags = S | A, .ack = 1001);
        wait *= 2;
    }
    script_pass(wait);
    NOTHING();
    struct tcp_info info;
    TEST_EXPECT(!tcp_info(1, &info));
    script_end();
}

TEST("a half-open connection: SYN again, wrong ACK, RST") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 77);
    OUT(.flags = R, .seq = 77);
    IN(.flags = R, .seq = 1002);
    struct tcp_info info;
    TEST_EXPECT(tcp_info(1, &info));
    IN(.flags = R, .seq = 1001);
    TEST_EXPECT(!tcp_info(1, &info));
    NOTHING();
    script_end();
}

TEST("nobody listens: RST, with the numbers of RFC 9293, 3.10.7.1") {
    script_begin();
    IN(.flags = S, .seq = 1000);
    OUT(.flags = R | A, .seq = 0, .ack = 1001);
    IN(.flags = F, .seq = 1000, .len = 10);
    OUT(.flags = R | A, .seq = 0, .ack = 1011);
    IN(.flags = A, .seq = 1000, .ack = 4711);
    OUT(.flags = R, .seq = 4711);
    IN(.flags = R | A, .seq = 1000, .ack = 4711);
    NOTHING();
    script_end();
}

TEST("a listening socket resets an ACK, and takes no notice of RST or of nothing at all") {
    script_begin();
    script_listen(4);
    IN(.flags = A, .seq = 1000, .ack = 5);
    OUT(.flags = R, .seq = 5);
    IN(.flags = R, .seq = 1000);
    IN(.flags = 0, .seq = 1000);
    IN(.flags = F, .seq = 1000);
    NOTHING();
    script_end();
}

TEST("an active open") {
    script_begin();
    script_connect();
    OUT(.flags = S, .seq = 0, .mss = 1460, .scale = TCP_WINDOW_SHIFT + 1, .sack_ok = true,
        .ts = true);
    TEST_EXPECT_EQ(tcp_write(script_tcp, "x", 1), ERR_INVALID_ARG);
    IN(.flags = S | A, .seq = 1000, .ack = 1, .mss = 1000);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    TEST_EXPECT_EQ(script_events, SOCKET_WRITABLE);
    script_write(1000);
    OUT(.flags = A | P, .seq = 1, .ack = 1001, .len = 1000);
    script_end();
}

TEST("a SYN is sent again after 1, 2, 4, … seconds, for three minutes") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    unsigned count = 0;
    for (uint64_t wait = 1000; wait <= 32000; wait *= 2, count++) {
        script_pass(wait - 1);
        NOTHING();
        script_pass(1);
        OUT(.flags = S);
    }
    TEST_EXPECT_EQ(count, 6);
    script_pass(100000);
    TEST_EXPECT_EQ(script_state(), TCP_SYN_SENT);
    script_pass(60000);
    script_drain();
    TEST_EXPECT_EQ(script_state(), TCP_CLOSED);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_TIMED_OUT);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_TIMED_OUT);
    TEST_EXPECT(script_events & SOCKET_FAILED);
    script_end();
}

TEST("a SYN that had to be sent again: RTO 3 s, window one segment") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    script_pass(1000);
    OUT(.flags = S);
    IN(.flags = S | A, .seq = 1000, .ack = 1, .mss = 1000);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    script_write(5000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    NOTHING();
    script_pass(2999);
    NOTHING();
    script_pass(1);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    script_end();
}

TEST("SYN-SENT: a wrong ACK is reset, RST counts only with the right one") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    IN(.flags = S | A, .seq = 1000, .ack = 99);
    OUT(.flags = R, .seq = 99);
    IN(.flags = R | A, .seq = 1000, .ack = 99);
    IN(.flags = R, .seq = 1000);
    IN(.flags = A, .seq = 1000, .ack = 1);
    NOTHING();
    TEST_EXPECT_EQ(script_state(), TCP_SYN_SENT);
    IN(.flags = R | A, .seq = 0, .ack = 1);
    NOTHING();
    TEST_EXPECT_EQ(script_state(), TCP_CLOSED);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_REFUSED);
    TEST_EXPECT_EQ(script_events, SOCKET_READABLE | SOCKET_ENDED | SOCKET_FAILED);
    script_end();
}

TEST("both ends open at once") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    IN(.flags = S, .seq = 1000, .mss = 1000);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    TEST_EXPECT_EQ(script_state(), TCP_SYN_RECEIVED);
    // Its SYN isn't in the window any more; what acknowledges it completes the other side.
    IN(.flags = S | A, .seq = 1000, .ack = 1);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    NOTHING();
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    script_write(1000);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    script_end();
}

TEST("both ends open at once: wrong ACK, time, RST") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 5);
    OUT(.flags = R, .seq = 5);
    script_pass(1000);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    IN(.flags = R, .seq = 1001);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_REFUSED);
    script_end();
}

TEST("two of this TCP that open at once are connected") {
    script_begin();
    error_t err;
    struct ip_addr one = network_addr(1), two = network_addr(2);
    const struct network_link link = {.delay = 10, .seed = 1};
    network_connect(&link);
    struct tcp *a = tcp_connect(&one, 1111, &two, 2222, &err);
    struct tcp *b = tcp_connect(&two, 2222, &one, 1111, &err);
    while (network_step() && network_now < 1001000) {}
    struct tcp_info info;
    tcp_info_of(a, &info);
    TEST_EXPECT_EQ(info.state, TCP_ESTABLISHED);
    tcp_info_of(b, &info);
    TEST_EXPECT_EQ(info.state, TCP_ESTABLISHED);
    TEST_EXPECT_EQ(tcp_write(a, "hello", 5), 5);
    while (network_step() && tcp_readable(b) == 0) {}
    char text[8];
    TEST_EXPECT_EQ(tcp_read(b, text, sizeof(text)), 5);
    TEST_EXPECT_MEM_EQ(text, "hello", 5);
    tcp_abort(a);
    tcp_abort(b);
    script_end();
}

TEST("no more wait to be accepted than the backlog says") {
    script_begin();
    script_listen(2);
    for (int i = 0; i < 2; i++) {
        IN(.flags = S, .seq = 1000);
        OUT(.flags = S | A, .ack = 1001);
        IN(.flags = A, .seq = 1001, .ack = 1);
        script_next_peer();
    }
    IN(.flags = S, .seq = 1000);
    NOTHING();
    struct tcp *first = tcp_accept(script_listener);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    struct tcp *second = tcp_accept(script_listener);
    struct tcp *third = tcp_accept(script_listener);
    TEST_EXPECT(first != NULL && second != NULL && third != NULL);
    TEST_EXPECT(tcp_accept(script_listener) == NULL);
    tcp_abort(first);
    tcp_abort(second);
    tcp_abort(third);
    script_end();
}

TEST("an ACK that there is no room for is as good as lost") {
    script_begin();
    script_listen(1);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    uint32_t iss = script_iss;
    script_next_peer();
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_peer_port--;
    script_iss = iss;
    IN(.flags = A, .seq = 1001, .ack = 1);
    NOTHING();
    struct tcp *first = tcp_accept(script_listener);
    TEST_EXPECT(first != NULL);
    IN(.flags = A, .seq = 1001, .ack = 1);
    script_accept();
    tcp_abort(first);
    script_end();
}

TEST("a listening socket that is closed resets who waits, and forgets who is half open") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    uint32_t iss = script_iss;
    script_next_peer();
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    tcp_close(script_listener);
    script_listener = NULL;
    script_iss = iss;
    OUT(.flags = R | A, .seq = 1, .ack = 1001);
    NOTHING();
    script_end();
}

TEST("a connection that is reset before it is accepted is gone") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    IN(.flags = R, .seq = 1001);
    TEST_EXPECT(tcp_accept(script_listener) == NULL);
    script_end();
}

TEST("listening: one address at a time, others beside it") {
    script_begin();
    error_t err;
    struct ip_addr any = {{0}}, one = network_addr(1);
    script_listen(4);
    TEST_EXPECT(tcp_listen(&any, OUR_PORT, 1, &err) == NULL);
    TEST_EXPECT_EQ(err, ERR_IN_USE);
    struct tcp *exact = tcp_listen(&one, OUR_PORT, 1, &err);
    TEST_EXPECT(exact != NULL);
    struct tcp *chosen = tcp_listen(&any, 0, 1, &err);
    struct tcp_info info;
    tcp_info_of(chosen, &info);
    TEST_EXPECT_GE(info.local_port, 49152);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1);
    // The one that says more has it.
    struct tcp *tcp = tcp_accept(exact);
    TEST_EXPECT(tcp != NULL);
    tcp_abort(tcp);
    tcp_close(exact);
    tcp_close(chosen);
    script_end();
}

TEST("connecting where no route leads, or with ends that are in use") {
    script_begin();
    error_t err;
    struct ip_addr any = {{0}}, peer = network_addr(9);
    network_unreachable = true;
    TEST_EXPECT(tcp_connect(&any, 0, &peer, 80, &err) == NULL);
    TEST_EXPECT_EQ(err, ERR_UNREACHABLE);
    network_unreachable = false;
    TEST_EXPECT(tcp_connect(&any, 0, &any, 80, &err) == NULL);
    TEST_EXPECT_EQ(err, ERR_UNREACHABLE);
    script_tcp = tcp_connect(&any, 1234, &peer, 80, &err);
    TEST_EXPECT(tcp_connect(&any, 1234, &peer, 80, &err) == NULL);
    TEST_EXPECT_EQ(err, ERR_IN_USE);
    script_end();
}

TEST("initial sequence numbers: a clock for each pair of ends (RFC 6528)") {
    script_begin();
    struct tcp_node ends = {.local = network_addr(1), .remote = network_addr(9)};
    ends.local_port = 80;
    ends.remote_port = 1;
    tcp_now = network_now;
    uint32_t first = tcp_choose_iss(&ends);
    tcp_now += 1000;
    TEST_EXPECT_EQ(tcp_choose_iss(&ends) - first, 250000);
    ends.remote_port = 2;
    TEST_EXPECT_NE(tcp_choose_iss(&ends) - first, 250000);
    script_end();
}
