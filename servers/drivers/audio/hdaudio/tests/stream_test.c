#include "../stream.h"

#include <string.h>
#include <unittest.h>

#include "../controller.h"
#include "fake_codec.h"

static uint8_t samples[4 * STREAM_LEN];

static void start(void) {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    TEST_EXPECT_EQ(stream_init(), OK);
    TEST_EXPECT_EQ(stream_open(0x11), OK);
    for (size_t i = 0; i < sizeof(samples); i++) {
        samples[i] = (uint8_t) (1 + fake_random() % 255);
    }
}

TEST("what is written is played, round the circle several times") {
    start();
    size_t written = stream_write(samples, sizeof(samples), 100);
    TEST_EXPECT_EQ(written, STREAM_LEN - STREAM_AHEAD);
    stream_start();
    while (written < sizeof(samples)) {
        TEST_EXPECT(fake_play(STREAM_PERIOD));
        TEST_EXPECT(controller_handle_interrupt());
        stream_update(false);
        written += stream_write(samples + written, sizeof(samples) - written, 100);
    }
    while (!stream_is_over()) {
        fake_play(STREAM_PERIOD);
        stream_update(true);
    }
    stream_stop();
    TEST_EXPECT_MEM_EQ(fake.captured, samples, sizeof(samples));
    TEST_EXPECT_EQ(stream_played(), sizeof(samples));
    TEST_EXPECT_EQ(stream_underruns(), 0);
    for (size_t i = sizeof(samples); i < fake.captured_len; i++) {
        TEST_EXPECT_EQ(fake.captured[i], 0);
    }
}

TEST("a late client is heard after a silence, and not as an echo") {
    start();
    TEST_EXPECT_EQ(stream_write(samples, 8192, 100), 8192);
    stream_start();
    for (unsigned i = 0; i < 40; i++) {
        fake_play(STREAM_PERIOD);
        stream_update(false);
    }
    TEST_EXPECT_EQ(stream_underruns(), 1);
    TEST_EXPECT_EQ(stream_played(), 8192);
    size_t late = fake.captured_len;
    TEST_EXPECT_EQ(stream_write(samples + 8192, 4096, 100), 4096);
    fake_play(STREAM_AHEAD + 4096);
    stream_update(true);
    for (size_t i = 8192; i < late + STREAM_AHEAD; i++) {
        TEST_EXPECT_EQ(fake.captured[i], 0);
    }
    TEST_EXPECT_MEM_EQ(fake.captured + late + STREAM_AHEAD, samples + 8192, 4096);
    TEST_EXPECT_EQ(stream_played(), 8192 + 4096);
}

TEST("the volume is done to the samples") {
    start();
    const int16_t in[] = {100, -100, INT16_MAX, INT16_MIN};
    TEST_EXPECT_EQ(stream_write((const uint8_t *) in, sizeof(in), 50), sizeof(in));
    TEST_EXPECT_EQ(stream_write((const uint8_t *) in, sizeof(in), 0), sizeof(in));
    stream_start();
    fake_play(2 * sizeof(in));
    int16_t out[8];
    memcpy(out, fake.captured, sizeof(out));
    TEST_EXPECT_EQ(out[0], 50);
    TEST_EXPECT_EQ(out[1], -50);
    TEST_EXPECT_EQ(out[2], INT16_MAX / 2);
    TEST_EXPECT_EQ(out[3], INT16_MIN / 2);
    TEST_EXPECT_EQ(out[6], 0);
}

TEST("memory that the controller can't reach is refused") {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    fake.dma_base = UINT64_C(1) << 32;
    TEST_EXPECT_EQ(stream_init(), ERR_NOT_ACCEPTABLE);
    fake.no_memory = true;
    TEST_EXPECT_EQ(stream_init(), ERR_NO_MEMORY);
}
