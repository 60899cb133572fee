#ifndef __FAKE_TCP_H__
#define __FAKE_TCP_H__

/// \file
/// In the place of TCP, which is a library of its own: one connection at a time, for who has such from inside.

#include <inet/addr.h>
#include <types.h>

#define FAKE_TCP_MAX 9000

struct fake_tcp {
    bool refuses;    ///< tcp_connect fails.
    bool connected;  ///< The handshake is over.
    bool ended;      ///< Behind what is in `input`, nothing comes.
    error_t error;   ///< The connection has failed.
    unsigned connects, closes;
    struct ip_addr remote;
    uint16_t remote_port;
    uint8_t output[FAKE_TCP_MAX];  ///< What was written.
    size_t output_len;
    uint8_t input[FAKE_TCP_MAX];  ///< What can be read, in pieces of up to `piece` bytes.
    size_t input_len, input_read, piece;
};

extern struct fake_tcp fake_tcp;

void fake_tcp_reset(void);

#endif
