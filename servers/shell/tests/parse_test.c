#include <string.h>
#include <unittest.h>

#include "../parse.h"

static struct command command;
static const char *error;

static bool parse(const char **line) {
    return parse_command(line, 3, &command, &error);
}

static void expect_text(const char *text) {
    TEST_EXPECT_EQ(strcmp(command.text, text), 0);
}

static void expect_word(int index, const char *word) {
    TEST_EXPECT_LT(index, command.argc);
    TEST_EXPECT_EQ(strcmp(command.argv[index], word), 0);
}

TEST("words are separated by spaces") {
    const char *line = "  echo a\tbc ";
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("echo a\tbc");
    TEST_EXPECT_EQ(command.argc, 3);
    expect_word(0, "echo");
    expect_word(1, "a");
    expect_word(2, "bc");
    TEST_EXPECT_EQ(command.argv[3], NULL);
    TEST_EXPECT_EQ(parse(&line), false);
    TEST_EXPECT_EQ(error, NULL);
}

TEST("quotes keep words together and vanish") {
    const char *line = "echo 'a; b' \"c & d\"e ''";
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("echo 'a; b' \"c & d\"e ''");
    TEST_EXPECT_EQ(command.argc, 4);
    expect_word(1, "a; b");
    expect_word(2, "c & de");
    expect_word(3, "");
}

TEST("commands are separated by ; and &") {
    const char *line = "one; two &three;";
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("one");
    TEST_EXPECT_EQ(command.background, false);
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("two");
    TEST_EXPECT_EQ(command.background, true);
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("three");
    TEST_EXPECT_EQ(command.background, false);
    TEST_EXPECT_EQ(parse(&line), false);
}

TEST("a command may be empty") {
    const char *line = " ;ps";
    TEST_EXPECT_EQ(parse(&line), true);
    TEST_EXPECT_EQ(command.argc, 0);
    TEST_EXPECT_EQ(parse(&line), true);
    expect_word(0, "ps");
}

TEST("comments are skipped") {
    const char *line = "echo a#b # c; d";
    TEST_EXPECT_EQ(parse(&line), true);
    expect_text("echo a#b");
    TEST_EXPECT_EQ(parse(&line), false);
}

TEST("$? is the last status, but not in single quotes") {
    const char *line = "echo $? \"$?\" '$?' $x";
    TEST_EXPECT_EQ(parse(&line), true);
    expect_word(1, "3");
    expect_word(2, "3");
    expect_word(3, "$?");
    expect_word(4, "$x");

    line = "$?";
    TEST_EXPECT_EQ(parse_command(&line, INT32_MIN, &command, &error), true);
    expect_text("-2147483648");
}

TEST("errors are told") {
    const char *line = "echo 'a";
    TEST_EXPECT_EQ(parse(&line), false);
    TEST_EXPECT_NE(strstr(error, "quote"), NULL);

    char many[2 * (MAX_ARGS + 1) + 1] = "";
    for (size_t i = 0; i <= MAX_ARGS; i++) {
        memcpy(&many[2 * i], "a ", 3);
    }
    line = many;
    TEST_EXPECT_EQ(parse(&line), false);
    TEST_EXPECT_NE(strstr(error, "too many words"), NULL);

    char text[LINE_LEN + 1];
    memset(text, 'x', LINE_LEN);
    text[LINE_LEN] = '\0';
    line = text;
    TEST_EXPECT_EQ(parse(&line), false);
    TEST_EXPECT_NE(strstr(error, "too long"), NULL);
}

TEST("the longest command and its words fit") {
    char text[LINE_LEN];
    memset(text, 'x', sizeof(text));
    text[LINE_LEN - 1] = '\0';
    const char *line = text;
    TEST_EXPECT_EQ(parse(&line), true);
    TEST_EXPECT_EQ(strlen(command.argv[0]), LINE_LEN - 1);
}

TEST("options of a kernel command line") {
    char value[32];
    TEST_EXPECT_EQ(parse_option("", "run", value, sizeof(value)), -1);
    TEST_EXPECT_EQ(parse_option("rerun=x run", "run", value, sizeof(value)), -1);

    TEST_EXPECT_EQ(parse_option("resea.img run=hello x", "run", value, sizeof(value)), 5);
    TEST_EXPECT_EQ(strcmp(value, "hello"), 0);

    TEST_EXPECT_EQ(parse_option("a run=\"hello; ps\" b", "run", value, sizeof(value)), 9);
    TEST_EXPECT_EQ(strcmp(value, "hello; ps"), 0);

    TEST_EXPECT_EQ(parse_option("\"run=echo \\\"a\\\"\"", "run", value, sizeof(value)), 8);
    TEST_EXPECT_EQ(strcmp(value, "echo \"a\""), 0);

    TEST_EXPECT_EQ(parse_option("run=12345", "run", value, 5), 5);
    TEST_EXPECT_EQ(parse_option("run=1234", "run", value, 5), 4);

    char text[LINE_LEN + 8] = "run=", long_value[LINE_LEN + 8];
    memset(&text[4], 'x', LINE_LEN);
    TEST_EXPECT_EQ(parse_option(text, "run", long_value, sizeof(long_value)), sizeof(long_value));
}

TEST("numbers") {
    int value;
    TEST_EXPECT_EQ(parse_int("12", &value) && value == 12, true);
    TEST_EXPECT_EQ(parse_int("-2147483648", &value) && value == INT32_MIN, true);
    TEST_EXPECT_EQ(parse_int("2147483648", &value), false);
    TEST_EXPECT_EQ(parse_int("99999999999999999999", &value), false);
    TEST_EXPECT_EQ(parse_int("", &value), false);
    TEST_EXPECT_EQ(parse_int("-", &value), false);
    TEST_EXPECT_EQ(parse_int("1x", &value), false);
}
