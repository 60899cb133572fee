#ifndef __OUTPUT_H__
#define __OUTPUT_H__

/// \file
/// The sound driver, which may be restarted meanwhile: then the sound goes on with a new stream.

#include <sound/convert.h>
#include <types.h>

/// Opens a stream; *rate becomes what the device can do. ERR_IN_USE: somebody else plays. ERR_UNAVAILABLE or
/// ERR_NOT_FOUND: there is no sound device.
error_t __mustuse output_open(uint32_t *rate);

/// Blocks until the frames are in the driver's buffer.
error_t __mustuse output_write(const struct frame *frames, size_t num_frames);

/// Blocks until all has been heard.
error_t __mustuse output_drain(void);

void output_close(void);

#endif
