#include "fake.h"
#include "renamed.h"

#include <resea/printf.h>
#include <string.h>
#include <unittest.h>

TEST("output is kept until the line is complete") {
    fake_reset();
    resea_printf("hello, ");
    TEST_EXPECT_STR_EQ(fake_console, "");
    resea_printf("%s\nand", "world");
    TEST_EXPECT_STR_EQ(fake_console, "hello, world\n");
    TEST_EXPECT_EQ(fake_console_writes, 1);
    printf_flush();
    TEST_EXPECT_STR_EQ(fake_console, "hello, world\nand");
    printf_flush();
    TEST_EXPECT_EQ(fake_console_writes, 2);
}

TEST("a long line is printed in pieces, whatever the console takes at a time") {
    fake_reset();
    fake_console_max = 7;
    char expected[601];
    memset(expected, 'x', 600);
    expected[600] = '\0';
    resea_printf("%s", expected);
    printf_flush();
    TEST_EXPECT_STR_EQ(fake_console, expected);
}

TEST("text of any length is written as it is, behind what was printed") {
    static char expected[1001];
    fake_reset();
    memset(expected, 'y', 1000);
    memcpy(expected, "%d: ", 4);
    resea_printf("%%");
    printf_write(&expected[1], 999);
    TEST_EXPECT_STR_EQ(fake_console, expected);
}

TEST("a console that takes nothing doesn't hang the program") {
    fake_reset();
    fake_console_max = 0;
    resea_printf("lost\n");
    TEST_EXPECT_EQ(fake_console_writes, 1);
}

TEST("the log macros print a line with the program's name") {
    fake_reset();
    INFO("%d files", 3);
    WARN("it is %s", "late");
    DBG("x");
    TEST_EXPECT_STR_EQ(fake_console, "[test] 3 files\n[test] WARN: it is late\n[test] x\n");
    TEST_EXPECT_EQ(fake_console_writes, 3);
}

TEST("OOPS tells where it happened, OOPS_OK what went wrong") {
    fake_reset();
    OOPS("no %s", "device");
    TEST_EXPECT(strstr(fake_console, "[test] OOPS: no device (") != NULL);
    TEST_EXPECT(strstr(fake_console, "printf_test.c:") != NULL);
    fake_reset();
    OOPS_OK(OK);
    TEST_EXPECT_STR_EQ(fake_console, "");
    OOPS_OK(ERR_NOT_FOUND);
    TEST_EXPECT(strstr(fake_console, "OOPS: ERR_NOT_FOUND failed: ERR_NOT_FOUND (-7)") != NULL);
}

TEST("assertions end the program if they don't hold") {
    fake_reset();
    ASSERT(1 + 1 == 2);
    ASSERT_OK(5);
    TEST_EXPECT_STR_EQ(fake_console, "");
    TEST_EXPECT(PANICS("assertion failed: 1 > 2 (", ASSERT(1 > 2)));
    TEST_EXPECT(PANICS("failed: ERR_ABORTED (-4)", ASSERT_OK(ERR_ABORTED)));
    TEST_EXPECT(PANICS("PANIC: the 3rd (", PANIC("the %drd", 3)));
    TEST_EXPECT(PANICS("not yet implemented", NYI()));
    TEST_EXPECT(PANICS("unreachable", UNREACHABLE()));
}

TEST("the trace macros print in debug builds only") {
    fake_reset();
    int evaluated = 0;
    TRACE("%d", ++evaluated);
    DEBUG("%d", ++evaluated);
    WARN_DBG("%d", ++evaluated);
#ifdef CONFIG_DEBUG
    TEST_EXPECT_STR_EQ(fake_console, "[test] 1\n[test] 2\n[test] WARN: 3\n");
    TEST_EXPECT(PANICS("assertion failed", DEBUG_ASSERT(false)));
#else
    TEST_EXPECT_STR_EQ(fake_console, "");
    TEST_EXPECT_EQ(evaluated, 0);
    DEBUG_ASSERT(false);
#endif
}

TEST("metrics have the form that tools look for") {
    fake_reset();
    METRIC("ipc.roundtrip", 395u, "instr");
    METRIC("tasks", -1);
    TEST_EXPECT_STR_EQ(fake_console, "metric ipc.roundtrip 395 instr\nmetric tasks -1 count\n");
}

TEST("a hexdump shows bytes, and characters that can be printed") {
    fake_reset();
    HEXDUMP("0123456789abcdef\x01z", 18);
    TEST_EXPECT_STR_EQ(
        fake_console,
        "[test] 0000: 30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef\n"
        "[test] 0010: 01 7a                                            .z\n");
}
