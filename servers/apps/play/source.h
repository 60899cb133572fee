#ifndef __SOURCE_H__
#define __SOURCE_H__

/// \file
/// The WAV file that is played.

#include <sound/convert.h>
#include <sound/wav.h>
#include <types.h>

/// Opens a file and looks what it is; prints what is wrong if that fails.
error_t __mustuse source_open(const char *path, struct wav *wav);

/// The next frames, at most `max`; 0 at the end. Prints what is wrong if it returns an error.
int source_read(const struct wav *wav, struct frame *frames, size_t max);

void source_close(void);

#endif
