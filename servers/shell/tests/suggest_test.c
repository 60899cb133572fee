#include <string.h>
#include <unittest.h>

#include "../suggest.h"

static const char *suggest(const char *wanted) {
    static const char *const names[] = {"hello", "help", "ps", "memory_leak_test", "uptime"};
    static struct suggestion suggestion;
    suggest_init(&suggestion, wanted);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        suggest_offer(&suggestion, names[i]);
    }

    return suggestion.best;
}

TEST("the closest name is suggested") {
    TEST_EXPECT_EQ(strcmp(suggest("helo"), "hello"), 0);
    TEST_EXPECT_EQ(strcmp(suggest("hepl"), "help"), 0);
    TEST_EXPECT_EQ(strcmp(suggest("uptimes"), "uptime"), 0);
    TEST_EXPECT_EQ(strcmp(suggest("pss"), "ps"), 0);
}

TEST("nothing is suggested for a name unlike all others") {
    TEST_EXPECT_EQ(strcmp(suggest("benchmark"), ""), 0);
    TEST_EXPECT_EQ(strcmp(suggest("xy"), ""), 0);
    TEST_EXPECT_EQ(strcmp(suggest("a_name_much_longer_than_any_program_in_here_has"), ""), 0);
}
