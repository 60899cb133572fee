#include "url.h"

#include <string.h>

#define SCHEME "http://"

static error_t copy(char *out, size_t size, const char *begin, const char *end) {
    size_t len = (size_t) (end - begin);
    if (len >= size) {
        return ERR_TOO_LARGE;
    }
    memcpy(out, begin, len);
    out[len] = '\0';
    return OK;
}

static bool is_digit(char ch) {
    return ch >= '0' && ch <= '9';
}

static error_t parse_port(const char *begin, const char *end, uint16_t *port) {
    unsigned number = 0;
    for (; begin < end && is_digit(*begin) && number <= UINT16_MAX; begin++) {
        number = number * 10 + (unsigned) (*begin - '0');
    }
    if (begin != end || number == 0 || number > UINT16_MAX) {
        return ERR_INVALID_ARG;
    }
    *port = (uint16_t) number;
    return OK;
}

/// "host", "host:port", "[address]:port"
static error_t parse_authority(const char *begin, const char *end, struct url *url) {
    bool has_brackets = begin < end && *begin == '[';
    const char *host = has_brackets ? &begin[1] : begin;
    const char *host_end = host;
    while (host_end < end && *host_end != (has_brackets ? ']' : ':')) {
        host_end++;
    }
    if (host_end == host || (has_brackets && host_end == end)) {
        return ERR_INVALID_ARG;
    }
    error_t err = copy(url->host, sizeof(url->host), host, host_end);
    const char *rest = has_brackets ? &host_end[1] : host_end;
    if (IS_ERROR(err) || rest == end) {
        return err;
    }
    return (*rest == ':') ? parse_port(&rest[1], end, &url->port) : ERR_INVALID_ARG;
}

/// What would end the request's first line, or isn't allowed in it.
static bool has_bad_characters(const char *text) {
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

error_t url_parse(const char *text, struct url *url) {
    if (strncmp(text, SCHEME, strlen(SCHEME)) == 0) {
        text += strlen(SCHEME);
    } else if (strstr(text, "://") != NULL) {
        return ERR_INVALID_ARG;
    }
    if (has_bad_characters(text)) {
        return ERR_INVALID_ARG;
    }
    const char *end = text;
    while (*end != '\0' && *end != '/' && *end != '?' && *end != '#') {
        end++;
    }
    const char *path_end = strchr(end, '#');
    if (path_end == NULL) {
        path_end = end + strlen(end);
    }
    url->port = 80;
    error_t err = parse_authority(text, end, url);
    if (IS_ERROR(err)) {
        return err;
    }
    // A query may follow the host at once.
    url->path[0] = '/';
    bool has_slash = *end == '/';
    return copy(&url->path[has_slash ? 0 : 1], sizeof(url->path) - 1, end, path_end);
}

size_t http_header_len(const char *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        // Some end their lines with a newline alone.
        if (data[i] == '\n' && i + 1 < len && data[i + 1] == '\n') {
            return i + 2;
        }
        if (data[i] == '\n' && i + 2 < len && data[i + 1] == '\r' && data[i + 2] == '\n') {
            return i + 3;
        }
    }
    return 0;
}

unsigned http_status(const char *data, size_t len) {
    if (len < 12 || strncmp(data, "HTTP/1.", 7) != 0 || data[8] != ' ' || !is_digit(data[9])
        || !is_digit(data[10]) || !is_digit(data[11])) {
        return 0;
    }
    return (unsigned) ((data[9] - '0') * 100 + (data[10] - '0') * 10 + (data[11] - '0'));
}

static char lower(char ch) {
    return (ch >= 'A' && ch <= 'Z') ? (char) (ch | 0x20) : ch;
}

/// Whether a line begins with a field's name and a colon.
static bool is_field(const char *line, size_t len, const char *name) {
    size_t i = 0;
    for (; name[i] != '\0'; i++) {
        if (i >= len || lower(line[i]) != lower(name[i])) {
            return false;
        }
    }
    return i < len && line[i] == ':';
}

static bool parse_number(const char *text, size_t len, uint64_t *number) {
    size_t i = 0;
    while (i < len && (text[i] == ' ' || text[i] == '\t')) {
        i++;
    }
    size_t begin = i;
    for (*number = 0; i < len && is_digit(text[i]); i++) {
        uint64_t digit = (uint64_t) (text[i] - '0');
        if (*number > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *number = *number * 10 + digit;
    }
    return i > begin;
}

bool http_field_number(const char *header, size_t len, const char *name, uint64_t *number) {
    size_t line = 0;
    while (line < len) {
        size_t end = line;
        while (end < len && header[end] != '\n') {
            end++;
        }
        if (is_field(&header[line], end - line, name)) {
            size_t value = line + strlen(name) + 1;
            return parse_number(&header[value], end - value, number);
        }
        line = end + 1;
    }
    return false;
}
