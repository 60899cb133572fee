#include <inet/addr.h>
#include <unittest.h>

#include "../src/addr.h"

static void expect_same(const char *text, const char *expected) {
    struct ip_addr addr;
    char out[IP_ADDR_TEXT_LEN];
    TEST_EXPECT_EQ(ip_addr_parse(text, &addr), OK);
    ip_addr_format(&addr, out);
    TEST_EXPECT_STR_EQ(out, expected);
}

static void expect_refused(const char *text) {
    struct ip_addr addr;
    TEST_EXPECT_EQ(ip_addr_parse(text, &addr), ERR_INVALID_ARG);
}

TEST("IPv4 addresses as text") {
    struct ip_addr addr;
    expect_same("10.0.2.15", "10.0.2.15");
    expect_same("255.255.255.255", "255.255.255.255");
    expect_same("0.0.0.0", "0.0.0.0");
    TEST_EXPECT_EQ(ip_addr_parse("10.0.2.15", &addr), OK);
    TEST_EXPECT(ip_addr_is_v4(&addr));
    TEST_EXPECT_EQ(ip_addr_v4(&addr), 0x0a00020fu);
}

TEST("what is no IPv4 address") {
    const char *wrong[] = {"",         "1",         "1.2.3",           "1.2.3.", "1.2.3.4.",
                           "1.2.3.4 ", "256.1.1.1", "01.2.3.4",        "1..2.3", "-1.2.3.4",
                           "1.2.3.4x", "1.2.3.00",  "4294967296.1.1.1"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_refused(wrong[i]);
    }
}

TEST("IPv6 addresses as text, written as RFC 5952 says") {
    expect_same("::", "::");
    expect_same("::1", "::1");
    expect_same("1::", "1::");
    expect_same("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
    expect_same("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1");
    expect_same("2001:0db8::0001", "2001:db8::1");
    expect_same("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
    expect_same("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
    expect_same("fe80:0:0:0:0:0:0:0", "fe80::");
    expect_same("::ffff:1.2.3.4", "1.2.3.4");
    expect_same("64:ff9b::192.0.2.33", "64:ff9b::c000:221");
    expect_same("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST("what is no IPv6 address") {
    const char *wrong[] = {":",
                           ":::",
                           "1:2",
                           "1::2::3",
                           "12345::",
                           "::g",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:",
                           "1::2:",
                           ":1::2",
                           "1:2:3:4:5:6:7:8::",
                           "::1.2.3",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1.2.3.4:5",
                           "1:2:3:4::5:6:7:8"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        expect_refused(wrong[i]);
    }
}

TEST("prefixes") {
    struct ip_addr a, b;
    TEST_EXPECT_EQ(ip_addr_parse("10.1.2.3", &a), OK);
    TEST_EXPECT_EQ(ip_addr_parse("10.1.3.3", &b), OK);
    TEST_EXPECT(ip_addr_in_prefix(&a, &b, V4_PREFIX_BITS + 23));
    TEST_EXPECT(!ip_addr_in_prefix(&a, &b, V4_PREFIX_BITS + 24));
    TEST_EXPECT(ip_addr_in_prefix(&a, &b, 0));
    TEST_EXPECT(ip_addr_in_prefix(&a, &a, 128));
    TEST_EXPECT(!ip_addr_in_prefix(&a, &b, 128));
    struct ip_addr network = ip_addr_network(&b, V4_PREFIX_BITS + 23);
    TEST_EXPECT_EQ(ip_addr_v4(&network), 0x0a010200u);
    network = ip_addr_network(&b, 128);
    TEST_EXPECT(ip_addr_equals(&network, &b));
    network = ip_addr_network(&b, 0);
    TEST_EXPECT(ip_addr_is_any(&network));
}
