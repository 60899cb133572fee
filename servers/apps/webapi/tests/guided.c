// What libFuzzer drives: what a client may send on one connection. The first bytes of an input tell where it is cut into
// parts; the rest are requests with their bodies.

#include <stdlib.h>
#include <string.h>

#include "../body.h"
#include "../condition.h"
#include "../request.h"
#include "../target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CUTS_LEN 8
/// Sizes of the file that ranges are of.
#define SIZE 1000

static void expect(bool what) {
    if (!what) {
        abort();
    }
}

/// Parses the head of a request that has come so far as `len` says, in memory of just that length.
static int parse_some(struct request *request, const char *text, size_t len) {
    char *copy = malloc(MAX(len, (size_t) 1));
    memcpy(copy, text, len);
    int status = request_parse(request, copy, len);
    free(copy);
    return status;
}

/// The outcome when it comes in parts: it is the same as all at once, but for what tells how much was looked at.
static void parse_in_parts(const char *text, size_t len, const uint8_t cuts[CUTS_LEN],
                           const struct request *whole, int outcome) {
    struct request request = {0};
    int status = REQUEST_MORE;
    size_t have = 0;
    for (unsigned i = 0; status == REQUEST_MORE && have < len; i++) {
        have = (i < CUTS_LEN) ? MIN(have + 1 + cuts[i], len) : len;
        status = parse_some(&request, text, have);
    }
    expect(status == outcome);
    if (status == REQUEST_DONE) {
        request.scanned = whole->scanned;
        expect(memcmp(&request, whole, sizeof(request)) == 0);
    }
}

static void check_part(const struct request *request, struct part part) {
    expect(part.len == 0 || part.at + part.len <= request->line);
}

/// A path that is decoded leads nowhere else.
static void check_target(const char *text, struct part part) {
    struct target target;
    if (target_parse(text + part.at, part.len, &target) != 0) {
        return;
    }
    expect(target.path[0] == '/' && strlen(target.path) < sizeof(target.path));
    expect(strstr(target.path, "/../") == NULL && strstr(target.path, "/./") == NULL);
    size_t path_len = strlen(target.path);
    expect(path_len < 3 || strcmp(target.path + path_len - 3, "/..") != 0);
    (void) target_query_number(&target, "from", 0);
}

static void check_fields(const char *text, const struct request *request) {
    uint64_t begin = 0, end = 0, time;
    struct version version;
    version_make(&version, 1, SIZE);
    if (range_parse(text + request->range.at, request->range.len, SIZE, &begin, &end)
        == RANGE_PART) {
        expect(begin < end && end <= SIZE);
    }
    if (date_parse(text + request->if_modified_since.at, request->if_modified_since.len, &time)) {
        char date[DATE_LEN];
        expect(time < DATE_END);
        date_format(date, time);
        expect(strncmp(date, text + request->if_modified_since.at, request->if_modified_since.len)
               == 0);
    }
    (void) condition_is_cached(&version, text + request->if_none_match.at,
                               request->if_none_match.len, text + request->if_modified_since.at,
                               request->if_modified_since.len);
    (void) condition_wants_range(&version, text + request->if_range.at, request->if_range.len);
}

/// Skips a body that comes at once and one that comes byte by byte. Returns how much it was; *fails: nothing behind it
/// means anything.
static size_t skip_body(const struct request *request, const char *text, size_t len, bool *fails) {
    struct body at_once, slowly;
    int status = body_begin(&at_once, request->has_encoding, request->content_length);
    *fails = status != 0;
    if (*fails) {
        return 0;
    }
    slowly = at_once;
    size_t used = body_is_over(&at_once) ? 0 : body_skip(&at_once, text, len, &status);
    expect(used <= len);
    int slow_status = 0;
    size_t slow_used = 0;
    while (slow_status == 0 && slow_used < len && !body_is_over(&slowly)) {
        size_t took = body_skip(&slowly, text + slow_used, 1, &slow_status);
        expect(took <= 1 && (took == 1 || slow_status != 0 || body_is_over(&slowly)));
        slow_used += took;
        if (took == 0) {
            break;
        }
    }
    expect((slow_status != 0) == (status != 0));
    expect(status != 0 || slow_used == used);
    *fails = status != 0 || !body_is_over(&at_once);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len < CUTS_LEN) {
        return 0;
    }
    const char *text = (const char *) data + CUTS_LEN;
    size_t left = len - CUTS_LEN;
    bool fails = false;
    while (left > 0 && !fails) {
        struct request request = {0};
        int status = parse_some(&request, text, left);
        parse_in_parts(text, left, data, &request, status);
        if (status != REQUEST_DONE) {
            break;
        }
        expect(request.line > 0 && request.line <= left);
        check_part(&request, request.target);
        check_part(&request, request.range);
        check_part(&request, request.if_range);
        check_part(&request, request.if_none_match);
        check_part(&request, request.if_modified_since);
        check_target(text, request.target);
        check_fields(text, &request);
        text += request.line;
        left -= request.line;
        size_t used = skip_body(&request, text, left, &fails);
        text += used;
        left -= used;
    }
    return 0;
}
