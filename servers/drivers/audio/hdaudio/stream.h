#ifndef __STREAM_H__
#define __STREAM_H__

/// \file
/// The circle of memory that the controller plays. What has been played becomes silence, so that a late
/// client isn't heard as an echo. Positions count bytes since the stream was opened.

#include <types.h>

#define STREAM_LEN     65536u
#define STREAM_PERIOD  4096u  // Bytes between two interrupts.
#define STREAM_PERIODS (STREAM_LEN / STREAM_PERIOD)
/// A late client's samples are put that far ahead of what the controller plays: it fetches in advance.
#define STREAM_AHEAD 1024u
/// Silence that is played at the end, so that what controller and codec have fetched in advance is heard.
#define STREAM_TAIL 32768u

/// Allocates the memory. ERR_NO_MEMORY; ERR_NOT_ACCEPTABLE: the controller can't reach it.
error_t __mustuse stream_init(void);

/// Begins an empty stream of that format (HDA_STREAM_FORMAT), which doesn't run. ERR_IO.
error_t __mustuse stream_open(uint16_t format);

/// Copies as much as there is room for; returns how many bytes. The volume is in percent; 100 copies unchanged.
size_t stream_write(const uint8_t *frames, size_t len, unsigned percent);

/// Lets the controller play.
void stream_start(void);
void stream_stop(void);
bool stream_runs(void);

/// Looks how far the controller is; to be called at least once per STREAM_LEN - STREAM_PERIOD bytes: at each interrupt.
/// With `ending`, what was written last is the end, and going on behind it isn't an underrun.
void stream_update(bool ending);

/// What is written next is heard after the silence that has been played since the end.
void stream_settle(void);

/// Whether everything that was written has been heard, and the tail after it.
bool stream_is_over(void);
/// How much there is to play, in bytes.
size_t stream_ahead(void);
/// Bytes of the client's that have been played.
uint64_t stream_played(void);
uint32_t stream_underruns(void);

#endif
