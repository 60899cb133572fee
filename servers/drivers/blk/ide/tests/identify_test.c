#include "../identify.h"

#include <string.h>
#include <unittest.h>

static uint16_t words[IDENTIFY_WORDS];
static struct identity identity;

/// A disk as QEMU's.
static void begin(void) {
    memset(words, 0, sizeof(words));
    words[0] = 0x0040;
    memcpy(&words[27], "EQUMH RADDSI K                          ", 40);
    words[49] = 0x0300;
    words[60] = 0x5678;
    words[61] = 0x0123;
    words[83] = 0x7400;
    words[88] = 0x203f;
    words[100] = 0x4321;
    words[101] = 0x8765;
    words[102] = 0x0001;
}

TEST("a disk with long addresses, DMA and a cache") {
    begin();
    TEST_EXPECT_EQ(identify_parse(words, &identity), OK);
    TEST_EXPECT_EQ(identity.num_sectors, 0x187654321);
    TEST_EXPECT_EQ(identity.sector_size, 512);
    TEST_EXPECT(identity.lba48 && identity.dma && identity.flush && identity.flush_ext);
    TEST_EXPECT_EQ(strncmp(identity.model, "QEMU HARDDISK ", 14), 0);
}

TEST("a disk without them") {
    begin();
    words[83] = 0;
    words[88] = 0x003f;
    TEST_EXPECT_EQ(identify_parse(words, &identity), OK);
    TEST_EXPECT_EQ(identity.num_sectors, 0x1235678);
    TEST_EXPECT(!identity.lba48 && !identity.dma && !identity.flush && !identity.flush_ext);
    // A word whose top bits don't vouch for it says nothing.
    words[83] = 0xf400;
    TEST_EXPECT_EQ(identify_parse(words, &identity), OK);
    TEST_EXPECT(!identity.lba48);
}

TEST("sectors may be longer, if it is said properly") {
    begin();
    words[106] = 0x5000;
    words[117] = 2048;
    TEST_EXPECT_EQ(identify_parse(words, &identity), OK);
    TEST_EXPECT_EQ(identity.sector_size, 4096);
    static const uint16_t odd[] = {0, 128, 300, 4096, 65535};
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        words[117] = odd[i];
        TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
    }
    words[106] = 0x9000;
    TEST_EXPECT_EQ(identify_parse(words, &identity), OK);
    TEST_EXPECT_EQ(identity.sector_size, 512);
}

TEST("what isn't a disk that can be used is refused") {
    begin();
    words[0] = 0x8580;
    TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
    begin();
    words[49] = 0x0100;
    TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
    begin();
    words[103] = 0x0001;
    TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
    memset(words, 0, sizeof(words));
    TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
    memset(words, 0xff, sizeof(words));
    TEST_EXPECT_EQ(identify_parse(words, &identity), ERR_NOT_ACCEPTABLE);
}
