#ifndef __SCRIPT_H__
#define __SCRIPT_H__

/// \file
/// Scripted exchanges: the test plays the peer, segment by segment.
///
///     IN(.flags = S, .seq = 1000);
///     OUT(.flags = S | A, .ack = 1001);
///     IN(.flags = A, .seq = 1001, .ack = 1);
///     NOTHING();
///
/// The peer's sequence numbers (`seq` in IN, `ack` in OUT, SACK blocks in OUT) are what the test says. Ours count
/// from our SYN, which is 0; so the first byte of ours is 1. Payload is a pattern that is checked on both sides.

#include <inet/tcp.h>

#include "../src/tcp_impl.h"
#include "network.h"

/// What a script's peer begins with.
#define PEER_SEQ  1000u
#define PEER_PORT 5555u
#define OUR_PORT  80u

struct script_segment {
    unsigned flags;
    uint32_t seq;
    uint32_t ack;
    uint32_t len;
    /// IN: 0 is 65535, NO_WINDOW is 0. OUT: 0 is any.
    uint32_t window;
    uint16_t mss;
    uint8_t scale;  ///< The shift plus 1; OUT: 0 is any.
    bool sack_ok;
    bool ts;
    uint32_t ts_val;  ///< OUT: isn't looked at.
    uint32_t
        ts_echo;  ///< IN: what our clock's said, relative to the test's beginning. OUT: 0 is any.
    unsigned num_sacks;
    struct tcp_range sacks[4];
    bool bad_checksum;
    bool batched;  ///< IN: others follow before TCP is asked for its answer.
};
#define NO_WINDOW UINT32_MAX

#define IN(...)   script_in(&(struct script_segment){__VA_ARGS__})
#define OUT(...)  script_out(__FILE__, __LINE__, &(struct script_segment){__VA_ARGS__})
#define NOTHING() script_nothing(__FILE__, __LINE__)

/// The listening socket, and the connection: that which was accepted or connected last.
extern struct tcp *script_listener;
extern struct tcp *script_tcp;
/// Events that the connection's user was told of since it looked last.
extern unsigned script_events;
/// Our initial sequence number.
extern uint32_t script_iss;

void script_begin(void);
/// Closes what is left, lets all time pass, expects no leak.
void script_end(void);
/// Forgets the last connection's numbers: the next comes from another port of the peer's.
void script_next_peer(void);
extern uint16_t script_peer_port;

void script_in(const struct script_segment *in);
void script_out(const char *file, int line, const struct script_segment *out);
void script_nothing(const char *file, int line);
/// What was sent next. False: nothing.
bool script_take(struct script_segment *sent);
/// Throws away what was sent. Returns how many segments.
unsigned script_drain(void);
/// Lets time pass.
void script_pass(uint64_t ms);

void script_listen(unsigned backlog);
void script_accept(void);
void script_connect(void);
/// A connection that was made by the peer, with these options in its SYN, and accepted.
void script_establish(const struct script_segment *options);
#define ESTABLISH(...) script_establish(&(struct script_segment){__VA_ARGS__})
/// Writes that many bytes of our pattern. Returns how many were taken.
size_t script_write(size_t len);
/// Reads, expects that many bytes of the peer's pattern.
void script_read(size_t len);
/// What is read next has that number: for peers that didn't begin with PEER_SEQ.
void script_read_from(uint32_t seq);
enum tcp_state script_state(void);
/// The value of a counter.
uint64_t script_count(const char *name);

#endif
