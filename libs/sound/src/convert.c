#include <sound/convert.h>

#define ONE ((uint64_t) 1 << 32)

/// The upper 16 bits of a sample.
static int16_t decode_sample(const uint8_t *in, unsigned bits) {
    if (bits == 8) {
        return (int16_t) ((in[0] - 128) * 256);
    }
    const uint8_t *high = in + bits / 8 - 2;
    return (int16_t) (high[0] | (high[1] << 8));
}

void sound_decode(const struct wav *wav, const uint8_t *in, size_t num_frames, struct frame *out) {
    size_t right = (wav->channels > 1) ? wav->bits / 8u : 0;
    for (size_t i = 0; i < num_frames; i++) {
        out[i].left = decode_sample(in, wav->bits);
        out[i].right = decode_sample(in + right, wav->bits);
        in += wav->frame_len;
    }
}

void resampler_init(struct resampler *resampler, uint32_t in_rate, uint32_t out_rate) {
    *resampler = (struct resampler){
        .step = ((uint64_t) in_rate << 32) / out_rate,
        // The first frame is taken in as `after`, and then becomes `before`.
        .phase = 2 * ONE,
    };
}

static int16_t between(int16_t before, int16_t after, uint64_t phase) {
    // Of the fraction, 15 bits are enough: the product then fits into 32.
    int32_t fraction = (int32_t) (phase >> 17);
    return (int16_t) (before + (after - before) * fraction / 32768);
}

static struct frame interpolate(const struct resampler *resampler) {
    const struct frame *before = &resampler->before, *after = &resampler->after;
    return (struct frame){
        .left = between(before->left, after->left, resampler->phase),
        .right = between(before->right, after->right, resampler->phase),
    };
}

size_t resampler_run(struct resampler *resampler, const struct frame *in, size_t in_len,
                     size_t *used, struct frame *out, size_t out_max) {
    size_t done = 0, taken = 0;
    while (done < out_max) {
        while (resampler->phase >= ONE && taken < in_len) {
            resampler->before = resampler->after;
            resampler->after = in[taken++];
            resampler->phase -= ONE;
        }
        if (resampler->phase >= ONE) {
            break;
        }
        out[done++] = interpolate(resampler);
        resampler->phase += resampler->step;
    }
    *used = taken;
    return done;
}
