#include <sound/convert.h>
#include <string.h>
#include <unittest.h>

#define MANY 4000

static struct frame in[MANY], out[8 * MANY];

static struct wav wav_of(unsigned bits, unsigned channels) {
    return (struct wav){.rate = 48000,
                        .channels = (uint16_t) channels,
                        .bits = (uint16_t) bits,
                        .frame_len = channels * bits / 8};
}

static void expect_frame(struct frame frame, int left, int right) {
    TEST_EXPECT_EQ(frame.left, left);
    TEST_EXPECT_EQ(frame.right, right);
}

TEST("samples of all sizes") {
    struct wav wav = wav_of(16, 2);
    sound_decode(&wav, (const uint8_t *) "\x01\x02\xff\xff", 1, out);
    expect_frame(out[0], 0x0201, -1);
    wav = wav_of(8, 2);
    sound_decode(&wav, (const uint8_t *) "\x00\xff\x80\x81", 2, out);
    expect_frame(out[0], -32768, 127 * 256);
    expect_frame(out[1], 0, 256);
    wav = wav_of(24, 2);
    sound_decode(&wav, (const uint8_t *) "\xee\x01\x80\xee\xff\x7f", 1, out);
    expect_frame(out[0], -32767, 32767);
    wav = wav_of(32, 2);
    sound_decode(&wav, (const uint8_t *) "\xee\xee\x01\x02\xee\xee\x03\x84", 1, out);
    expect_frame(out[0], 0x0201, (int16_t) 0x8403);
}

TEST("one channel is heard on both sides, of many the first two are") {
    struct wav wav = wav_of(16, 1);
    sound_decode(&wav, (const uint8_t *) "\x01\x02\x03\x04", 2, out);
    expect_frame(out[0], 0x0201, 0x0201);
    expect_frame(out[1], 0x0403, 0x0403);
    wav = wav_of(8, 4);
    sound_decode(&wav, (const uint8_t *) "\x81\x82\x83\x84\x85\x86\x87\x88", 2, out);
    expect_frame(out[0], 256, 512);
    expect_frame(out[1], 5 * 256, 6 * 256);
}

/// Runs the resampler in pieces of odd sizes; returns how many frames it made.
static size_t run(struct resampler *resampler, size_t in_len, size_t piece_in, size_t piece_out) {
    size_t taken = 0, made = 0, got;
    do {
        size_t used;
        got = resampler_run(resampler, in + taken, MIN(piece_in, in_len - taken), &used, out + made,
                            MIN(piece_out, sizeof(out) / sizeof(out[0]) - made));
        taken += used;
        made += got;
    } while (taken < in_len || got == piece_out);
    return made;
}

static void fill(void) {
    for (int i = 0; i < MANY; i++) {
        in[i].left = (int16_t) (i * 7);
        in[i].right = (int16_t) (-i * 8);
    }
}

TEST("the same rate changes nothing") {
    struct resampler resampler;
    fill();
    resampler_init(&resampler, 44100, 44100);
    // The last frame waits for the one after it.
    TEST_EXPECT_EQ(run(&resampler, MANY, 7, 5), MANY - 1);
    TEST_EXPECT_MEM_EQ(out, in, (MANY - 1) * sizeof(in[0]));
}

TEST("a straight line stays one, at any rate and in any pieces") {
    static const uint32_t rates[][2] = {{22050, 44100}, {8000, 48000},  {44100, 48000},
                                        {48000, 44100}, {96000, 48000}, {11025, 48000}};
    static struct frame first[8 * MANY];
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct resampler resampler;
        fill();
        resampler_init(&resampler, rates[i][0], rates[i][1]);
        size_t made = run(&resampler, MANY, MANY, sizeof(out) / sizeof(out[0]));
        size_t expected = (size_t) ((uint64_t) (MANY - 1) * rates[i][1] / rates[i][0]);
        TEST_EXPECT(made >= expected && made <= expected + 1);
        for (size_t j = 0; j < made; j++) {
            int exact = (int) ((uint64_t) j * 7 * rates[i][0] / rates[i][1]);
            TEST_EXPECT(out[j].left >= exact - 1 && out[j].left <= exact + 1);
        }
        memcpy(first, out, sizeof(out));
        resampler_init(&resampler, rates[i][0], rates[i][1]);
        TEST_EXPECT_EQ(run(&resampler, MANY, 11, 13), made);
        TEST_EXPECT_MEM_EQ(out, first, made * sizeof(out[0]));
    }
}

TEST("from one extreme to the other nothing overflows") {
    struct resampler resampler;
    for (int i = 0; i < MANY; i++) {
        in[i].left = (i & 1) ? INT16_MAX : INT16_MIN;
        in[i].right = (i & 1) ? INT16_MIN : INT16_MAX;
    }
    resampler_init(&resampler, 8000, 48000);
    size_t made = run(&resampler, MANY, 100, 100);
    TEST_EXPECT_GE(made, 6u * (MANY - 1));
    TEST_EXPECT(out[3].left >= -3 && out[3].left <= 3);
}
