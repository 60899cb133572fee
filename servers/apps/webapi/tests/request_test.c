#include "../request.h"

#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#define GET  "GET / HTTP/1.1\r\n"
#define HOST "Host: x\r\n"

/// Parses a request of which `first` bytes come first, then the others one by one or all together. The bytes are in memory of
/// just their length, so that nobody reads behind them.
static int parse_split(struct request *request, const char *text, size_t len, size_t first,
                       bool one_by_one) {
    int status = REQUEST_MORE;
    memset(request, 0, sizeof(*request));
    for (size_t have = first; status == REQUEST_MORE && have <= len;
         have = (one_by_one || have == len) ? have + 1 : len) {
        char *copy = malloc(have + 1);
        memcpy(copy, text, have);
        copy = realloc(copy, MAX(have, (size_t) 1));
        status = request_parse(request, copy, have);
        free(copy);
    }
    return status;
}

/// The outcome, which is the same however the request is cut.
static int parse(const char *text, struct request *request) {
    size_t len = strlen(text);
    int status = parse_split(request, text, len, len, false);
    struct request other;
    for (size_t first = 0; first < len; first++) {
        TEST_EXPECT_EQ(parse_split(&other, text, len, first, false), status);
    }
    TEST_EXPECT_EQ(parse_split(&other, text, len, 0, true), status);
    if (status == REQUEST_DONE) {
        other.scanned = request->scanned;  // What is behind the head was there, or wasn't.
        TEST_EXPECT_MEM_EQ(&other, request, sizeof(other));
    }
    return status;
}

static void expect_part(const char *text, struct part part, const char *wanted) {
    TEST_EXPECT_EQ(part.len, strlen(wanted));
    TEST_EXPECT_MEM_EQ(&text[part.at], wanted, MIN((size_t) part.len, strlen(wanted)));
}

TEST("a request and what it says") {
    static const char text[] = "HEAD /a/b?c HTTP/1.1\r\nhOsT: example.com:80\r\nX: y\r\n"
                               "Range: \t bytes=1-2 \t\r\nIf-Range:\"e\"\r\nif-none-match: *\r\n"
                               "If-Modified-Since: now\r\nConnection: x, Close\r\n\r\nrest";
    struct request r;
    TEST_EXPECT_EQ(parse(text, &r), REQUEST_DONE);
    TEST_EXPECT_EQ(r.line, strlen(text) - 4);
    TEST_EXPECT_EQ(r.method, METHOD_HEAD);
    TEST_EXPECT_EQ(r.version, 11);
    expect_part(text, r.target, "/a/b?c");
    expect_part(text, r.range, "bytes=1-2");
    expect_part(text, r.if_range, "\"e\"");
    expect_part(text, r.if_none_match, "*");
    expect_part(text, r.if_modified_since, "now");
    TEST_EXPECT(!request_keeps_alive(&r));
    TEST_EXPECT(!r.has_length && !r.has_encoding && !r.expects_continue);
}

TEST("whether the connection stays") {
    static const struct {
        const char *text;
        bool stays;
    } cases[] = {
        {GET HOST "\r\n", true},
        {GET HOST "Connection: close\r\n\r\n", false},
        {GET HOST "Connection: keep-alive, CLOSE\r\n\r\n", false},
        {GET HOST "Connection: closed\r\n\r\n", true},
        {GET HOST "Connection: ,,;close\r\n\r\n", false},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.9\r\n" HOST "\r\n", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct request r;
        TEST_EXPECT_EQ(parse(cases[i].text, &r), REQUEST_DONE);
        TEST_EXPECT_EQ(request_keeps_alive(&r), cases[i].stays);
    }
}

struct outcome {
    const char *text;
    int status;
};

static void expect_outcomes(const struct outcome *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct request r;
        TEST_EXPECT_EQ(parse(cases[i].text, &r), cases[i].status);
    }
}

TEST("requests that are whole, and parts of some") {
    static const struct outcome cases[] = {
        {"\r\n\r\n" GET HOST "\r\n", REQUEST_DONE},
        {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", REQUEST_DONE},
        {"PUT /x HTTP/1.1\r\n" HOST "\r\n", REQUEST_DONE},
        {GET HOST "Empty:\r\n\r\n", REQUEST_DONE},
        {GET HOST "Odd: \xff\xfe\t!\r\n\r\n", REQUEST_DONE},
        {GET HOST "Content-Length: 18\r\n\r\n", REQUEST_DONE},
        {GET HOST "Transfer-Encoding: Chunked\r\n\r\n", REQUEST_DONE},
        {GET HOST "Expect: 100-Continue\r\n\r\n", REQUEST_DONE},
        {"GET / HTTP/1.0\r\nExpect: x\r\n\r\n", REQUEST_DONE},
        {"", REQUEST_MORE},
        {GET HOST "\r", REQUEST_MORE},
    };
    expect_outcomes(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST("request lines that are wrong") {
    static const struct outcome cases[] = {
        {"GET /\r\n", 400},
        {"GET  / HTTP/1.1\r\n", 400},
        {"GET /  HTTP/1.1\r\n", 400},
        {"GET / HTTP/1.1 \r\n", 400},
        {" GET / HTTP/1.1\r\n", 400},
        {"GET\t/ HTTP/1.1\r\n", 400},
        {"GET /\x80 HTTP/1.1\r\n", 400},
        {"GET /a#b HTTP/1.1\r\n", 400},
        {"G@T / HTTP/1.1\r\n", 400},
        {"GET / http/1.1\r\n", 400},
        {"GET / HTTP/1.10\r\n", 400},
        {"GET / HTTP/1\r\n", 400},
        {"GET / HTTP/2.0\r\n", 505},
        {"GET / HTTP/0.9\r\n", 505},
        {"get / HTTP/1.1\r\n" HOST "\r\n", 501},
        {"BREW / HTTP/1.1\r\n" HOST "\r\n", 501},
        {"GE / HTTP/1.1\r\n" HOST "\r\n", 501},
    };
    expect_outcomes(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST("ends of lines that are none") {
    static const struct outcome cases[] = {
        {"GET / HTTP/1.1\n", 400},     {"\n", 400},
        {"GET / HTTP/1.1\r\r\n", 400}, {"GET /\rHost: x HTTP/1.1\r\n", 400},
        {GET "Host: x\n\r\n", 400},    {GET "Host: x\r y\r\n\r\n", 400},
        {GET HOST "\n", 400},
    };
    expect_outcomes(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST("fields that are wrong") {
    static const struct outcome cases[] = {
        {GET HOST "X : y\r\n\r\n", 400},    {GET HOST "X: y\r\n z\r\n\r\n", 400},
        {GET " X: y\r\n" HOST "\r\n", 400}, {GET HOST ": y\r\n\r\n", 400},
        {GET HOST "X\r\n\r\n", 400},        {GET HOST "X: \x01\r\n\r\n", 400},
        {GET HOST "X: \x7f\r\n\r\n", 400},  {GET "\r\n", 400},
        {GET HOST HOST "\r\n", 400},        {GET "Host: a b\r\n\r\n", 400},
        {GET "Host: a/b\r\n\r\n", 400},     {GET HOST "Expect: a unicorn\r\n\r\n", 417},
    };
    expect_outcomes(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST("how long a body is, in ways that are wrong") {
    static const struct outcome cases[] = {
        {GET HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
        {GET HOST "Content-Length: 1, 1\r\n\r\n", 400},
        {GET HOST "Content-Length: +1\r\n\r\n", 400},
        {GET HOST "Content-Length: -1\r\n\r\n", 400},
        {GET HOST "Content-Length: 0x1\r\n\r\n", 400},
        {GET HOST "Content-Length:\r\n\r\n", 400},
        {GET HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {GET HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {GET HOST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
        {GET HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {GET HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {GET HOST "Transfer-Encoding: \x0b"
                  "chunked\r\n\r\n",
         400},
        {GET HOST "Transfer-Encoding: xchunked\r\n\r\n", 501},
        {GET HOST "Transfer-Encoding:\r\n\r\n", 501},
        {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    };
    expect_outcomes(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST("bytes that are none of text") {
    struct request r;
    static const char nul[] = "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n";
    TEST_EXPECT_EQ(parse_split(&r, nul, sizeof(nul) - 1, sizeof(nul) - 1, false), 400);
    static const char value[] = "GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n";
    TEST_EXPECT_EQ(parse_split(&r, value, sizeof(value) - 1, sizeof(value) - 1, false), 400);
}

/// Fills with a line of `len` bytes, its end left out.
static size_t add_line(char *to, const char *begin, size_t len, const char *end) {
    memset(to, 'a', len);
    memcpy(to, begin, strlen(begin));
    memcpy(&to[len - strlen(end)], end, strlen(end));
    memcpy(&to[len], "\r\n", 2);
    return len + 2;
}

static int parse_long(const char *text, size_t len) {
    struct request whole, other;
    int status = parse_split(&whole, text, len, len, false);
    TEST_EXPECT_EQ(parse_split(&other, text, len, len / 2, false), status);
    return status;
}

TEST("how long a request may be") {
    static char text[REQUEST_HEAD_MAX + 100];
    size_t len = add_line(text, "GET /", REQUEST_LINE_MAX, " HTTP/1.1");
    memcpy(&text[len], HOST "\r\n", 11);
    TEST_EXPECT_EQ(parse_long(text, len + 11), REQUEST_DONE);
    len = add_line(text, "GET /", REQUEST_LINE_MAX + 1, " HTTP/1.1");
    TEST_EXPECT_EQ(parse_long(text, len), 414);
    memset(&text[5], 'a', sizeof(text) - 5);
    TEST_EXPECT_EQ(parse_long(text, REQUEST_LINE_MAX + 2), REQUEST_MORE);
    TEST_EXPECT_EQ(parse_long(text, REQUEST_LINE_MAX + 3), 414);
}

TEST("how much a request's fields may be") {
    static char text[REQUEST_HEAD_MAX + 100];
    size_t end = strlen(GET) + REQUEST_FIELDS_LEN_MAX;
    memcpy(text, GET HOST, strlen(GET HOST));
    size_t at = strlen(GET HOST);
    add_line(&text[at], "X: ", end - at - 4, "");
    memcpy(&text[end - 2], "\r\n", 2);
    TEST_EXPECT_EQ(parse_long(text, end), REQUEST_DONE);
    add_line(&text[at], "X: ", end - at - 3, "");
    memcpy(&text[end - 1], "\r\n", 2);
    TEST_EXPECT_EQ(parse_long(text, end + 1), 431);
}

TEST("how many fields a request may have") {
    static char text[2048];
    size_t len = strlen(GET HOST);
    memcpy(text, GET HOST, len);
    for (int i = 1; i <= REQUEST_FIELDS_MAX; i++, len += 6) {
        memcpy(&text[len], "\r\n", 2);
        TEST_EXPECT_EQ(parse_long(text, len + 2), REQUEST_DONE);
        memcpy(&text[len], "A: b\r\n", 6);
    }
    memcpy(&text[len], "\r\n", 2);
    TEST_EXPECT_EQ(parse_long(text, len + 2), 431);
}
