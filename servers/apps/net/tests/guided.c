// What libFuzzer drives: a URL, as it is typed, then what the server answers.

#include <stdlib.h>
#include <string.h>

#include "../url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool what) {
    if (!what) {
        abort();
    }
}

/// No part of a URL can end the line of the request that it is put in.
static void check_url(const char *text) {
    static struct url url;
    if (IS_ERROR(url_parse(text, &url))) {
        return;
    }
    expect(url.path[0] == '/' && url.port != 0 && url.host[0] != '\0');
    for (const char *p = url.path; *p != '\0'; p++) {
        expect(*p != ' ' && *p != '\r' && *p != '\n');
    }
    for (const char *p = url.host; *p != '\0'; p++) {
        expect(*p != '\r' && *p != '\n' && *p != '/');
    }
}

/// However much of an answer has come: the header ends in the same place, or not yet.
static void check_answer(const char *answer, size_t len) {
    size_t header_len = http_header_len(answer, len);
    expect(header_len <= len);
    expect(header_len == 0 || http_header_len(answer, header_len) == header_len);
    expect(header_len == 0 || http_header_len(answer, header_len - 1) == 0);
    unsigned status = http_status(answer, header_len);
    expect(status <= 999);
    uint64_t number;
    (void) http_field_number(answer, header_len, "Content-Length", &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    size_t url_len = 0;
    while (url_len < len && data[url_len] != '\0') {
        url_len++;
    }
    // In memory of just their length, so that a byte too much is found.
    char *url = malloc(url_len + 1);
    memcpy(url, data, url_len);
    url[url_len] = '\0';
    check_url(url);
    free(url);
    size_t rest = len - MIN(url_len + 1, len);
    char *answer = malloc(MAX(rest, (size_t) 1));
    memcpy(answer, data + len - rest, rest);
    check_answer(answer, rest);
    free(answer);
    return 0;
}
