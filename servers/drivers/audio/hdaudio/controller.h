#ifndef __CONTROLLER_H__
#define __CONTROLLER_H__

/// \file
/// The controller: reset, commands to codecs, and the one output stream that is used.

#include <driver/io.h>
#include <types.h>

/// The stream's number on the link to the codecs.
#define STREAM_TAG 1

/// Resets the controller behind these registers, and readies commands. Blocks for some milliseconds.
/// ERR_IO: it doesn't come out of reset. ERR_NO_MEMORY. ERR_NOT_ACCEPTABLE: it has no output stream, or can't reach
/// our memory.
error_t __mustuse controller_init(io_t registers);

/// Whether the controller can reach an address: not all can those above 4 GiB.
bool controller_can_reach(paddr_t daddr);

/// Which codecs are there: bit n is the one with address n.
unsigned controller_codecs(void);

/// Sends a command to a node of a codec and waits for the answer. ERR_IO: none came within
/// COMMAND_TIMEOUT_MS.
error_t __mustuse controller_command(unsigned codec, unsigned nid, uint32_t verb, uint32_t *answer);
#define COMMAND_TIMEOUT_MS 50

/// Sets the stream up, stopped at its beginning: it plays the `list_len` bytes that the `num_entries` buffers
/// at `list_daddr` have, in a circle. ERR_IO: it can't be reset.
error_t __mustuse controller_set_up_stream(paddr_t list_daddr, unsigned num_entries,
                                           uint32_t list_len, uint16_t format);
/// Runs the stream, with interrupts, or stops it where it is.
void controller_run_stream(bool run);
/// Where in the circle the stream is, in bytes.
uint32_t controller_stream_position(void);
/// Quiets the interrupt. False: it wasn't this controller's.
bool controller_handle_interrupt(void);

#endif
