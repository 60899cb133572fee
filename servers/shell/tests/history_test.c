#include <string.h>
#include <unittest.h>

#include "../history.h"

static struct history history;

static void reset(void) {
    memset(&history, 0, sizeof(history));
}

TEST("an empty history has no line") {
    reset();
    TEST_EXPECT_EQ(history_get(&history, 0), NULL);
    TEST_EXPECT_EQ(history_get(&history, 1), NULL);
}

TEST("the newest line comes first") {
    reset();
    history_add(&history, "one");
    history_add(&history, "two");
    TEST_EXPECT_EQ(strcmp(history_get(&history, 1), "two"), 0);
    TEST_EXPECT_EQ(strcmp(history_get(&history, 2), "one"), 0);
    TEST_EXPECT_EQ(history_get(&history, 3), NULL);
}

TEST("empty and repeated lines are left out") {
    reset();
    history_add(&history, "one");
    history_add(&history, "");
    history_add(&history, "one");
    TEST_EXPECT_EQ(history.added, 1);
}

TEST("old lines are dropped") {
    reset();
    for (int i = 0; i < HISTORY_LEN + 3; i++) {
        history_add(&history, (char[]){(char) ('A' + i), '\0'});
    }

    TEST_EXPECT_EQ(history_get(&history, HISTORY_LEN)[0], 'A' + 3);
    TEST_EXPECT_EQ(history_get(&history, HISTORY_LEN + 1), NULL);
}

TEST("a line that is too long is cut") {
    reset();
    char line[LINE_LEN + 10];
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    history_add(&history, line);
    TEST_EXPECT_EQ(strlen(history_get(&history, 1)), LINE_LEN - 1);
}
