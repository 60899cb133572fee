#include "renamed.h"

#include <endian.h>
#include <error_name.h>
#include <sanitizer.h>
#include <string.h>
#include <unittest.h>

TEST("integers change their byte order") {
    uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    memcpy(&u16, bytes, sizeof(u16));
    memcpy(&u32, bytes, sizeof(u32));
    memcpy(&u64, bytes, sizeof(u64));
    TEST_EXPECT_EQ(ntoh16(u16), 0x0102);
    TEST_EXPECT_EQ(ntoh32(u32), 0x01020304);
    TEST_EXPECT_EQ(ntoh64(u64), 0x0102030405060708);
    TEST_EXPECT_EQ(from_le16(u16), 0x0201);
    TEST_EXPECT_EQ(from_le32(u32), 0x04030201);
    TEST_EXPECT_EQ(from_le64(u64), 0x0807060504030201);
    TEST_EXPECT_EQ(hton16(0x0102), u16);
    TEST_EXPECT_EQ(hton32(0x01020304), u32);
    TEST_EXPECT_EQ(hton64(0x0102030405060708), u64);
    TEST_EXPECT_EQ(into_le16(0x0201), u16);
    TEST_EXPECT_EQ(into_le32(0x04030201), u32);
    TEST_EXPECT_EQ(into_le64(0x0807060504030201), u64);
}

TEST("every error has a name") {
    TEST_EXPECT_STR_EQ(error_name(OK), "OK");
    TEST_EXPECT_STR_EQ(error_name(5), "OK");
    TEST_EXPECT_STR_EQ(error_name(ERR_NO_MEMORY), "ERR_NO_MEMORY");
    TEST_EXPECT_STR_EQ(error_name(DONT_REPLY), "DONT_REPLY");
    TEST_EXPECT_STR_EQ(error_name(ERR_NO_SPACE), "ERR_NO_SPACE");
    TEST_EXPECT_STR_EQ(error_name(ERR_UNREACHABLE), "ERR_UNREACHABLE");
    TEST_EXPECT_STR_EQ(error_name(ERR_UNREACHABLE - 1), "unknown error");
    TEST_EXPECT_STR_EQ(error_name(INT32_MIN), "unknown error");
    for (error_t err = -1; err >= ERR_UNREACHABLE; err--) {
        TEST_EXPECT(error_name(err) != NULL);
    }
}

static char last_what[128];
static char last_file[128];
static unsigned last_line, last_column;

void ubsan_report(const char *what, const char *file, unsigned line, unsigned column) {
    strncpy2(last_what, what, sizeof(last_what));
    strncpy2(last_file, file, sizeof(last_file));
    last_line = line;
    last_column = column;
}

/// Must match struct type_mismatch_data of ubsan.c: the compiler's layout.
struct mismatch {
    struct ubsan_location loc;
    const void *type;
    uint8_t log_align;
    uint8_t kind;
};

TEST("undefined behaviour is reported with its kind and place") {
    struct ubsan_location loc = {"file.c", 12, 34};
    tested_add_overflow(&loc);
    TEST_EXPECT_STR_EQ(last_what, "signed integer overflow in an addition");
    TEST_EXPECT_STR_EQ(last_file, "file.c");
    TEST_EXPECT_EQ(last_line, 12);
    TEST_EXPECT_EQ(last_column, 34);
    tested_out_of_bounds(&loc);
    TEST_EXPECT_STR_EQ(last_what, "array index out of bounds");

    struct ubsan_location no_file = {NULL, 1, 2};
    tested_nonnull_return_v1(NULL, &no_file);
    TEST_EXPECT_STR_EQ(last_what, "null pointer returned where it must not be null");
    TEST_EXPECT_STR_EQ(last_file, "(unknown)");
}

TEST("bad pointers are told apart") {
    struct mismatch data = {.loc = {"file.c", 1, 2}, .log_align = 3};
    tested_type_mismatch_v1(&data, 0);
    TEST_EXPECT_STR_EQ(last_what, "use of a null pointer");
    tested_type_mismatch_v1(&data, 0x1004);
    TEST_EXPECT_STR_EQ(last_what, "use of a misaligned pointer");
    tested_type_mismatch_v1(&data, 0x1008);
    TEST_EXPECT_STR_EQ(last_what, "use of a pointer to too small an object");
}
