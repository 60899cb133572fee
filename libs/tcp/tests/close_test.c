// How connections end: RFC 9293, 3.6 and 3.10.4 to 3.10.7; RFC 1122, 4.2.2.13; RFC 1337; RFC 6191.

#include <message.h>
#include <unittest.h>

#include "script.h"

/// The connection's user goes away.
static void leave(void) {
    tcp_close(script_tcp);
    script_tcp = NULL;
}

/// The state of the connection's block, or of what stands for it; TCP_CLOSED: there is none.
static enum tcp_state remains(void) {
    struct tcp_info info;
    return tcp_info(1, &info) ? info.state : TCP_CLOSED;
}

TEST("we close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT, and a minute later nothing") {
    script_begin();
    ESTABLISH(.mss = 1460);
    leave();
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(remains(), TCP_FIN_WAIT_1);
    IN(.flags = A, .seq = 1001, .ack = 2);
    TEST_EXPECT_EQ(remains(), TCP_FIN_WAIT_2);
    IN(.flags = F | A, .seq = 1001, .ack = 2);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    TEST_EXPECT_EQ(remains(), TCP_TIME_WAIT);
    script_pass(59999);
    TEST_EXPECT_EQ(remains(), TCP_TIME_WAIT);
    script_pass(1);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    NOTHING();
    script_end();
}

TEST("the peer closes first: CLOSE-WAIT, LAST-ACK, closed") {
    script_begin();
    ESTABLISH(.mss = 1460);
    IN(.flags = F | A, .seq = 1001, .ack = 1);
    OUT(.flags = A, .seq = 1, .ack = 1002);
    TEST_EXPECT_EQ(script_state(), TCP_CLOSE_WAIT);
    TEST_EXPECT(script_events & SOCKET_ENDED);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    // It still takes what we send.
    script_write(10);
    OUT(.flags = A, .seq = 1, .ack = 1002, .len = 10);
    leave();
    OUT(.flags = F | A, .seq = 11, .ack = 1002);
    TEST_EXPECT_EQ(remains(), TCP_LAST_ACK);
    IN(.flags = A, .seq = 1002, .ack = 11);
    TEST_EXPECT_EQ(remains(), TCP_LAST_ACK);
    IN(.flags = A, .seq = 1002, .ack = 12);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("both close at once: CLOSING, TIME-WAIT") {
    script_begin();
    ESTABLISH(.mss = 1460);
    leave();
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    IN(.flags = F | A, .seq = 1001, .ack = 1);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    TEST_EXPECT_EQ(remains(), TCP_CLOSING);
    IN(.flags = A, .seq = 1002, .ack = 2);
    TEST_EXPECT_EQ(remains(), TCP_TIME_WAIT);
    script_end();
}

TEST("a FIN with our FIN's acknowledgement goes straight to TIME-WAIT") {
    script_begin();
    ESTABLISH(.mss = 1460);
    tcp_shutdown_send(script_tcp);
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    IN(.flags = F | A, .seq = 1001, .ack = 2);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    TEST_EXPECT_EQ(script_state(), TCP_TIME_WAIT);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    TEST_EXPECT_EQ(tcp_write(script_tcp, "x", 1), ERR_END);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), OK);
    script_end();
}

TEST("half-closed: we send no more, but receive") {
    script_begin();
    ESTABLISH(.mss = 1460);
    script_write(100);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 100);
    tcp_shutdown_send(script_tcp);
    OUT(.flags = F | A, .seq = 101, .ack = 1001);
    TEST_EXPECT_EQ(tcp_write(script_tcp, "x", 1), ERR_END);
    IN(.flags = A, .seq = 1001, .ack = 102, .len = 500);
    script_read(500);
    // As long as the user wants: no timer runs.
    script_pass(600000);
    TEST_EXPECT_EQ(script_state(), TCP_FIN_WAIT_2);
    script_drain();
    IN(.flags = F | A, .seq = 1501, .ack = 102, .len = 0);
    OUT(.flags = A, .seq = 102, .ack = 1502);
    TEST_EXPECT_EQ(script_state(), TCP_TIME_WAIT);
    script_end();
}

TEST("FIN goes behind what was written") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(1500);
    OUT(.flags = A, .seq = 1, .ack = 1001, .len = 1000);
    OUT(.flags = A | P, .seq = 1001, .ack = 1001, .len = 500);
    script_write(300);
    NOTHING();  // Nagle.
    leave();
    OUT(.flags = A | P | F, .seq = 1501, .ack = 1001, .len = 300);
    script_end();
}

TEST("a FIN that is lost is sent again") {
    script_begin();
    ESTABLISH(.mss = 1000);
    leave();
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    script_pass(2000);
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 2);
    TEST_EXPECT_EQ(remains(), TCP_FIN_WAIT_2);
    script_end();
}

TEST("an orphan waits a minute for the peer's FIN") {
    script_begin();
    ESTABLISH(.mss = 1000);
    leave();
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 2);
    script_pass(59999);
    TEST_EXPECT_EQ(remains(), TCP_FIN_WAIT_2);
    script_pass(1);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("an orphan that nobody answers gives up") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(100);
    leave();
    script_pass(300000);
    TEST_EXPECT_GT(script_drain(), 5);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("closing with something unread resets (RFC 1122, 4.2.2.13)") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    leave();
    OUT(.flags = R | A, .seq = 1, .ack = 1011);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("data for a user who is gone is answered with RST") {
    script_begin();
    ESTABLISH(.mss = 1000);
    leave();
    OUT(.flags = F | A, .seq = 1, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 2, .len = 10);
    OUT(.flags = R | A, .seq = 2, .ack = 1001);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("after tcp_shutdown_receive, data is taken and dropped") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    tcp_shutdown_receive(script_tcp);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    for (uint32_t seq = 1011; seq < 1011 + 400000; seq += 1000) {
        IN(.flags = A, .seq = seq, .ack = 1, .len = 1000);
    }
    script_pass(100);
    script_drain();
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    IN(.flags = F | A, .seq = 401011, .ack = 1);
    OUT(.flags = A, .seq = 1, .ack = 401012);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    script_end();
}

TEST("what was received before RST can be read, then comes the error") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 10);
    IN(.flags = R, .seq = 1011);
    TEST_EXPECT_EQ(script_state(), TCP_CLOSED);
    TEST_EXPECT(script_events & SOCKET_FAILED);
    script_read(10);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_RESET);
    TEST_EXPECT_EQ(tcp_write(script_tcp, "x", 1), ERR_RESET);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_RESET);
    script_end();
}

TEST("RST ends each state after the first") {
    // 0: FIN-WAIT-1, 1: FIN-WAIT-2, 2: CLOSING, 3: CLOSE-WAIT, 4: LAST-ACK.
    for (int state = 0; state < 5; state++) {
        script_begin();
        ESTABLISH(.mss = 1000);
        uint32_t seq = 1001;
        if (state >= 3) {
            IN(.flags = F | A, .seq = seq++, .ack = 1);
        }
        if (state != 3) {
            tcp_shutdown_send(script_tcp);
        }
        if (state == 1) {
            IN(.flags = A, .seq = seq, .ack = 2);
        } else if (state == 2) {
            IN(.flags = F | A, .seq = seq++, .ack = 1);
        }
        static const enum tcp_state states[] = {TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CLOSING,
                                                TCP_CLOSE_WAIT, TCP_LAST_ACK};
        TEST_EXPECT_EQ(script_state(), states[state]);
        script_drain();
        IN(.flags = R, .seq = seq);
        NOTHING();
        TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_RESET);
        script_end();
    }
}

TEST("a FIN that comes early waits for what is in front of it") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = F | A, .seq = 1101, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1202);
    TEST_EXPECT_EQ(script_state(), TCP_CLOSE_WAIT);
    script_read(200);
    // Again, and more behind it: nothing changes.
    IN(.flags = F | A, .seq = 1101, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1202);
    IN(.flags = A, .seq = 1202, .ack = 1, .len = 100);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    script_end();
}

TEST("a bare FIN that comes early is answered with what is missing") {
    script_begin();
    ESTABLISH(.mss = 1000);
    IN(.flags = F | A, .seq = 1101, .ack = 1);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 100);
    OUT(.flags = A, .seq = 1, .ack = 1102);
    TEST_EXPECT_EQ(script_state(), TCP_CLOSE_WAIT);
    script_end();
}

/// A connection in TIME-WAIT: ours ends at 2, the peer's at 1002.
static void time_wait(const struct script_segment *options) {
    script_begin();
    script_establish(options);
    leave();
    script_drain();
    IN(.flags = F | A, .seq = 1001, .ack = 2, .ts = options->ts, .ts_val = options->ts_val);
    OUT(.flags = A, .seq = 2, .ack = 1002);
}

TEST("TIME-WAIT answers the FIN that comes again, and waits anew") {
    time_wait(&(struct script_segment){.mss = 1000});
    script_pass(30000);
    IN(.flags = F | A, .seq = 1001, .ack = 2);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    script_pass(59999);
    TEST_EXPECT_EQ(remains(), TCP_TIME_WAIT);
    script_pass(1);
    TEST_EXPECT_EQ(remains(), TCP_CLOSED);
    script_end();
}

TEST("TIME-WAIT isn't ended by RST (RFC 1337), and doesn't answer bare acknowledgements") {
    time_wait(&(struct script_segment){.mss = 1000});
    IN(.flags = R, .seq = 1002);
    IN(.flags = A, .seq = 1002, .ack = 2);
    IN(.flags = A, .seq = 5000, .ack = 2);
    NOTHING();
    TEST_EXPECT_EQ(remains(), TCP_TIME_WAIT);
    IN(.flags = A, .seq = 1002, .ack = 2, .len = 5);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    script_end();
}

TEST("TIME-WAIT gives way to a SYN with a later sequence number (RFC 1122, 4.2.2.13)") {
    time_wait(&(struct script_segment){.mss = 1000});
    uint32_t before = script_iss + 2;
    IN(.flags = S, .seq = 900);
    OUT(.flags = A, .seq = 2, .ack = 1002);
    IN(.flags = S, .seq = 5000);
    OUT(.flags = S | A, .seq = 0, .ack = 5001);
    TEST_EXPECT(seq_lt(before, script_iss));
    IN(.flags = A, .seq = 5001, .ack = 1);
    script_accept();
    TEST_EXPECT_EQ(script_state(), TCP_ESTABLISHED);
    script_end();
}

TEST("TIME-WAIT gives way to a SYN with a later timestamp (RFC 6191)") {
    time_wait(&(struct script_segment){.mss = 1000, .ts = true, .ts_val = 100});
    IN(.flags = S, .seq = 5000, .ts = true, .ts_val = 99);
    OUT(.flags = A, .seq = 2, .ack = 1002, .ts = true);
    IN(.flags = S, .seq = 500, .ts = true, .ts_val = 101);
    OUT(.flags = S | A, .seq = 0, .ack = 501);
    script_end();
}

TEST("tcp_connect may have the ends of a connection in TIME-WAIT after a second, with timestamps") {
    time_wait(&(struct script_segment){.mss = 1000, .ts = true, .ts_val = 100});
    error_t err;
    struct ip_addr one = network_addr(1), peer = network_addr(9);
    TEST_EXPECT(tcp_connect(&one, OUR_PORT, &peer, PEER_PORT, &err) == NULL);
    TEST_EXPECT_EQ(err, ERR_IN_USE);
    script_pass(1000);
    script_tcp = tcp_connect(&one, OUR_PORT, &peer, PEER_PORT, &err);
    TEST_EXPECT(script_tcp != NULL);
    OUT(.flags = S);
    script_end();
}

TEST("tcp_close before there is a connection leaves nothing") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    leave();
    NOTHING();
    struct tcp_info info;
    TEST_EXPECT(!tcp_info(0, &info));
    script_connect();
    OUT(.flags = S);
    tcp_shutdown_send(script_tcp);
    TEST_EXPECT_EQ(tcp_error_of(script_tcp), ERR_END);
    script_end();
}

TEST("tcp_abort resets at once") {
    script_begin();
    ESTABLISH(.mss = 1000);
    script_write(5000);
    script_drain();
    tcp_abort(script_tcp);
    script_tcp = NULL;
    OUT(.flags = R | A, .seq = 5001, .ack = 1001);
    NOTHING();
    script_end();
}
