#include "match.h"

#include <string.h>

/// How many bytes a character of UTF-8 has; at least 1.
static size_t char_len(const char *name) {
    size_t len = 1;
    while (((uint8_t) name[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
}

/// Where the set that begins at `pattern` ends, behind its bracket; NULL if it isn't closed.
static const char *set_end(const char *pattern, const char *end) {
    const char *at = pattern + 1;
    at += (at < end && *at == '!');
    // A bracket at the start is one of the set.
    at += (at < end && *at == ']');
    for (; at < end; at++) {
        if (*at == ']') {
            return at + 1;
        }
        at += (*at == '\\');
    }
    return NULL;
}

/// The character at *at, which moves behind it.
static uint8_t set_char(const char **at) {
    *at += (**at == '\\');
    return (uint8_t) * (*at)++;
}

static bool is_in_set(const char *set, const char *end, uint8_t ch) {
    const char *at = set + 1, *last = end - 1;
    bool negated = (*at == '!');
    at += negated;
    bool found = false;
    while (at < last) {
        uint8_t low = set_char(&at), high = low;
        if (at + 1 < last && *at == '-') {
            at++;
            high = set_char(&at);
        }
        found = found || (low <= ch && ch <= high);
    }
    return found != negated;
}

/// Matches one element of a pattern that isn't `*` with the start of a name. Returns how many bytes of the name it takes,
/// 0 if it doesn't fit, and moves *pattern behind the element.
static size_t match_one(const char **pattern, const char *end, const char *name) {
    const char *at = *pattern;
    if (*name == '\0') {
        return 0;
    }
    if (*at == '?') {
        *pattern = at + 1;
        return char_len(name);
    }
    const char *behind_set = (*at == '[') ? set_end(at, end) : NULL;
    if (behind_set) {
        *pattern = behind_set;
        return is_in_set(at, behind_set, (uint8_t) *name) ? 1 : 0;
    }
    at += (*at == '\\' && at + 1 < end);
    *pattern = at + 1;
    return (*at == *name) ? 1 : 0;
}

bool match(const char *pattern, size_t len, const char *name) {
    const char *end = pattern + len;
    if (name[0] == '.' && !(len > 0 && pattern[pattern[0] == '\\' && len > 1] == '.')) {
        return false;
    }
    // Where to go on if what follows the last `*` doesn't fit: there, with one character more for it.
    const char *star = NULL, *star_name = NULL;
    while (true) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            star_name = name;
            continue;
        }
        if (pattern == end && *name == '\0') {
            return true;
        }
        size_t taken = (pattern < end) ? match_one(&pattern, end, name) : 0;
        if (taken > 0) {
            name += taken;
        } else if (star && *star_name != '\0') {
            star_name += char_len(star_name);
            name = star_name;
            pattern = star;
        } else {
            return false;
        }
    }
}

bool match_is_pattern(const char *pattern, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (pattern[i] == '*' || pattern[i] == '?'
            || (pattern[i] == '[' && set_end(&pattern[i], pattern + len))) {
            return true;
        }
        i += (pattern[i] == '\\');
    }
    return false;
}
