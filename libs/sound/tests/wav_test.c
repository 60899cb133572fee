#include <sound/wav.h>
#include <string.h>
#include <unittest.h>

static uint8_t file[4096];
static size_t file_len;
static struct wav wav;
static const char *why;

static error_t read_file(void *handle, uint64_t offset, void *buf, size_t len) {
    TEST_EXPECT(handle == file);
    if (offset > file_len || len > file_len - offset) {
        TEST_EXPECT(false);
        return ERR_IO;
    }
    memcpy(buf, file + offset, len);
    return OK;
}

static error_t parse(void) {
    return wav_parse(read_file, file, file_len, &wav, &why);
}

static void add(const void *data, size_t len) {
    memcpy(file + file_len, data, len);
    file_len += len;
}

static void add16(unsigned value) {
    const uint8_t bytes[] = {(uint8_t) value, (uint8_t) (value >> 8)};
    add(bytes, sizeof(bytes));
}

static void add32(uint32_t value) {
    add16(value & 0xffff);
    add16(value >> 16);
}

static void add_format(unsigned format, unsigned channels, uint32_t rate, unsigned bits) {
    add("fmt ", 4);
    add32(16);
    add16(format);
    add16(channels);
    add32(rate);
    add32(rate * channels * bits / 8);
    add16(channels * bits / 8);
    add16(bits);
}

static void begin(void) {
    file_len = 0;
    memset(file, 0, sizeof(file));
    add("RIFF", 4);
    add32(0);
    add("WAVE", 4);
}

static void add_data(uint32_t said, size_t len) {
    add("data", 4);
    add32(said);
    file_len += len;
}

TEST("a plain file") {
    begin();
    add_format(1, 2, 44100, 16);
    add_data(400, 400);
    TEST_EXPECT_EQ(parse(), OK);
    TEST_EXPECT_EQ(wav.rate, 44100);
    TEST_EXPECT_EQ(wav.channels, 2);
    TEST_EXPECT_EQ(wav.bits, 16);
    TEST_EXPECT_EQ(wav.frame_len, 4);
    TEST_EXPECT_EQ(wav.data, 44);
    TEST_EXPECT_EQ(wav.data_len, 400);
}

TEST("other chunks are passed over, also those of odd length") {
    begin();
    add("LIST", 4);
    add32(5);
    add("abcde\0", 6);
    add_format(1, 1, 8000, 8);
    add("fact", 4);
    add32(0);
    add_data(7, 7);
    TEST_EXPECT_EQ(parse(), OK);
    TEST_EXPECT_EQ(wav.data_len, 7);
}

TEST("the extensible form") {
    begin();
    add("fmt ", 4);
    add32(40);
    add16(0xfffe);
    add16(2);
    add32(48000);
    add32(48000 * 6);
    add16(6);
    add16(24);
    add16(22);
    add16(24);
    add32(3);
    size_t guid = file_len;
    add("\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71", 16);
    add_data(60, 60);
    TEST_EXPECT_EQ(parse(), OK);
    TEST_EXPECT_EQ(wav.bits, 24);
    file[guid] = 3;  // Floating point.
    TEST_EXPECT_EQ(parse(), ERR_NOT_ACCEPTABLE);
    file[guid] = 1;
    file[guid + 5] = 9;
    TEST_EXPECT_EQ(parse(), ERR_NOT_ACCEPTABLE);
}

TEST("a length that isn't known, or is too large, goes to the end of the file") {
    static const uint32_t lengths[] = {0, UINT32_MAX, 1000};
    for (size_t i = 0; i < 3; i++) {
        begin();
        add_format(1, 2, 44100, 16);
        add_data(lengths[i], 402);
        TEST_EXPECT_EQ(parse(), OK);
        TEST_EXPECT_EQ(wav.data_len, 400);
    }
}

static void expect_refused(const char *reason) {
    TEST_EXPECT_EQ(parse(), ERR_NOT_ACCEPTABLE);
    TEST_EXPECT_STR_EQ(why, reason);
}

TEST("what is no WAV file is refused with a reason") {
    file_len = 0;
    expect_refused("it ends too early");
    begin();
    expect_refused("it ends too early");
    memcpy(file, "RIFX", 4);
    expect_refused("it is no WAV file");
    begin();
    add_data(4, 4);
    expect_refused("its format doesn't come before its samples");
    begin();
    add_format(3, 2, 44100, 32);
    expect_refused("its samples aren't plain integers (PCM)");
    begin();
    add_format(1, 9, 44100, 16);
    expect_refused("it has no channels, or too many");
    begin();
    add_format(1, 2, 44100, 12);
    expect_refused("its samples haven't got 8, 16, 24 or 32 bits");
    begin();
    add_format(1, 2, 0, 16);
    expect_refused("its format contradicts itself");
    begin();
    for (int i = 0; i < 300; i++) {
        add("junk\0\0\0\0", 8);
    }
    expect_refused("it has no samples");
}

TEST("changed bytes never lead outside the file") {
    uint32_t random = 1;
    for (unsigned round = 0; round < 20000; round++) {
        begin();
        add_format(1, 2, 44100, 16);
        add_data(400, 400);
        for (unsigned i = 0; i < 4; i++) {
            random = random * 1664525u + 1013904223u;
            file[(random >> 8) % 64] = (uint8_t) (random >> 24);
        }
        file_len = 44 + (random >> 4) % 400;
        if (parse() == OK) {
            TEST_EXPECT(wav.data <= file_len && wav.data_len <= file_len - wav.data);
            TEST_EXPECT_EQ(wav.data_len % wav.frame_len, 0);
        }
    }
}
