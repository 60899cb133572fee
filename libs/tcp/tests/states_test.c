// What each state of RFC 9293, 3.3.2, makes of each kind of segment (3.10.7.4), and sends again by itself.

#include <message.h>
#include <unittest.h>

#include "script.h"

static const enum tcp_state states[] = {TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2,
                                        TCP_CLOSE_WAIT,  TCP_CLOSING,    TCP_LAST_ACK};
#define NUM_STATES (sizeof(states) / sizeof(states[0]))

/// What either side would send next.
struct numbers {
    uint32_t ours;
    uint32_t peers;
};

static bool has_received_fin(enum tcp_state state) {
    return state == TCP_CLOSE_WAIT || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

static bool waits_for_fin_ack(enum tcp_state state) {
    return state == TCP_FIN_WAIT_1 || state == TCP_CLOSING || state == TCP_LAST_ACK;
}

/// A connection in that state, all of whose segments have been looked at.
static struct numbers enter(enum tcp_state state) {
    struct numbers n = {.ours = 1, .peers = 1001};
    script_begin();
    ESTABLISH(.mss = 1000);
    if (state == TCP_CLOSE_WAIT || state == TCP_LAST_ACK) {
        IN(.flags = F | A, .seq = n.peers++, .ack = 1);
    }
    if (state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT) {
        tcp_shutdown_send(script_tcp);
        n.ours++;
    }
    if (state == TCP_CLOSING) {
        IN(.flags = F | A, .seq = n.peers++, .ack = 1);
    } else if (state == TCP_FIN_WAIT_2) {
        IN(.flags = A, .seq = n.peers, .ack = 2);
    }
    TEST_EXPECT_EQ(script_state(), state);
    script_drain();
    return n;
}

TEST("every state: what is outside of the window is answered with where we are") {
    for (unsigned i = 0; i < NUM_STATES; i++) {
        struct numbers n = enter(states[i]);
        IN(.flags = A, .seq = n.peers - 100, .ack = 1, .len = 50);
        OUT(.flags = A, .seq = n.ours, .ack = n.peers);
        IN(.flags = A, .seq = n.peers + 200000, .ack = 1);
        OUT(.flags = A, .seq = n.ours, .ack = n.peers);
        NOTHING();
        TEST_EXPECT_EQ(script_state(), states[i]);
        TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
        script_end();
    }
}

TEST("every state: SYN, and RST that isn't the very next, are challenged (RFC 5961, 3 and 4)") {
    static const unsigned flags[] = {S, S | A, R, R | A};
    for (unsigned i = 0; i < NUM_STATES; i++) {
        for (unsigned k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
            struct numbers n = enter(states[i]);
            IN(.flags = flags[k], .seq = n.peers + 1, .ack = 1);
            OUT(.flags = A, .seq = n.ours, .ack = n.peers);
            NOTHING();
            TEST_EXPECT_EQ(script_state(), states[i]);
            TEST_EXPECT_EQ(tcp_error_of(script_tcp), OK);
            script_end();
        }
    }
}

TEST("every state: without ACK nothing happens, with one of what wasn't sent a challenge") {
    for (unsigned i = 0; i < NUM_STATES; i++) {
        struct numbers n = enter(states[i]);
        IN(.flags = 0, .seq = n.peers, .len = 10);
        IN(.flags = F, .seq = n.peers);
        NOTHING();
        IN(.flags = F | A, .seq = n.peers, .ack = n.ours + 1, .len = 10);
        OUT(.flags = A, .seq = n.ours, .ack = n.peers);
        TEST_EXPECT_EQ(script_state(), states[i]);
        TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
        script_end();
    }
}

TEST("before the peer's FIN each state takes data, behind it none does") {
    for (unsigned i = 0; i < NUM_STATES; i++) {
        struct numbers n = enter(states[i]);
        IN(.flags = A, .seq = n.peers, .ack = 1, .len = 10);
        size_t taken = has_received_fin(states[i]) ? 0 : 10;
        TEST_EXPECT_EQ(tcp_readable(script_tcp), taken);
        TEST_EXPECT_EQ(script_state(), states[i]);
        script_drain();
        if (taken > 0) {
            script_read(10);
        }
        script_end();
    }
}

TEST("a FIN that comes again is acknowledged again") {
    for (unsigned i = 0; i < NUM_STATES; i++) {
        struct numbers n = enter(states[i]);
        if (has_received_fin(states[i])) {
            IN(.flags = F | A, .seq = n.peers - 1, .ack = 1);
            OUT(.flags = A, .seq = n.ours, .ack = n.peers);
            TEST_EXPECT_EQ(script_state(), states[i]);
        }
        script_end();
    }
}

TEST("our FIN is sent again until it is acknowledged, then the state is the next one") {
    for (unsigned i = 0; i < NUM_STATES; i++) {
        struct numbers n = enter(states[i]);
        uint32_t rto = script_tcp->rto;
        script_pass(rto - 1);
        NOTHING();
        script_pass(1);
        if (waits_for_fin_ack(states[i])) {
            OUT(.flags = F | A, .seq = 1, .ack = n.peers);
            script_pass(2 * rto);
            OUT(.flags = F | A, .seq = 1, .ack = n.peers);
            IN(.flags = A, .seq = n.peers, .ack = 2);
            static const enum tcp_state next[] = {[TCP_FIN_WAIT_1] = TCP_FIN_WAIT_2,
                                                  [TCP_CLOSING] = TCP_TIME_WAIT,
                                                  [TCP_LAST_ACK] = TCP_CLOSED};
            TEST_EXPECT_EQ(script_state(), next[states[i]]);
            TEST_EXPECT_EQ(tcp_error_of(script_tcp), OK);
        }
        NOTHING();
        script_end();
    }
}

TEST("a FIN behind data ends the peer's side in each state before it") {
    static const enum tcp_state next[] = {[TCP_ESTABLISHED] = TCP_CLOSE_WAIT,
                                          [TCP_FIN_WAIT_1] = TCP_CLOSING,
                                          [TCP_FIN_WAIT_2] = TCP_TIME_WAIT};
    for (unsigned i = 0; i < 3; i++) {
        struct numbers n = enter(states[i]);
        IN(.flags = F | A, .seq = n.peers, .ack = 1, .len = 10);
        OUT(.flags = A, .seq = n.ours, .ack = n.peers + 11);
        TEST_EXPECT_EQ(script_state(), next[states[i]]);
        script_read(10);
        TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
        script_end();
    }
}

TEST("SYN-RECEIVED of a listening socket: FIN, data and window probes before the ACK") {
    script_begin();
    script_listen(4);
    IN(.flags = S, .seq = 1000);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    // Not acceptable: the SYN-ACK says where we are.
    IN(.flags = A, .seq = 900, .ack = 1, .len = 10);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    IN(.flags = 0, .seq = 1001, .len = 10);
    NOTHING();
    // The ACK, data and FIN may come at once.
    IN(.flags = F | A, .seq = 1001, .ack = 1, .len = 10);
    OUT(.flags = A, .seq = 1, .ack = 1012);
    script_accept();
    TEST_EXPECT_EQ(script_state(), TCP_CLOSE_WAIT);
    script_read(10);
    TEST_EXPECT_EQ(tcp_read(script_tcp, NULL, 0), ERR_END);
    script_end();
}

TEST("LISTEN: what comes with SYN besides. Data isn't kept: it comes again") {
    script_begin();
    script_listen(4);
    IN(.flags = S | R, .seq = 1000);
    NOTHING();
    IN(.flags = S, .seq = 1000, .len = 20);
    OUT(.flags = S | A, .seq = 0, .ack = 1001);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 20);
    script_accept();
    script_read(20);
    script_end();
}

TEST("SYN-SENT: data with the SYN-ACK isn't kept either") {
    script_begin();
    script_connect();
    OUT(.flags = S);
    IN(.flags = S | A, .seq = 1000, .ack = 1, .len = 20);
    OUT(.flags = A, .seq = 1, .ack = 1001);
    TEST_EXPECT_EQ(tcp_readable(script_tcp), 0);
    IN(.flags = A, .seq = 1001, .ack = 1, .len = 20);
    script_read(20);
    script_end();
}

TEST("TIME-WAIT by way of CLOSING answers the FIN that comes again, too") {
    struct numbers n = enter(TCP_CLOSING);
    IN(.flags = A, .seq = n.peers, .ack = 2);
    TEST_EXPECT_EQ(script_state(), TCP_TIME_WAIT);
    IN(.flags = F | A, .seq = n.peers - 1, .ack = 2);
    OUT(.flags = A, .seq = 2, .ack = n.peers);
    script_end();
}
