#include "../body.h"

#include <string.h>
#include <unittest.h>

#define NOT_OVER (-1)

/// Skips a body that comes in two parts. Returns how many bytes it had, minus the status, or NOT_OVER.
static int skip(const char *data, size_t len, size_t first, bool is_chunked, uint64_t body_len) {
    struct body body;
    int status = body_begin(&body, is_chunked, body_len);
    if (status != 0) {
        return -status;
    }
    size_t done = body_skip(&body, data, first, &status);
    if (status == 0 && !body_is_over(&body)) {
        TEST_EXPECT_EQ(done, first);
        done += body_skip(&body, &data[done], len - done, &status);
    }
    return (status != 0) ? -status : body_is_over(&body) ? (int) done : NOT_OVER;
}

static int skip_chunked(const char *data) {
    size_t len = strlen(data);
    int result = skip(data, len, len, true, 0);
    for (size_t first = 0; first < len; first++) {
        TEST_EXPECT_EQ(skip(data, len, first, true, 0), result);
    }
    return result;
}

TEST("bodies of a known length") {
    TEST_EXPECT_EQ(skip("abcdef", 6, 2, false, 4), 4);
    TEST_EXPECT_EQ(skip("abcdef", 6, 4, false, 4), 4);
    TEST_EXPECT_EQ(skip("abcdef", 6, 0, false, 0), 0);
    TEST_EXPECT_EQ(skip("abcdef", 6, 3, false, 7), NOT_OVER);
    TEST_EXPECT_EQ(skip("abcdef", 6, 3, false, BODY_MAX), NOT_OVER);
    TEST_EXPECT_EQ(skip("abcdef", 6, 3, false, BODY_MAX + 1), -413);
    TEST_EXPECT_EQ(skip("abcdef", 6, 3, false, UINT64_MAX), -413);
}

TEST("bodies in chunks") {
    static const struct {
        const char *data;
        int result;  ///< Bytes that are left behind the body, or minus a status.
    } cases[] = {
        {"0\r\n\r\n", 0},
        {"3\r\nabc\r\n0\r\n\r\nGET", 3},
        {"000A;x=\"y\"\r\n0123456789\r\n00\r\nTrailer: x\r\nOther: y\r\n\r\n", 0},
        {"1\r\n\n\r\n0\r\n\r\n0", 1},
        {"3\r\nabc\r\n", NOT_OVER},
        {"3\r\nabcd\r\n", -400},
        {"3\r\nab\r\n0\r\n\r\n", -400},
        {"3\nabc\r\n0\r\n\r\n", -400},
        {"3\r\nabc\n0\r\n\r\n", -400},
        {"3 \r\nabc\r\n0\r\n\r\n", -400},
        {" 3\r\nabc\r\n0\r\n\r\n", -400},
        {"0x3\r\nabc\r\n", -400},
        {"-1\r\n", -400},
        {"\r\n", -400},
        {";x\r\n", -400},
        {"3;\n\r\n", -400},
        {"0\r\n\n", -400},
        {"0\r\n continued: x\r\n\r\n", -400},
        {"0\r\nT: x\n\r\n", -400},
        {"0\r\n\rx", -400},
        {"fffffffffffffff\r\n", -413},
        {"100001\r\n", -413},
        {"1000000000000000000\r\n", -400},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int result = skip_chunked(cases[i].data);
        TEST_EXPECT_EQ((result >= 0) ? (int) strlen(cases[i].data) - result : result,
                       cases[i].result);
    }
}

TEST("chunks have a limit, and what is around them") {
    struct body body;
    int status = 0;
    TEST_EXPECT_EQ(body_begin(&body, true, 0), 0);
    static char chunk[4096 + 8];
    memcpy(chunk, "1000\r\n", 6);
    memcpy(&chunk[sizeof(chunk) - 2], "\r\n", 2);
    unsigned count = 0;
    while (status == 0) {
        body_skip(&body, chunk, sizeof(chunk), &status);
        count++;
    }
    TEST_EXPECT_EQ(status, 413);
    TEST_EXPECT_EQ(count, BODY_MAX / 4096 + 1);
    TEST_EXPECT_EQ(body_begin(&body, true, 0), 0);
    body_skip(&body, "1;", 2, &status);
    for (count = 0, status = 0; status == 0; count++) {
        body_skip(&body, "xxxxxxxxxxxxxxxx", 16, &status);
    }
    TEST_EXPECT_EQ(status, 413);
    TEST_EXPECT_EQ(count, BODY_FRAMING_MAX / 16);
}
