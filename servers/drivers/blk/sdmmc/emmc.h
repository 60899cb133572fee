#ifndef __EMMC_H__
#define __EMMC_H__

/// \file
/// The EMMC controller: clock, commands, and the events of a data transfer.

#include <types.h>

#include "emmc_registers.h"

/// What a command is, for emmc_command: its number, the response that comes, and what follows. Names of the responses as in the
/// "SD Physical Layer Simplified Specification", 4.9.
#define EMMC_COMMAND(n) ((n) << CMDTM_INDEX_SHIFT)
#define EMMC_R1         (CMDTM_RESPONSE_48 | CMDTM_CHECK_CRC | CMDTM_CHECK_INDEX)
#define EMMC_R1B        (CMDTM_RESPONSE_BUSY | CMDTM_CHECK_CRC | CMDTM_CHECK_INDEX)
#define EMMC_R2         (CMDTM_RESPONSE_136 | CMDTM_CHECK_CRC)
#define EMMC_R3         CMDTM_RESPONSE_48
#define EMMC_READ       (CMDTM_DATA | CMDTM_READ)
#define EMMC_WRITE      CMDTM_DATA
#define EMMC_MULTIPLE   (CMDTM_MULTI_BLOCK | CMDTM_BLKCNT_EN)
#define EMMC_STOP       CMDTM_ABORT

/// Bytes of all blocks but the small ones that emmc_read_register reads.
#define EMMC_BLOCK_LEN 512
/// What emmc_set_blocks can count.
#define EMMC_BLOCKS_MAX 65535

/// How long the controller may take for a command, or to reset a part of itself. A command's response comes within some
/// microseconds; the rest tells a controller that is broken.
#define EMMC_TIMEOUT_MS 100

/// Maps the registers. `base_hz`: of the clock from which the card's is made. ERR_NOT_PERMITTED.
error_t __mustuse emmc_init(unsigned base_hz);

/// Resets the controller and switches the bus's power on. The clock stands still, one data line is used, and nothing interrupts.
/// ERR_IO: it doesn't answer.
error_t __mustuse emmc_reset(void);

/// Sets the card's clock to `hz` or what comes next below, and lets it run. ERR_IO.
error_t __mustuse emmc_set_clock(unsigned hz);

/// Uses four data lines instead of one.
void emmc_use_four_lines(void);

/// What emmc_command with EMMC_READ or EMMC_WRITE moves: `count` blocks of `len` bytes.
void emmc_set_blocks(unsigned len, unsigned count);

/// Sends a command and waits for its response, which takes microseconds. What follows the response (data, the end of
/// being busy) is told as events. ERR_UNAVAILABLE: no response. ERR_IO: a bad one, or the controller is stuck. After an error
/// the command's lines have been reset.
error_t __mustuse emmc_command(uint32_t command, uint32_t arg);

/// The last response, without its CRC: bits 39:8 in `word` 0; of an R2 bits 127:8 in words 0 to 3.
uint32_t emmc_response(unsigned word);

/// Sends a command that has some words of data follow, `len` bytes (a multiple of 4, EMMC_BLOCK_LEN at most), and waits for
/// them: up to EMMC_TIMEOUT_MS. Errors as those of emmc_command.
error_t __mustuse emmc_read_register(uint32_t command, uint32_t arg, void *buf, size_t len);

/// Which events interrupt from now on.
void emmc_listen(uint32_t events);

/// The events since the last call, each of which is told once.
uint32_t emmc_take_events(void);

/// Moves a block, when EVENT_READ_READY or EVENT_WRITE_READY has told that there is one or room for one.
void emmc_read_block(void *buf);
void emmc_write_block(const void *buf);

/// Ends what is going on on command and data lines, and forgets all events. ERR_IO.
error_t __mustuse emmc_reset_lines(void);

#endif
