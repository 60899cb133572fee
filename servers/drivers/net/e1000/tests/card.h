#ifndef __CARD_H__
#define __CARD_H__

/// \file
/// A simulated 8254x behind <driver/io.h> and <driver/dma.h>, as the manual describes it: it follows descriptors, fills in
/// checksums, and cuts segments. Physical addresses are addresses.

#include <driver/io.h>
#include <types.h>

#define CARD_FRAMES_MAX 512
#define CARD_FRAME_LEN  2048

struct card_frame {
    size_t len;
    uint8_t bytes[CARD_FRAME_LEN];
};

extern struct card {
    bool slow;  ///< It sends when card_send says so, not at once.
    bool stays_in_reset;
    bool has_no_address;  ///< After a reset, the first address register isn't valid.
    bool is_82574;
    bool eeprom_is_silent;
    uint16_t eeprom[3];
    uint32_t status;
    bool is_not_reset;  ///< A reset leaves the registers as they are.
    bool no_memory;
    unsigned num_sent;  ///< Frames in `sent`.
    struct card_frame sent[CARD_FRAMES_MAX];
    unsigned num_contexts;  ///< Context descriptors that it was given.
    unsigned num_resets;
    uint32_t delayed;  ///< Descriptors whose report may wait.
} card;

#define CARD_IO ((io_t) &card)

/// A card as it comes from the factory; nothing is sent or received.
void card_begin(void);
/// Sends so many descriptors, at most.
void card_send(unsigned num_descs);
/// Receives a frame. `result`: the descriptor's E1000_RX_* but the length and E1000_RX_DONE. False: there is no buffer, or it
/// doesn't receive.
bool card_receive(const void *frame, size_t len, uint64_t result);
/// Causes that are up and may interrupt.
uint32_t card_interrupts(void);
/// Brings causes up.
void card_raise(uint32_t causes);
uint32_t card_register(unsigned reg);

#endif
