#include "output.h"

#include <idl_client.h>
#include <resea/ipc.h>

/// How often in a row a driver is looked for that has ended.
#define ATTEMPTS_MAX 5

static task_t audio;
static handle_t stream;  // 0: none is open.
static uint32_t stream_rate;

error_t output_open(uint32_t *rate) {
    audio = ipc_lookup("audio");
    if (IS_ERROR(audio)) {
        return audio;
    }
    uint32_t buffer_len;
    error_t err = call_audio_open(audio, *rate, rate, &stream, &buffer_len);
    stream_rate = *rate;
    return err;
}

static bool has_ended(error_t err) {
    return err == ERR_ABORTED || err == ERR_INVALID_TASK;
}

/// A new stream of the restarted driver, at the rate that was agreed on.
static error_t __mustuse reopen(void) {
    uint32_t rate = stream_rate;
    error_t err = output_open(&rate);
    return (IS_OK(err) && rate != stream_rate) ? ERR_NOT_ACCEPTABLE : err;
}

error_t output_write(const struct frame *frames, size_t num_frames) {
    error_t err = call_audio_write(audio, stream, frames, num_frames * sizeof(*frames));
    for (int i = 0; i < ATTEMPTS_MAX && has_ended(err); i++) {
        err = reopen();
        if (IS_OK(err)) {
            err = call_audio_write(audio, stream, frames, num_frames * sizeof(*frames));
        }
    }
    return err;
}

error_t output_drain(void) {
    error_t err = call_audio_drain(audio, stream);
    // What the driver had in its buffer is gone with it.
    return has_ended(err) ? OK : err;
}

void output_close(void) {
    if (stream != 0) {
        // If the driver has ended, so has the stream.
        (void) call_audio_close(audio, stream);
        stream = 0;
    }
}
