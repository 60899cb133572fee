#ifndef __FAKE_CARD_H__
#define __FAKE_CARD_H__

/// \file
/// The EMMC controller and the DMA controller's registers, with an SD card behind them that can be made to fail.

#include <types.h>

#include "../sd.h"

#define FAKE_SECTORS 256u
/// Where the memory of operations is, for the DMA controller.
#define FAKE_MEMORY_PADDR 0x10000000u
#define FAKE_MEMORY_LEN   (64u * 1024)

struct fake_card {
    // What the card is.
    bool absent;
    bool is_v1;
    bool high_capacity;
    bool has_set_block_count;
    uint8_t cid[SD_REGISTER_LEN];
    uint8_t csd[SD_REGISTER_LEN];
    uint8_t scr[SD_SCR_LEN];
    unsigned power_up_steps;  ///< ACMD41s until it is ready.
    bool refuses_switch;      ///< It says that it has no high speed.
    bool fails_switch;        ///< It says that it has, and stays slow.
    bool has_other_voltage;   ///< It echoes something else than it was sent.
    uint8_t data[FAKE_SECTORS * EMMC_BLOCK_LEN];

    // What goes wrong.
    unsigned silent_command;  ///< This command gets no response, `silences` times.
    unsigned silences;
    unsigned garbled_command;  ///< The response to this one has a wrong checksum, `garbles` times.
    unsigned garbles;
    unsigned
        complained_command;  ///< This one is answered with these bits in the status, `complaints` times.
    unsigned complaints;
    uint32_t complaint;
    uint32_t locked;         ///< Bits that are always in the status.
    unsigned bad_transfers;  ///< So many transfers end with `bad_events` after their first block.
    uint32_t bad_events;
    unsigned stalled_transfers;  ///< So many stop for good, without any event.
    unsigned busy_statuses;      ///< So many CMD13s say that the card is programming.
    bool dma_is_dead;            ///< The DMA controller moves nothing.
    bool dma_fails;              ///< It moves all, and reports an error.
    bool stuck;                  ///< The controller's resets never end.

    // What was seen.
    unsigned clock_hz;  ///< 0: it stands still.
    unsigned
        num_commands[64];  ///< By number. Application commands count twice, as themselves, too.
    uint32_t last_arg[64];
    unsigned num_dma_transfers;
    unsigned num_written;  ///< Blocks.
    size_t unseen;         ///< Bytes in memory that the CPU's caches may hide.
    unsigned num_illegal;  ///< Reads and writes when the card wasn't ready for one.
    unsigned timer_ms;     ///< 0: none runs.
};

extern struct fake_card fake;
extern uint8_t fake_memory[FAKE_MEMORY_LEN];

/// A card of FAKE_SECTORS that makes no mistakes, with 4 data lines and high speed. Its data is a pattern.
void fake_insert_card(bool high_capacity);
/// Writes a number into bits `high` to `low` of a register.
void fake_set_bits(uint8_t reg[SD_REGISTER_LEN], unsigned high, unsigned low, uint32_t value);

/// Whether the controller interrupts.
bool fake_interrupts(void);
/// Lets the timer run out, if one runs.
bool fake_timer_runs_out(void);

#endif
