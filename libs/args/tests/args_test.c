#include <args.h>

#include <string.h>
#include <unittest.h>

static struct args args;

static bool parse(const char *letters, int count, const char **words) {
    return args_parse((char **) (uintptr_t) words, count, letters, &args);
}

#define PARSE(letters, ...)                                              \
    ({                                                                   \
        const char *words[] = {__VA_ARGS__};                             \
        parse(letters, (int) (sizeof(words) / sizeof(words[0])), words); \
    })

TEST("words and options") {
    TEST_EXPECT(PARSE("la", "-l", "x", "-a", "y"));
    TEST_EXPECT_EQ(args.count, 2);
    TEST_EXPECT_STR_EQ(args.words[0], "x");
    TEST_EXPECT_STR_EQ(args.words[1], "y");
    TEST_EXPECT_EQ(args.words[2], NULL);
    TEST_EXPECT_STR_EQ(args.options['l'], "");
    TEST_EXPECT_STR_EQ(args.options['a'], "");
    TEST_EXPECT(PARSE("la", "-la"));
    TEST_EXPECT(args.options['l'] && args.options['a']);
    TEST_EXPECT(PARSE("l", "-", "--", "-l", "--"));
    TEST_EXPECT_EQ(args.count, 3);
    TEST_EXPECT_EQ(args.options['l'], NULL);
}

TEST("options with values") {
    TEST_EXPECT(PARSE("t:r", "-rt", "fat", "x"));
    TEST_EXPECT_STR_EQ(args.options['t'], "fat");
    TEST_EXPECT_EQ(args.count, 1);
    TEST_EXPECT(PARSE("t:r", "-tfat", "-r"));
    TEST_EXPECT_STR_EQ(args.options['t'], "fat");
    TEST_EXPECT(args.options['r'] != NULL);
    TEST_EXPECT(!PARSE("t:r", "x", "-t"));
    TEST_EXPECT_EQ(args.wrong, 't');
}

TEST("unknown options") {
    TEST_EXPECT(!PARSE("la", "-lx"));
    TEST_EXPECT_EQ(args.wrong, 'x');
    TEST_EXPECT(!PARSE("t:", "-:"));
    TEST_EXPECT(!PARSE("la", "-\xc3\xa4"));
    TEST_EXPECT(!PARSE("la", "--long"));
}

TEST("too many words") {
    static char word[] = "x", *words[ARGS_MAX + 1];
    for (int i = 0; i <= ARGS_MAX; i++) {
        words[i] = word;
    }
    TEST_EXPECT(args_parse(words, ARGS_MAX, "", &args));
    TEST_EXPECT(!args_parse(words, ARGS_MAX + 1, "", &args));
}

TEST("numbers") {
    uint64_t number;
    TEST_EXPECT(args_number("0", &number) && number == 0);
    TEST_EXPECT(args_number("1234", &number) && number == 1234);
    TEST_EXPECT(args_number("0x1fA", &number) && number == 0x1fa);
    TEST_EXPECT(args_number("18446744073709551615", &number) && number == UINT64_MAX);
    TEST_EXPECT(!args_number("18446744073709551616", &number));
    TEST_EXPECT(!args_number("", &number));
    TEST_EXPECT(!args_number("0x", &number));
    TEST_EXPECT(!args_number("12a", &number));
    TEST_EXPECT(!args_number("-1", &number));
}
