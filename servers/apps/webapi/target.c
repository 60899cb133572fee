#include "target.h"

#include <resea/ctype.h>
#include <string.h>

static size_t find(const char *text, size_t len, char ch) {
    size_t i = 0;
    while (i < len && text[i] != ch) {
        i++;
    }
    return i;
}

/// Leaves out the scheme and the host of a URL. RFC 9112, 3.2.2: a server takes these, too.
static void skip_host(const char **text, size_t *len) {
    static const char scheme[] = "http://";
    size_t skipped = sizeof(scheme) - 1;
    for (size_t i = 0; i < skipped; i++) {
        if (i == *len || tolower((*text)[i]) != scheme[i]) {
            return;
        }
    }
    while (skipped < *len && (*text)[skipped] != '/' && (*text)[skipped] != '?') {
        skipped++;
    }
    *text += skipped;
    *len -= skipped;
}

static int hex_value(int ch) {
    return isdigit(ch) ? ch - '0' : isxdigit(ch) ? tolower(ch) - 'a' + 10 : -1;
}

/// The character at *at, which moves behind it; negative if there is none that a name can have.
static int decode(const char *text, size_t len, size_t *at) {
    int ch = (uint8_t) text[(*at)++];
    if (ch != '%') {
        return ch;
    }
    if (len - *at < 2) {
        return -1;
    }
    int high = hex_value(text[*at]), low = hex_value(text[*at + 1]);
    *at += 2;
    if (high < 0 || low < 0) {
        return -1;
    }
    ch = high * 16 + low;
    // A slash that is part of a name is none of a file's; nor are control characters.
    return (ch < ' ' || ch == 0x7f || ch == '/') ? -1 : ch;
}

static bool has_dots(const char *path) {
    while (*path != '\0') {
        path++;  // The slash.
        size_t len = find(path, strlen(path), '/');
        if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.')) {
            return true;
        }
        path += len;
    }
    return false;
}

int target_parse(const char *text, size_t len, struct target *target) {
    skip_host(&text, &len);
    size_t path_len = find(text, len, '?'), at = 0, decoded = 0;
    target->query = &text[MIN(path_len + 1, len)];
    target->query_len = len - MIN(path_len + 1, len);
    if (path_len == 0) {
        strncpy2(target->path, "/", sizeof(target->path));
        return 0;
    }
    if (text[0] != '/') {
        return 400;
    }
    while (at < path_len) {
        int ch = decode(text, path_len, &at);
        if (ch < 0) {
            return 400;
        }
        if (decoded + 1 >= sizeof(target->path)) {
            return 404;
        }
        target->path[decoded++] = (char) ch;
    }
    target->path[decoded] = '\0';
    return has_dots(target->path) ? 400 : 0;
}

uint32_t target_query_number(const struct target *target, const char *name, uint32_t otherwise) {
    size_t name_len = strlen(name);
    const char *text = target->query;
    size_t left = target->query_len;
    while (left > 0) {
        size_t len = find(text, left, '&');
        if (len > name_len && !strncmp(text, name, name_len) && text[name_len] == '=') {
            uint64_t number = 0;
            size_t i = name_len + 1;
            while (i < len && isdigit(text[i]) && number <= UINT32_MAX) {
                number = number * 10 + (uint64_t) (text[i++] - '0');
            }
            return (i == len && i > name_len + 1 && number <= UINT32_MAX) ? (uint32_t) number
                                                                          : otherwise;
        }
        size_t skipped = MIN(len + 1, left);
        text += skipped;
        left -= skipped;
    }
    return otherwise;
}
