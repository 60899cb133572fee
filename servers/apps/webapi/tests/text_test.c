#include "../text.h"

#include <string.h>
#include <unittest.h>

static char buf[256];

static struct text begin(void) {
    memset(buf, 0, sizeof(buf));
    return (struct text){.buf = buf, .size = sizeof(buf) - 1};
}

TEST("strings of JSON") {
    static const struct {
        const char *string, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain text", "\"plain text\""},
        {"\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\""},
        {"</script>", "\"</script>\""},
        // Bytes that are no UTF-8.
        {"\x80", "\"\\ufffd\""},
        {"\xc3", "\"\\ufffd\""},
        {"\xc3(", "\"\\ufffd(\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
        {"\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
        {"\xf0\x9f\x98", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xff", "\"\\ufffd\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = begin();
        text_add_json(&text, cases[i].string, strlen(cases[i].string));
        TEST_EXPECT_STR_EQ(buf, cases[i].json);
        TEST_EXPECT(!text.overflow);
    }
    struct text text = begin();
    text_add_json(&text, "a\0b", 3);
    TEST_EXPECT_STR_EQ(buf, "\"a\\u0000b\"");
}

TEST("numbers, and what is around members") {
    struct text text = begin();
    text_add_literal(&text, "{");
    text_add_member_number(&text, "a", UINT64_MAX);
    text_add_member_number(&text, "b", 0);
    text_add_member(&text, "c", "[");
    text_add_member_bool(&text, "d", true);
    text_add_key(&text, "e");
    text_add_literal(&text, "[");
    text_add_key(&text, NULL);
    text_add_hex(&text, 0x1f, 4);
    TEST_EXPECT_STR_EQ(buf,
                       "{\"a\":18446744073709551615,\"b\":0,\"c\":\"[\",\"d\":true,\"e\":[001f");
}

TEST("what doesn't fit is left out") {
    char small[4] = "";
    struct text text = {.buf = small, .size = 3};
    text_add(&text, "ab");
    text_add(&text, "cd");
    TEST_EXPECT(text.overflow);
    TEST_EXPECT_EQ(text.len, 2);
    TEST_EXPECT_STR_EQ(small, "ab");
}
