#include "../url.h"

#include <string.h>
#include <unittest.h>

static struct url url;

TEST("parts of a URL") {
    TEST_EXPECT_EQ(url_parse("http://example.com:8080/a/b?c=d#e", &url), OK);
    TEST_EXPECT_STR_EQ(url.host, "example.com");
    TEST_EXPECT_EQ(url.port, 8080);
    TEST_EXPECT_STR_EQ(url.path, "/a/b?c=d");
    TEST_EXPECT_EQ(url_parse("10.0.2.2", &url), OK);
    TEST_EXPECT_STR_EQ(url.host, "10.0.2.2");
    TEST_EXPECT_EQ(url.port, 80);
    TEST_EXPECT_STR_EQ(url.path, "/");
    TEST_EXPECT_EQ(url_parse("http://[fe80::1]:81/x", &url), OK);
    TEST_EXPECT_STR_EQ(url.host, "fe80::1");
    TEST_EXPECT_EQ(url.port, 81);
    TEST_EXPECT_EQ(url_parse("host?q", &url), OK);
    TEST_EXPECT_STR_EQ(url.path, "/?q");
}

TEST("what is no URL") {
    static const char *const wrong[] = {
        "",     "http://", "https://host/", "host:", "host:0",   "host:65536", "host:8x/",
        "[::1", "[]/",     "[::1]80",       ":80",   "host/a b", "host/\r\n",  "http://a\x7f"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(url_parse(wrong[i], &url), ERR_INVALID_ARG);
    }
    static char text[2000];
    memset(text, 'a', sizeof(text) - 1);
    TEST_EXPECT_EQ(url_parse(text, &url), ERR_TOO_LARGE);
    text[10] = '/';
    TEST_EXPECT_EQ(url_parse(text, &url), ERR_TOO_LARGE);
    text[10] = '?';
    text[10 + URL_PATH_LEN - 2] = '\0';
    TEST_EXPECT_EQ(url_parse(text, &url), OK);
}

#define HEADER "HTTP/1.1 200 OK\r\nServer: x\r\ncontent-LENGTH:  123\r\nBad: x1\r\n\r\n"

TEST("headers of answers") {
    const char *answer = HEADER "body\n\n";
    size_t len = strlen(answer);
    TEST_EXPECT_EQ(http_header_len(answer, len), strlen(HEADER));
    for (size_t i = 0; i < strlen(HEADER); i++) {
        TEST_EXPECT_EQ(http_header_len(answer, i), 0);
    }
    TEST_EXPECT_EQ(http_header_len("HTTP/1.0 200\nA: b\n\nx", 20), 19);
    TEST_EXPECT_EQ(http_status(answer, len), 200);
    TEST_EXPECT_EQ(http_status(answer, 11), 0);
    TEST_EXPECT_EQ(http_status("SSH-2.0-OpenSSH_9", 17), 0);
    uint64_t number;
    TEST_EXPECT(http_field_number(answer, len, "Content-Length", &number));
    TEST_EXPECT_EQ(number, 123);
    TEST_EXPECT(!http_field_number(answer, len, "Content", &number));
    TEST_EXPECT(!http_field_number(answer, len, "Bad", &number));
    TEST_EXPECT(!http_field_number("A: 99999999999999999999", 23, "A", &number));
}
