#include "../player.h"

#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../controller.h"
#include "../registers.h"
#include "../stream.h"
#include "fake_codec.h"

#define CLIENT 7
#define OTHER  8

static unsigned num_replies;
static task_t replied_to;
static bool replied_drain;

void player_reply(task_t client, bool drained, error_t err) {
    TEST_EXPECT_EQ(err, OK);
    num_replies++;
    replied_to = client;
    replied_drain = drained;
}

static handle_t start(void) {
    player_forget(CLIENT);
    fake_reset();
    num_replies = 0;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    TEST_EXPECT_EQ(player_init(), OK);
    uint32_t rate = 44100;
    handle_t handle;
    TEST_EXPECT_EQ(player_open(CLIENT, &rate, &handle), OK);
    TEST_EXPECT_EQ(rate, 44100);
    return handle;
}

static const void *make_frames(size_t len, uint8_t value) {
    void *frames = malloc(len);
    memset(frames, value, len);
    return frames;
}

static void play_period(void) {
    if (fake_play(STREAM_PERIOD) && controller_handle_interrupt()) {
        player_interrupt();
    }
}

TEST("there is one stream at a time, of its client's") {
    handle_t handle = start(), second;
    uint32_t rate = 48000;
    TEST_EXPECT_EQ(player_open(OTHER, &rate, &second), ERR_IN_USE);
    TEST_EXPECT_EQ(player_drain(OTHER, handle), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(player_close(OTHER, handle), ERR_NOT_FOUND);
    player_forget(OTHER);
    TEST_EXPECT_EQ(player_client(), CLIENT);
    TEST_EXPECT_EQ(player_close(CLIENT, handle), OK);
    TEST_EXPECT_EQ(player_open(OTHER, &rate, &second), OK);
    TEST_EXPECT_NE(second, handle);
    TEST_EXPECT_EQ(player_close(CLIENT, handle), ERR_NOT_FOUND);
    player_forget(OTHER);
    TEST_EXPECT_EQ(player_client(), 0);
}

TEST("a rate that the codec hasn't got is told") {
    handle_t handle = start();
    TEST_EXPECT_EQ(player_close(CLIENT, handle), OK);
    uint32_t rate = 22050;
    TEST_EXPECT_EQ(player_open(CLIENT, &rate, &handle), OK);
    TEST_EXPECT_EQ(rate, 44100);
    TEST_EXPECT_EQ(fake.format, 0x4011);
}

TEST("a write that fits is answered at once, another one when there is room") {
    handle_t handle = start();
    const void *frames = make_frames(32768, 1);
    const void *kept = frames;
    TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 32768), OK);
    TEST_EXPECT_EQ(frames, kept);
    free((void *) frames);
    TEST_EXPECT(!fake.runs);
    frames = make_frames(65536, 2);
    TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 65536), DONT_REPLY);
    TEST_EXPECT(frames == NULL);
    TEST_EXPECT(fake.runs);
    for (unsigned i = 0; i < 8; i++) {
        TEST_EXPECT_EQ(num_replies, 0);
        play_period();
    }
    play_period();
    TEST_EXPECT_EQ(num_replies, 1);
    TEST_EXPECT_EQ(replied_to, CLIENT);
    TEST_EXPECT(!replied_drain);
}

TEST("a drain is answered when all was heard, and more can follow") {
    handle_t handle = start();
    for (unsigned round = 1; round <= 3; round++) {
        const void *frames = make_frames(10000, (uint8_t) round);
        TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 10000), OK);
        free((void *) frames);
        TEST_EXPECT_EQ(player_drain(CLIENT, handle), DONT_REPLY);
        while (num_replies < round) {
            play_period();
        }
        TEST_EXPECT(replied_drain);
        TEST_EXPECT(!fake.runs);
        struct player_position position;
        TEST_EXPECT_EQ(player_position(CLIENT, handle, &position), OK);
        TEST_EXPECT_EQ(position.played, round * 2500);
        TEST_EXPECT_EQ(position.underruns, 0);
        size_t heard = 0;
        for (size_t i = 0; i < fake.captured_len; i++) {
            heard += fake.captured[i] == round;
        }
        TEST_EXPECT_EQ(heard, 10000);
    }
}

TEST("nothing to drain, and no frames") {
    handle_t handle = start();
    TEST_EXPECT_EQ(player_drain(CLIENT, handle), OK);
    const void *frames = NULL;
    TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 0), OK);
    frames = make_frames(6, 0);
    TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 6), ERR_INVALID_ARG);
    free((void *) frames);
}

TEST("a client that ends takes its stream and what it was about to write with it") {
    handle_t handle = start();
    const void *frames = make_frames(65536, 1);
    TEST_EXPECT_EQ(player_write(CLIENT, handle, &frames, 65536), DONT_REPLY);
    player_forget(CLIENT);
    TEST_EXPECT(!fake.runs);
    TEST_EXPECT_EQ(player_client(), 0);
    play_period();
    TEST_EXPECT_EQ(num_replies, 0);
}

TEST("the volume outlives streams") {
    handle_t handle = start();
    TEST_EXPECT_EQ(player_set_volume(101, false), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(player_set_volume(25, false), OK);
    TEST_EXPECT_EQ(player_close(CLIENT, handle), OK);
    uint32_t rate = 48000;
    TEST_EXPECT_EQ(player_open(CLIENT, &rate, &handle), OK);
    TEST_EXPECT_EQ(fake.nodes[0].amp_out, 16);
    unsigned percent;
    bool muted;
    player_get_volume(&percent, &muted);
    TEST_EXPECT_EQ(percent, 25);
    TEST_EXPECT_EQ(player_set_volume(100, false), OK);
}
