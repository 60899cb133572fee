#ifndef __SOUND_CONVERT_H__
#define __SOUND_CONVERT_H__

/// \file
/// Makes 16-bit stereo frames, which sound drivers play, of others.

#include <sound/wav.h>
#include <types.h>

/// Left and right, signed, in the CPU's byte order.
struct frame {
    int16_t left;
    int16_t right;
};

/// Converts frames of a WAV file. One channel is played left and right; of more than two, the first two are.
/// Samples of more than 16 bits lose the lower ones.
void sound_decode(const struct wav *wav, const uint8_t *in, size_t num_frames, struct frame *out);

/// Changes the rate by drawing straight lines between samples. There is no filter: of a rate that is
/// lowered, tones above half the new one come back as others. Both rates the same change nothing.
struct resampler {
    uint64_t step;   ///< Input frames per output frame, times 2^32.
    uint64_t phase;  ///< How far behind `before` the next output frame is, times 2^32.
    struct frame before;
    struct frame after;
};

/// The rates are 1 or more.
void resampler_init(struct resampler *resampler, uint32_t in_rate, uint32_t out_rate);

/// Makes up to `out_max` frames of `in_len` ones; returns how many. *used are the input frames that aren't needed any
/// more. Call again with the rest as long as the result is out_max or *used is less than in_len.
size_t resampler_run(struct resampler *resampler, const struct frame *in, size_t in_len,
                     size_t *used, struct frame *out, size_t out_max);

#endif
