#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unittest.h>

static void failing_expectations(void) {
    size_t three = 3;
    TEST_EXPECT_EQ(1 + 1, three);
    TEST_EXPECT_STR_EQ("abc", "abd");
    TEST_EXPECT_STR_EQ("abc", NULL);
    TEST_EXPECT_MEM_EQ("abc", "abd", 3);
    TEST_EXPECT(1 > 2);
}

/// Set in the child, whose failing expectations are wanted.
static bool fails_on_purpose;

TEST("(fails if the next test asks for it)") {
    if (fails_on_purpose) {
        failing_expectations();
    }
}

/// Runs that test in a child process and returns what it printed.
static const char *run_failing_test(int *status) {
    static char text[4096];
    int fds[2];
    if (pipe(fds) != 0) {
        abort();
    }

    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], STDOUT_FILENO);
        fails_on_purpose = true;
        _exit(unittest_run_all("(fails if") == 1 ? 77 : 0);
    }

    close(fds[1]);
    size_t len = 0;
    for (ssize_t n = 1; n > 0; len += (size_t) n) {
        n = read(fds[0], &text[len], sizeof(text) - 1 - len);
        n = (n < 0) ? 0 : n;
    }
    text[len] = '\0';
    close(fds[0]);
    waitpid(child, status, 0);
    return text;
}

TEST("a failed expectation tells place, sides and values, and fails the test") {
    int status = 0;
    fflush(stdout);
    const char *text = run_failing_test(&status);
    TEST_EXPECT(WIFEXITED(status));
    TEST_EXPECT_EQ(WEXITSTATUS(status), 77);
    TEST_EXPECT(strstr(text, "unittest_test.c:10: failed: 1 + 1 == three") != NULL);
    TEST_EXPECT(strstr(text, "left:  2\n    right: 3\n") != NULL);
    TEST_EXPECT(strstr(text, "failed: \"abc\" equals \"abd\"") != NULL);
    TEST_EXPECT(strstr(text, "right: NULL") != NULL);
    TEST_EXPECT(strstr(text, "byte 2: 0x63 and 0x64") != NULL);
    TEST_EXPECT(strstr(text, "failed: 1 > 2") != NULL);
    TEST_EXPECT(strstr(text, "FAIL (fails if") != NULL);
    TEST_EXPECT(strstr(text, "0 passed, 1 failed\n") != NULL);
}

TEST("expectations hold for all kinds of numbers") {
    unsigned char byte = 200;
    TEST_EXPECT_EQ(byte, 200);
    TEST_EXPECT_EQ(sizeof(int), 4);
    TEST_EXPECT_NE(true, false);
    TEST_EXPECT_LE(-1LL, 0);
    TEST_EXPECT_GT(2.5, 2);
    TEST_EXPECT_GE(3ul, 3);
    TEST_EXPECT_LT(-5, -4);
    TEST_EXPECT_EQ((void *) 0, NULL);
    TEST_EXPECT_STR_EQ("x", "x");
    TEST_EXPECT_MEM_EQ("xyz", "xyw", 2);
}

TEST("both sides are evaluated once") {
    int calls = 0;
    TEST_EXPECT_EQ(++calls, 1);
    TEST_EXPECT_EQ(calls, 1);
}
