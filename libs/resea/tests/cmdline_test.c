#include "fake.h"
#include "renamed.h"

#include <resea/cmdline.h>
#include <string.h>
#include <unittest.h>

// What it prints goes to the fake's console.
#define printf resea_printf
#include "../src/cmdline.c"
#undef printf

static int cat, ping, quit;
static char *path, *address;
static const char *count;

static void declare(void) {
    fake_reset();
    cmdline_init();
    cat = cmdline_cmd("cat");
    cmdline_arg(&path, cat, "path", false);
    ping = cmdline_cmd("ping");
    cmdline_arg(&address, ping, "address", false);
    cmdline_arg(&count, ping, "count", true);
    quit = cmdline_cmd("quit");
}

TEST("a subcommand is found, and its arguments with it") {
    declare();
    char *name;
    TEST_EXPECT_EQ(cmdline_parse("utils cat /a/b", &name), cat);
    TEST_EXPECT_STR_EQ(name, "cat");
    TEST_EXPECT_STR_EQ(path, "/a/b");
    const char *constant_name;
    TEST_EXPECT_EQ(cmdline_parse("  utils   ping  10.0.2.2 3 ", &constant_name), ping);
    TEST_EXPECT_STR_EQ(constant_name, "ping");
    TEST_EXPECT_STR_EQ(address, "10.0.2.2");
    TEST_EXPECT_STR_EQ(count, "3");
    TEST_EXPECT_EQ(cmdline_parse("utils ping x", &name), ping);
    TEST_EXPECT_EQ(count, NULL);
    TEST_EXPECT_EQ(cmdline_parse("utils quit", &name), quit);
    TEST_EXPECT_STR_EQ(fake_console, "");
}

TEST("what is wrong with a command line is told with the way it should be") {
    declare();
    char *name;
    TEST_EXPECT_EQ(cmdline_parse("utils ping", &name), ERR_TOO_SMALL);
    TEST_EXPECT_STR_EQ(fake_console, "usage: utils ping <address> [count]\n");
    declare();
    TEST_EXPECT_EQ(cmdline_parse("utils cat a b", &name), ERR_TOO_LARGE);
    TEST_EXPECT_STR_EQ(fake_console, "usage: utils cat <path>\n");
    declare();
    TEST_EXPECT_EQ(cmdline_parse("utils dog", &name), ERR_NOT_FOUND);
    TEST_EXPECT_STR_EQ(name, "dog");
    TEST_EXPECT_STR_EQ(fake_console, "utils: unknown command \"dog\"\n"
                                     "usage: utils cat <path>\n"
                                     "usage: utils ping <address> [count]\n"
                                     "usage: utils quit\n");
    declare();
    TEST_EXPECT_EQ(cmdline_parse("utils", &name), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(name, NULL);
    TEST_EXPECT_EQ(cmdline_parse("", &name), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(cmdline_parse("utils cat 'a", &name), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(cmdline_parse("a b c d e f g h i j k l m n", &name), ERR_TOO_LARGE);
}

TEST("words are split at white space outside of quotes") {
    char text[] = " one  \"two words\"\t'three \"3\"' a\"b c\"d '' end";
    char *words[8];
    TEST_EXPECT_EQ(cmdline_split(text, words, 8), 6);
    TEST_EXPECT_STR_EQ(words[0], "one");
    TEST_EXPECT_STR_EQ(words[1], "two words");
    TEST_EXPECT_STR_EQ(words[2], "three \"3\"");
    TEST_EXPECT_STR_EQ(words[3], "ab cd");
    TEST_EXPECT_STR_EQ(words[4], "");
    TEST_EXPECT_STR_EQ(words[5], "end");

    char blank[] = "  \t ";
    TEST_EXPECT_EQ(cmdline_split(blank, words, 8), 0);
    char three[] = "a b c";
    TEST_EXPECT_EQ(cmdline_split(three, words, 2), ERR_TOO_LARGE);
    char exact[] = "a b";
    TEST_EXPECT_EQ(cmdline_split(exact, words, 2), 2);
    char open_quote[] = "a \"b";
    TEST_EXPECT_EQ(cmdline_split(open_quote, words, 8), ERR_INVALID_ARG);
}

TEST("options of the program's own command line are found by their names") {
    fake_reset();
    fake_cmdline = "rand --seed=42 --verbose --seedling=7 'x --no=1' --empty=";
    TEST_EXPECT_STR_EQ(cmdline_option("seed"), "42");
    TEST_EXPECT_STR_EQ(cmdline_option("verbose"), "");
    TEST_EXPECT_STR_EQ(cmdline_option("seedling"), "7");
    TEST_EXPECT_STR_EQ(cmdline_option("empty"), "");
    TEST_EXPECT_EQ(cmdline_option("see"), NULL);
    TEST_EXPECT_EQ(cmdline_option("no"), NULL);
    TEST_EXPECT_EQ(cmdline_option("rand"), NULL);
}
