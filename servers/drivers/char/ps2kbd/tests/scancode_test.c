#include "../scancode.h"

#include <keyboard.h>
#include <string.h>
#include <unittest.h>

static struct scancode_decoder decoder;

/// What bytes say: "+04" for a key that goes down, "-04" for one that goes up, "!" if some were lost.
static const char *decode(const char *bytes, size_t len) {
    static char text[512];
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t usage = 0;
        switch (scancode_decode(&decoder, (uint8_t) bytes[i], &usage)) {
        case SCANCODE_NOTHING:
            continue;
        case SCANCODE_LOST:
            text[n++] = '!';
            continue;
        case SCANCODE_PRESS:
            text[n++] = '+';
            break;
        case SCANCODE_RELEASE:
            text[n++] = '-';
            break;
        }
        text[n++] = digits[usage >> 4];
        text[n++] = digits[usage & 15];
    }
    text[n] = '\0';
    return text;
}

#define EXPECT(bytes, text) TEST_EXPECT_STR_EQ(decode(bytes, sizeof(bytes) - 1), text)

TEST("set 1: keys go down and up") {
    scancode_init(&decoder, true);
    EXPECT("\x1e\x1e\x9e", "+04+04-04");
    EXPECT("\x2a\x02\x82\xaa", "+e1+1e-1e-e1");
    EXPECT("\x56\xd6\x58\xd8", "+64-64+45-45");
}

TEST("set 1: keys that were added later") {
    scancode_init(&decoder, true);
    EXPECT("\xe0\x48\xe0\xc8\x48\xc8", "+52-52+60-60");
    EXPECT("\xe0\x1d\x1d\xe0\x9d\x9d", "+e4+e0-e4-e0");
    EXPECT("\xe0\x1c\xe0\x9c", "+58-58");
}

TEST("set 1: made-up Shifts around Print Screen and arrows are no keys") {
    scancode_init(&decoder, true);
    EXPECT("\xe0\x2a\xe0\x37\xe0\xb7\xe0\xaa", "+46-46");
    EXPECT("\xe0\xaa\xe0\x4b\xe0\xcb\xe0\x2a", "+50-50");
}

TEST("set 1: Pause comes at once, and leaves nothing behind") {
    scancode_init(&decoder, true);
    EXPECT("\xe1\x1d\x45\xe1\x9d\xc5\x1e", "+04");
}

TEST("set 2: keys go down and up") {
    scancode_init(&decoder, false);
    EXPECT("\x1c\x1c\xf0\x1c", "+04+04-04");
    EXPECT("\x12\x16\xf0\x16\xf0\x12", "+e1+1e-1e-e1");
    EXPECT("\x83\xf0\x83", "+40-40");
}

TEST("set 2: keys that were added later") {
    scancode_init(&decoder, false);
    EXPECT("\xe0\x75\xe0\xf0\x75\x75\xf0\x75", "+52-52+60-60");
    EXPECT("\xe0\x12\xe0\x7c\xe0\xf0\x7c\xe0\xf0\x12", "+46-46");
    EXPECT("\xe1\x14\x77\xe1\xf0\x14\xf0\x77\x1c", "+04");
}

TEST("bytes that were lost, and bytes that nobody knows") {
    scancode_init(&decoder, true);
    EXPECT("\xe0\xff\x48", "!+60");
    EXPECT("\x7f\xee\x00\x1e", "+04");
    scancode_init(&decoder, false);
    EXPECT("\xf0\x00\x1c", "!+04");
    EXPECT("\xaa\xfc\xee\x1c", "+04");
}

TEST("each key has one code in each set, the same usages in both") {
    uint8_t usages[2][512] = {0};
    for (unsigned set = 0; set < 2; set++) {
        for (unsigned code = 0; code < 512; code++) {
            scancode_init(&decoder, set == 0);
            uint8_t usage = 0;
            if (code >= 256) {
                (void) scancode_decode(&decoder, 0xe0, &usage);
            }
            if (scancode_decode(&decoder, (uint8_t) code, &usage) == SCANCODE_PRESS) {
                usages[set][usage]++;
            }
        }
    }
    for (unsigned usage = 0; usage < 256; usage++) {
        TEST_EXPECT_LE(usages[0][usage], 1);
        TEST_EXPECT_EQ(usages[0][usage], usages[1][usage]);
    }
    // 104 keys, less Pause, plus Ctrl-Pause and the key that European keyboards have.
    unsigned num = 0;
    for (unsigned usage = 0; usage < 256; usage++) {
        num += usages[0][usage];
    }
    TEST_EXPECT_EQ(num, 105);
}

TEST("no sequence of bytes leads anywhere else") {
    for (unsigned set = 0; set < 2; set++) {
        scancode_init(&decoder, set == 0);
        uint32_t state = 1;
        for (unsigned i = 0; i < 100000; i++) {
            state = state * 1664525 + 1013904223;
            uint8_t usage = 0;
            enum scancode_event event = scancode_decode(&decoder, (uint8_t) (state >> 24), &usage);
            if (event == SCANCODE_PRESS || event == SCANCODE_RELEASE) {
                TEST_EXPECT(usage >= 4 && usage <= KEYBOARD_LAST_MODIFIER);
            }
        }
        // Two bytes are all that can be owed to a Pause key.
        (void) decode("\x1e\x1e\x1e", 3);
        TEST_EXPECT_NE(strlen(decode(set == 0 ? "\x1e" : "\x1c", 1)), 0);
    }
}
