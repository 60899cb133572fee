#include <firmware/atags.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define CORE    0x54410001
#define MEM     0x54410002
#define CMDLINE 0x54410009

static bool read(const uint32_t *words, size_t num, struct atags *atags) {
    // Where the allocation ends, the sanitizer watches.
    uint32_t *copy = malloc(num * 4 + 1);
    memcpy(copy, words, num * 4);
    bool found = atags_read(copy, num * 4, atags);
    bool has_text = found && atags->cmdline[0] != '\0';
    free(copy);
    TEST_EXPECT(!has_text || atags->num_ranges <= 4);
    return found;
}

TEST("a list is read up to its end") {
    uint32_t words[] = {5, CORE, 0, 0, 0, 4, MEM, 0x3c000000, 0, 4, CMDLINE, 0, 0, 0, 0};
    memcpy(&words[11], "run=x", 6);
    struct atags atags;
    TEST_EXPECT(atags_read(words, sizeof(words), &atags));
    TEST_EXPECT_EQ(atags.num_ranges, 1);
    TEST_EXPECT_EQ(atags.ranges[0].base, 0);
    TEST_EXPECT_EQ(atags.ranges[0].len, 0x3c000000);
    TEST_EXPECT_STR_EQ(atags.cmdline, "run=x");
}

TEST("unknown tags are skipped, and a core tag may be short") {
    const uint32_t words[] = {2, CORE, 3, 0x54410005, 1, 0, 0};
    struct atags atags;
    TEST_EXPECT(read(words, 7, &atags));
    TEST_EXPECT_EQ(atags.num_ranges, 0);
    TEST_EXPECT_STR_EQ(atags.cmdline, "");
}

TEST("what doesn't begin with a core tag is no list") {
    struct atags atags;
    TEST_EXPECT(!read((const uint32_t[]){0, 0}, 2, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2, MEM, 0, 0}, 4, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2}, 1, &atags));
}

TEST("a list without an end, or with wrong lengths, is damaged") {
    struct atags atags;
    TEST_EXPECT(!read((const uint32_t[]){2, CORE}, 2, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2, CORE, 0, MEM, 1, 1}, 6, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2, CORE, 1, MEM}, 4, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2, CORE, 0x40000000, MEM}, 4, &atags));
    TEST_EXPECT(!read((const uint32_t[]){2, CORE, 5, MEM, 1, 1}, 6, &atags));
}

TEST("a memory tag without its words is no memory, and only four fit") {
    struct atags atags;
    TEST_EXPECT(read((const uint32_t[]){2, CORE, 2, MEM, 0, 0}, 6, &atags));
    TEST_EXPECT_EQ(atags.num_ranges, 0);
    uint32_t words[2 + 6 * 4 + 2] = {2, CORE};
    for (int i = 0; i < 6; i++) {
        memcpy(&words[2 + 4 * i], (const uint32_t[]){4, MEM, 0x1000, 0x1000 * i}, 16);
    }
    TEST_EXPECT(read(words, 2 + 6 * 4 + 2, &atags));
    TEST_EXPECT_EQ(atags.num_ranges, 4);
}

TEST("a command line without an end is ignored") {
    struct atags atags;
    TEST_EXPECT(read((const uint32_t[]){2, CORE, 3, CMDLINE, 0x41414141, 0, 0}, 7, &atags));
    TEST_EXPECT_STR_EQ(atags.cmdline, "");
    TEST_EXPECT(read((const uint32_t[]){2, CORE, 2, CMDLINE, 0, 0}, 6, &atags));
}
