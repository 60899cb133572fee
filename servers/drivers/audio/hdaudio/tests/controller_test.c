#include "../controller.h"

#include <unittest.h>

#include "../registers.h"
#include "fake_codec.h"

TEST("the reset shows the codecs") {
    fake_reset();
    fake.codecs = 0x5;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    TEST_EXPECT_EQ(controller_codecs(), 0x5);
}

TEST("a controller that stays in reset is given up") {
    fake_reset();
    fake.stuck_in_reset = true;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), ERR_IO);
}

TEST("a controller without outputs, or beyond our memory, is no use") {
    fake_reset();
    fake.num_outputs = 0;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), ERR_NOT_ACCEPTABLE);
    fake_reset();
    fake.dma_base = UINT64_C(1) << 32;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), ERR_NOT_ACCEPTABLE);
    fake.reaches_64bit = true;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    fake_reset();
    fake.no_memory = true;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), ERR_NO_MEMORY);
}

TEST("commands are answered, often enough for the rings to go round") {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    uint32_t answer;
    for (unsigned i = 0; i < 1000; i++) {
        answer = 0;
        TEST_EXPECT_EQ(
            controller_command(0, 1, (VERB_GET_PARAMETER << 8) | PARAM_GROUP_TYPE, &answer), OK);
        TEST_EXPECT_EQ(answer, GROUP_AUDIO);
    }
    TEST_EXPECT_EQ(fake.num_commands, 1000);
}

TEST("answers that nobody has asked for are dropped") {
    fake_reset();
    fake.unsolicited = true;
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    uint32_t answer;
    TEST_EXPECT_EQ(controller_command(0, 1, (VERB_GET_PARAMETER << 8) | PARAM_GROUP_TYPE, &answer),
                   OK);
    TEST_EXPECT_EQ(answer, GROUP_AUDIO);
}

TEST("a codec that doesn't answer is an error") {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    fake.mute = true;
    uint32_t answer = 5;
    TEST_EXPECT_EQ(controller_command(0, 1, 0, &answer), ERR_IO);
    TEST_EXPECT_EQ(answer, 0);
    fake.mute = false;
    TEST_EXPECT_EQ(controller_command(0, 1, (VERB_GET_PARAMETER << 8) | PARAM_GROUP_TYPE, &answer),
                   OK);
}

TEST("an interrupt of another device isn't taken") {
    fake_reset();
    TEST_EXPECT_EQ(controller_init(FAKE_IO), OK);
    TEST_EXPECT(!controller_handle_interrupt());
}
