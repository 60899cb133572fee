#include <unittest.h>

#include "fake.h"

static error_t parse(const char *text, struct socket_address *address) {
    return socket_parse_address(text, 7, address);
}

TEST("addresses with and without ports") {
    struct socket_address a;
    TEST_EXPECT_EQ(parse("10.0.2.15:80", &a), OK);
    TEST_EXPECT_EQ(ip_addr_v4(&a.ip), 0x0a00020f);
    TEST_EXPECT_EQ(a.port, 80);
    TEST_EXPECT_EQ(parse("10.0.2.15", &a), OK);
    TEST_EXPECT_EQ(a.port, 7);
    TEST_EXPECT_EQ(parse("[fe80::1]:65535", &a), OK);
    TEST_EXPECT_EQ(a.port, 65535);
    TEST_EXPECT_EQ(a.ip.bytes[15], 1);
    TEST_EXPECT_EQ(parse("fe80::2", &a), OK);
    TEST_EXPECT_EQ(a.port, 7);
    TEST_EXPECT_EQ(parse("[::1]", &a), OK);
}

TEST("what is no address") {
    static const char *const wrong[] = {"",
                                        "host",
                                        "10.0.2.15:",
                                        "10.0.2.15:65536",
                                        "10.0.2.15:8x",
                                        "[::1]:",
                                        "[::1",
                                        "[::1]80",
                                        ":80",
                                        "10.0.2.15:-1",
                                        "[10.0.2.15:80",
                                        "0000000000000000000000000000000000000000000000000:1"};
    struct socket_address a;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(parse(wrong[i], &a), ERR_INVALID_ARG);
    }
}

TEST("addresses become text") {
    char text[SOCKET_ADDRESS_TEXT_LEN];
    struct socket_address a;
    TEST_EXPECT_EQ(parse("10.0.2.15:80", &a), OK);
    socket_format_address(&a, text);
    TEST_EXPECT_STR_EQ(text, "10.0.2.15:80");
    TEST_EXPECT_EQ(parse("[FE80:0::1]:443", &a), OK);
    socket_format_address(&a, text);
    TEST_EXPECT_STR_EQ(text, "[fe80::1]:443");
}

TEST("an address is looked up without a server") {
    fake_reset();
    struct ip_addr addrs[SOCKET_ADDRESSES_MAX];
    unsigned count = 0;
    TEST_EXPECT_EQ(socket_resolve("10.0.2.2", addrs, &count), OK);
    TEST_EXPECT_EQ(count, 1);
    TEST_EXPECT_EQ(fake.lookups, 0);
    TEST_EXPECT_STR_EQ(socket_error_text(ERR_REFUSED), "connection refused");
    TEST_EXPECT_STR_EQ(socket_error_text(ERR_EMPTY), "ERR_EMPTY");
}
