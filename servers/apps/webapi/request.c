#include "request.h"

#include <resea/ctype.h>
#include <string.h>

// What a byte may be a part of. RFC 9110, 5.6.2 (tokens) and 5.5 (values); RFC 3986 leaves more characters out of a
// target than are here, but does no harm.
#define IN_TOKEN  1
#define IN_VALUE  2
#define IN_TARGET 4

#define TOKEN_CHARS "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static uint8_t classes[256];

static void make_classes(void) {
    for (int ch = 0x20; ch < 0x100; ch++) {
        classes[ch] = (ch == 0x7f) ? 0 : IN_VALUE;
        classes[ch] |= (0x21 <= ch && ch < 0x7f && ch != '#') ? IN_TARGET : 0;
    }
    classes['\t'] = IN_VALUE;
    for (const char *ch = TOKEN_CHARS; *ch != '\0'; ch++) {
        classes[(uint8_t) *ch] |= IN_TOKEN;
    }
}

/// How many bytes from `text` on are of a class.
static size_t span(const char *text, size_t len, uint8_t class) {
    size_t i = 0;
    while (i < len && (classes[(uint8_t) text[i]] & class)) {
        i++;
    }
    return i;
}

bool part_is(const char *head, struct part part, const char *text) {
    size_t i = 0;
    while (i < part.len && text[i] != '\0' && tolower(head[part.at + i]) == text[i]) {
        i++;
    }
    return i == part.len && text[i] == '\0';
}

static const struct {
    const char *name;
    enum request_method method;
} methods[] = {
    {"GET", METHOD_GET},     {"HEAD", METHOD_HEAD},     {"OPTIONS", METHOD_OPTIONS},
    {"POST", METHOD_OTHER},  {"PUT", METHOD_OTHER},     {"DELETE", METHOD_OTHER},
    {"PATCH", METHOD_OTHER}, {"CONNECT", METHOD_OTHER}, {"TRACE", METHOD_OTHER},
};

/// Methods are written in upper case: RFC 9110, 9.1.
static enum request_method find_method(const char *name, size_t len) {
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (!strncmp(methods[i].name, name, len) && methods[i].name[len] == '\0') {
            return methods[i].method;
        }
    }
    return METHOD_UNKNOWN;
}

/// The version at the end of a request line. 0, or a status.
static int parse_version(struct request *request, const char *text, size_t len) {
    if (len != 8 || memcmp(text, "HTTP/", 5) != 0 || !isdigit(text[5]) || text[6] != '.'
        || !isdigit(text[7])) {
        return 400;
    }
    if (text[5] != '1') {
        return 505;
    }
    request->version = (text[7] == '0') ? 10 : 11;
    return 0;
}

static int parse_line(struct request *request, const char *head, size_t at, size_t len) {
    const char *line = &head[at];
    size_t method_len = span(line, len, IN_TOKEN);
    if (method_len == 0 || method_len == len || line[method_len] != ' ') {
        return 400;
    }
    const char *target = &line[method_len + 1];
    size_t rest = len - method_len - 1, target_len = span(target, rest, IN_TARGET);
    if (target_len == 0 || target_len == rest || target[target_len] != ' ') {
        return 400;
    }
    request->method = find_method(line, method_len);
    request->target = (struct part){(uint16_t) (target - head), (uint16_t) target_len};
    request->has_line = true;
    return parse_version(request, &target[target_len + 1], rest - target_len - 1);
}

// ---- Fields: each sets what it tells, and returns 0 or a status ---------------------------------

static int take_host(struct request *request, const char *head, struct part value) {
    static const char wrong[] = " \t/\\?#@,\"<>";
    for (unsigned i = 0; i < value.len; i++) {
        if (strchr(wrong, head[value.at + i]) != NULL) {
            return 400;
        }
    }
    bool again = request->has_host;
    request->has_host = true;
    return again ? 400 : 0;
}

static int take_content_length(struct request *request, const char *head, struct part value) {
    if (request->has_length || value.len == 0) {
        return 400;
    }
    request->has_length = true;
    for (unsigned i = 0; i < value.len; i++) {
        char ch = head[value.at + i];
        if (ch < '0' || ch > '9') {
            return 400;
        }
        if (request->content_length > UINT64_MAX / 10 - 1) {
            return 413;
        }
        request->content_length = request->content_length * 10 + (uint64_t) (ch - '0');
    }
    return 0;
}

static int take_transfer_encoding(struct request *request, const char *head, struct part value) {
    bool again = request->has_encoding;
    request->has_encoding = true;
    if (again || request->version == 10) {
        return 400;  // RFC 9112, 6.1: the framing of such a message is faulty.
    }
    return part_is(head, value, "chunked") ? 0 : 501;
}

static int take_expect(struct request *request, const char *head, struct part value) {
    if (request->version == 10) {
        return 0;
    }
    request->expects_continue = true;
    return part_is(head, value, "100-continue") ? 0 : 417;
}

/// A list of words, of which two matter.
static int take_connection(struct request *request, const char *head, struct part value) {
    unsigned end = value.at + value.len;
    for (unsigned at = value.at; at < end; at++) {
        struct part word = {(uint16_t) at, (uint16_t) span(&head[at], end - at, IN_TOKEN)};
        request->close |= part_is(head, word, "close");
        request->keep_alive |= part_is(head, word, "keep-alive");
        at += word.len;
    }
    return 0;
}

/// Fields whose values are kept. Of several the first counts, which is no worse than any other.
static int keep(struct part *kept, struct part value) {
    if (kept->len == 0) {
        *kept = value;
    }
    return 0;
}

static int take_range(struct request *request, const char *head __unused, struct part value) {
    return keep(&request->range, value);
}

static int take_if_range(struct request *request, const char *head __unused, struct part value) {
    return keep(&request->if_range, value);
}

static int take_if_none_match(struct request *request, const char *head __unused,
                              struct part value) {
    return keep(&request->if_none_match, value);
}

static int take_if_modified_since(struct request *request, const char *head __unused,
                                  struct part value) {
    return keep(&request->if_modified_since, value);
}

static const struct {
    const char *name;
    size_t len;
    int (*take)(struct request *request, const char *head, struct part value);
} fields[] = {
    {"host", 4, take_host},
    {"connection", 10, take_connection},
    {"content-length", 14, take_content_length},
    {"transfer-encoding", 17, take_transfer_encoding},
    {"expect", 6, take_expect},
    {"range", 5, take_range},
    {"if-range", 8, take_if_range},
    {"if-none-match", 13, take_if_none_match},
    {"if-modified-since", 17, take_if_modified_since},
};

static bool is_blank(int ch) {
    return ch == ' ' || ch == '\t';
}

static int parse_field(struct request *request, const char *head, size_t at, size_t len) {
    size_t name_len = span(&head[at], len, IN_TOKEN);
    if (name_len == 0 || name_len == len || head[at + name_len] != ':') {
        return 400;  // Also what continues a line, which begins with a blank.
    }
    size_t begin = at + name_len + 1, end = at + len;
    if (span(&head[begin], end - begin, IN_VALUE) != end - begin) {
        return 400;
    }
    if (request->num_fields++ == REQUEST_FIELDS_MAX) {
        return 431;
    }
    while (begin < end && is_blank(head[begin])) {
        begin++;
    }
    while (end > begin && is_blank(head[end - 1])) {
        end--;
    }
    struct part name = {(uint16_t) at, (uint16_t) name_len};
    struct part value = {(uint16_t) begin, (uint16_t) (end - begin)};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].len == name_len && part_is(head, name, fields[i].name)) {
            return fields[i].take(request, head, value);
        }
    }
    return 0;
}

/// What can only be told once all fields are there.
static int check(const struct request *request) {
    if ((request->has_encoding && request->has_length)
        || (request->version > 10 && !request->has_host)) {
        return 400;
    }
    return (request->method == METHOD_UNKNOWN) ? 501 : REQUEST_DONE;
}

/// Takes a whole line. REQUEST_MORE: others follow.
static int take_line(struct request *request, const char *head, size_t at, size_t len) {
    if (!request->has_line) {
        // RFC 9112, 2.2: an empty line may precede a request.
        int status = (len > 0) ? parse_line(request, head, at, len) : 0;
        request->fields_at = request->line;
        return status;
    }
    return (len > 0) ? parse_field(request, head, at, len) : check(request);
}

/// Whether too much has come without an end, up to `len`. A status if so.
static int check_limits(const struct request *request, size_t len) {
    if (!request->has_line) {
        return (len > REQUEST_LINE_MAX + 2) ? 414 : 0;
    }
    return (len > (size_t) request->fields_at + REQUEST_FIELDS_LEN_MAX) ? 431 : 0;
}

int request_parse(struct request *request, const char *head, size_t len) {
    if (classes['a'] == 0) {
        make_classes();
    }
    // Offsets have 16 bits; what is beyond is read by nobody.
    len = MIN(len, (size_t) UINT16_MAX);
    int status = REQUEST_MORE;
    for (size_t i = request->scanned; i < len && status == REQUEST_MORE; i++) {
        if (head[i] != '\n') {
            continue;
        }
        size_t at = request->line;
        status = check_limits(request, i + 1);
        if (status == 0 && (i == at || head[i - 1] != '\r')) {
            status = 400;
        }
        request->line = (uint16_t) (i + 1);
        if (status == 0) {
            status = take_line(request, head, at, i - 1 - at);
        }
    }
    request->scanned = (uint16_t) len;
    if (status == REQUEST_MORE) {
        status = check_limits(request, len);
    }
    return status;
}

bool request_keeps_alive(const struct request *request) {
    return !request->close && (request->version > 10 || request->keep_alive);
}
