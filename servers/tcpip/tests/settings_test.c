#include "../settings.h"

#include <string.h>
#include <unittest.h>

TEST("an address and its network") {
    struct ip_addr addr;
    unsigned prefix_len;
    TEST_EXPECT_EQ(settings_parse_network("10.0.2.15/24", &addr, &prefix_len), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&addr), 0x0a00020f);
    TEST_EXPECT_EQ(prefix_len, 24);
    TEST_EXPECT_EQ(settings_parse_network("fe80::1/128", &addr, &prefix_len), OK);
    TEST_EXPECT_EQ(prefix_len, 128);
    static const char *const wrong[] = {"",
                                        "10.0.2.15",
                                        "10.0.2.15/",
                                        "10.0.2.15/33",
                                        "10.0.2.15/2x",
                                        "::1/129",
                                        "/24",
                                        "10.0.2/24",
                                        "10.0.2.15/99999999999",
                                        "111111111111111111111111111111111111111111111111111/1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(settings_parse_network(wrong[i], &addr, &prefix_len), ERR_INVALID_ARG);
    }
}

TEST("words of an option") {
    const char *text = "  one two  ";
    char word[4];
    TEST_EXPECT(settings_next_word(&text, word, sizeof(word)));
    TEST_EXPECT_STR_EQ(word, "one");
    TEST_EXPECT(settings_next_word(&text, word, sizeof(word)));
    TEST_EXPECT_STR_EQ(word, "two");
    TEST_EXPECT(!settings_next_word(&text, word, sizeof(word)));
    text = "long";
    TEST_EXPECT(!settings_next_word(&text, word, sizeof(word)));
}
