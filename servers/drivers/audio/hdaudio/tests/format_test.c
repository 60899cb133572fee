#include "../format.h"

#include <unittest.h>

#define ALL 0x7ffu

TEST("the rate that is wanted, or the next higher one") {
    TEST_EXPECT_EQ(format_choose_rate(ALL, 44100), 44100);
    TEST_EXPECT_EQ(format_choose_rate(ALL, 8000), 8000);
    TEST_EXPECT_EQ(format_choose_rate(ALL, 4000), 8000);
    TEST_EXPECT_EQ(format_choose_rate(ALL, 44101), 48000);
    TEST_EXPECT_EQ(format_choose_rate(1u << 6, 44100), 48000);
}

TEST("if there is no higher one, the highest") {
    TEST_EXPECT_EQ(format_choose_rate(1u << 6, 96000), 48000);
    TEST_EXPECT_EQ(format_choose_rate(0x3, 192000), 11025);
    TEST_EXPECT_EQ(format_choose_rate(0, 48000), 0);
}

TEST("formats are as the specification codes them") {
    TEST_EXPECT_EQ(format_of_rate(48000), 0x0011);
    TEST_EXPECT_EQ(format_of_rate(44100), 0x4011);
    TEST_EXPECT_EQ(format_of_rate(96000), 0x0811);
    TEST_EXPECT_EQ(format_of_rate(192000), 0x1811);
    TEST_EXPECT_EQ(format_of_rate(32000), 0x0a11);
    TEST_EXPECT_EQ(format_of_rate(16000), 0x0211);
    TEST_EXPECT_EQ(format_of_rate(11025), 0x4311);
    TEST_EXPECT_EQ(format_of_rate(8000), 0x0511);
}
