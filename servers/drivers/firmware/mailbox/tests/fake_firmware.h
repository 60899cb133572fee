#ifndef __FAKE_FIRMWARE_H__
#define __FAKE_FIRMWARE_H__

/// \file
/// Mailbox registers with a firmware behind them, which answers after some reads of the status.

#include <types.h>

#define FAKE_DMA_PADDR 0x00123000

struct fake_firmware {
    /// Status reads until an answer is there. -1: never.
    int delay;
    /// The firmware reports that it couldn't parse the buffer.
    bool parse_fails;
    /// A tag that it doesn't know, and one to which it answers with a length of 0.
    uint32_t unknown_tag, short_tag;
    /// Status reads for which mailbox 1 is full. -1: for ever.
    int full;

    uint32_t temperature;
    uint32_t expander_line, expander_state;
    uint32_t power_answer;
    uint32_t depth_answer;
    uint32_t framebuffer_bus;  ///< 0: there is no memory.
    uint32_t clock_rate;
    uint32_t serial[2];

    // What was seen.
    unsigned num_requests;
    unsigned last_size;  ///< Bytes of the last request.
    uint32_t last_mail;
    bool flushed;  ///< The request was flushed before it was sent.
};

extern struct fake_firmware fake;

/// Well-behaved firmware, and a driver that has just been started.
void fake_reset(void);
/// An answer that nobody asked for, with this value, lies in the mailbox.
void fake_leave_answer(uint32_t mail);
/// The answer to the request that has been due comes now.
void fake_answer_now(void);

#endif
