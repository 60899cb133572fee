#include <string.h>
#include <unittest.h>

#include "../src/name.h"
#include "../src/unicode.h"

static struct name name;

static error_t parse(const char *utf8) {
    return name_parse(&name, utf8, strlen(utf8));
}

static void expect_alias(const char *utf8, const char *expected, bool needs_number) {
    uint8_t alias[SHORT_LEN];
    bool tail;
    TEST_EXPECT_EQ(parse(utf8), OK);
    short_basis(&name, alias, &tail);
    TEST_EXPECT_EQ(tail, needs_number);
    TEST_EXPECT_MEM_EQ(alias, expected, SHORT_LEN);
}

TEST("names that fit are short, in capitals or small letters") {
    TEST_EXPECT_EQ(parse("README.TXT"), OK);
    TEST_EXPECT(name.fits_short);
    TEST_EXPECT_EQ(name.case_bits, 0);
    TEST_EXPECT_MEM_EQ(name.short_name, "README  TXT", SHORT_LEN);
    TEST_EXPECT_EQ(parse("readme.TXT"), OK);
    TEST_EXPECT(name.fits_short);
    TEST_EXPECT_EQ(name.case_bits, CASE_BASE);
    TEST_EXPECT_EQ(parse("a.b"), OK);
    TEST_EXPECT_EQ(name.case_bits, CASE_BASE | CASE_EXTENSION);
    TEST_EXPECT_EQ(parse("Readme.txt"), OK);
    TEST_EXPECT(!name.fits_short && name.is_short);
    TEST_EXPECT_EQ(name_long_entries(&name), 1);
}

TEST("names that don't fit are long") {
    static const char *const names[] = {"a b", "a.b.c", "123456789", "a.text", ".x", "a+b"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        TEST_EXPECT_EQ(parse(names[i]), OK);
        TEST_EXPECT(!name.fits_short);
    }
}

TEST("names that nobody can have are refused") {
    static const char *const names[] = {"",
                                        "a*b",
                                        "a?",
                                        "a:b",
                                        "a\\b",
                                        "a|b",
                                        "<",
                                        "a\"b",
                                        "a.",
                                        "a ",
                                        "\x01",
                                        "\xff\xfe",
                                        "a\x7f",
                                        "\xc0\xaf",
                                        "\xed\xa0\x80",
                                        "\xf5\x80\x80\x80",
                                        "\xe2\x82"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        TEST_EXPECT_EQ(parse(names[i]), ERR_INVALID_ARG);
    }
}

TEST("255 characters are the most") {
    char utf8[300];
    memset(utf8, 'x', sizeof(utf8));
    TEST_EXPECT_EQ(name_parse(&name, utf8, 255), OK);
    TEST_EXPECT_EQ(name_long_entries(&name), 20);
    TEST_EXPECT_EQ(name_parse(&name, utf8, 256), ERR_TOO_LARGE);
}

TEST("aliases are made as the specification says") {
    expect_alias("A longer name.text", "ALONGERNTEX", true);
    expect_alias("foo.tar.gz", "FOOTAR  GZ ", true);
    expect_alias(".profile", "PROFILE    ", true);
    expect_alias("a+b=c.x;y", "A_B_C   X_Y", true);
    expect_alias("\xc3\xa9t\xc3\xa9.txt", "_T_     TXT", true);
    expect_alias("\xe6\x97\xa5", "_          ", true);
}

TEST("numbers go behind what there is room for") {
    uint8_t alias[SHORT_LEN];
    memcpy(alias, "ALONGERNTEX", SHORT_LEN);
    short_put_number(alias, 1);
    TEST_EXPECT_MEM_EQ(alias, "ALONGE~1TEX", SHORT_LEN);
    TEST_EXPECT_EQ(short_number((const uint8_t *) "ALONGERNTEX", alias), 1);
    memcpy(alias, "ALONGERNTEX", SHORT_LEN);
    short_put_number(alias, 123);
    TEST_EXPECT_MEM_EQ(alias, "ALON~123TEX", SHORT_LEN);
    TEST_EXPECT_EQ(short_number((const uint8_t *) "ALONGERNTEX", alias), 123);
    TEST_EXPECT_EQ(short_number((const uint8_t *) "ALTNGERNTEX", alias), 0);
    TEST_EXPECT_EQ(short_number((const uint8_t *) "ALONGERNTXT", alias), 0);
    memcpy(alias, "AB         ", SHORT_LEN);
    short_put_number(alias, 7);
    TEST_EXPECT_MEM_EQ(alias, "AB~7       ", SHORT_LEN);
}

TEST("pieces of long names are found again, whatever the cases") {
    uint8_t entry[32];
    TEST_EXPECT_EQ(parse("Gr\xc3\xbc\xc3\x9f"
                         "e an alle Welt.txt"),
                   OK);
    TEST_EXPECT_EQ(name_long_entries(&name), 2);
    struct name other = name;
    name_put_piece(&name, 2, 0x5a, entry);
    TEST_EXPECT_EQ(entry[0], 2 | LONG_LAST);
    TEST_EXPECT_EQ(entry[LONG_CHECKSUM], 0x5a);
    TEST_EXPECT_EQ(parse("GR\xc3\x9c\xc3\x9f"
                         "E AN ALLE WELT.TXT"),
                   OK);
    TEST_EXPECT(name_has_piece(&name, 2, entry));
    TEST_EXPECT(!name_has_piece(&name, 1, entry));
    name_put_piece(&other, 1, 0x5a, entry);
    TEST_EXPECT(name_has_piece(&name, 1, entry));
    TEST_EXPECT_EQ(parse("Gr\xc3\xbc\xc3\x9f"
                         "e an alle Wel"),
                   OK);
    TEST_EXPECT_EQ(name.len, 17);
    TEST_EXPECT_EQ(name_long_entries(&name), 2);
    TEST_EXPECT(!name_has_piece(&name, 2, entry));
}

TEST("short names are told in UTF-8") {
    char utf8[SHORT_UTF8_LEN];
    uint8_t entry[32] = "README  TXT";
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 10);
    TEST_EXPECT_STR_EQ(utf8, "README.TXT");
    entry[ENTRY_CASE] = CASE_BASE;
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 10);
    TEST_EXPECT_STR_EQ(utf8, "readme.TXT");
    memcpy(entry,
           "\x05"
           "A         ",
           SHORT_LEN);
    entry[ENTRY_CASE] = 0;
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 3);
    TEST_EXPECT_STR_EQ(utf8, "\xc3\x95"
                             "A");
    memcpy(entry, "\x9aN\x90     TXT", SHORT_LEN);
    entry[ENTRY_CASE] = CASE_BASE;
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 9);
    TEST_EXPECT_STR_EQ(utf8, "\xc3\xbcn\xc3\xa9.TXT");
    entry[ENTRY_CASE] = 0;
    memcpy(entry, "..         ", SHORT_LEN);
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 0);
    memcpy(entry, "A/B        ", SHORT_LEN);
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 0);
    memcpy(entry, "           ", SHORT_LEN);
    TEST_EXPECT_EQ(short_to_utf8(entry, utf8), 0);
}

TEST("UTF-8 and UTF-16 say the same") {
    uint16_t units[8];
    char utf8[16];
    TEST_EXPECT_EQ(utf8_to_utf16("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10, units, 8), 5);
    TEST_EXPECT_EQ(units[2], 0x20ac);
    TEST_EXPECT_EQ(units[3], 0xd83d);
    TEST_EXPECT_EQ(units[4], 0xde00);
    TEST_EXPECT_EQ(utf16_to_utf8(units, 5, utf8, sizeof(utf8)), 10);
    TEST_EXPECT_STR_EQ(utf8, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    TEST_EXPECT_EQ(utf16_to_utf8(units, 5, utf8, 10), -1);
    TEST_EXPECT_EQ(utf16_to_utf8(units, 4, utf8, sizeof(utf8)), -1);
    TEST_EXPECT_EQ(utf16_to_utf8(units + 4, 1, utf8, sizeof(utf8)), -1);
    TEST_EXPECT_EQ(utf8_to_utf16("\xf0\x9f\x98\x80", 4, units, 1), -1);
}

TEST("small letters have their capitals") {
    TEST_EXPECT_EQ(unicode_upper(0xe9), 0xc9);
    TEST_EXPECT_EQ(unicode_upper(0xf7), 0xf7);
    TEST_EXPECT_EQ(unicode_upper(0xff), 0x178);
    TEST_EXPECT_EQ(unicode_upper(0x101), 0x100);
    TEST_EXPECT_EQ(unicode_upper(0x3c9), 0x3a9);
    TEST_EXPECT_EQ(unicode_upper(0x451), 0x401);
    TEST_EXPECT_EQ(oem_to_unicode(0x82), 0xe9);
    TEST_EXPECT_EQ(unicode_to_oem(0xe9), 0x82);
    TEST_EXPECT_EQ(unicode_to_oem(0x20ac), 0);
}
