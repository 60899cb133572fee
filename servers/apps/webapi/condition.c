#include "condition.h"

#include <resea/ctype.h>
#include <string.h>

void date_format(char date[DATE_LEN], uint64_t unixtime) {
    struct datetime when;
    timestamp_to_datetime((int64_t) unixtime, &when);
    datetime_format(date, DATE_LEN, DATETIME_RFC1123, &when);
}

/// A number of `len` digits; -1: there are others.
static int digits(const char *text, size_t len) {
    int number = 0;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit(text[i])) {
            return -1;
        }
        number = number * 10 + text[i] - '0';
    }
    return number;
}

bool date_parse(const char *text, size_t len, uint64_t *unixtime) {
    if (len != DATE_LEN - 1) {
        return false;
    }
    struct datetime when = {.year = digits(&text[12], 4)};
    for (int month = 1; month <= 12; month++) {
        if (!memcmp(datetime_month_name((unsigned) month), &text[8], 3)) {
            when.month = (uint8_t) month;
        }
    }
    int day = digits(&text[5], 2), hour = digits(&text[17], 2);
    int minute = digits(&text[20], 2), second = digits(&text[23], 2);
    if (when.year < 1970 || when.month == 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
        return false;
    }
    when.day = (uint8_t) day;
    when.hour = (uint8_t) hour;
    when.minute = (uint8_t) minute;
    when.second = (uint8_t) second;
    *unixtime = (uint64_t) datetime_to_timestamp(&when);
    // It is well formed if it is what would be written.
    char again[DATE_LEN];
    date_format(again, *unixtime);
    return !memcmp(again, text, len);
}

static void format_hex(char **to, uint64_t number) {
    int shift = 60;
    while (shift > 0 && (number >> shift) == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        *(*to)++ = "0123456789abcdef"[(number >> shift) & 15];
    }
}

static void make_etag(struct version *version, uint64_t first, uint64_t second) {
    char *end = version->etag;
    *end++ = '"';
    format_hex(&end, first);
    *end++ = '-';
    format_hex(&end, second);
    *end++ = '"';
    *end = '\0';
}

void version_take_contents(struct version *version, const void *data, size_t size) {
    // FNV-1a, with 64 bits.
    const uint8_t *bytes = data;
    uint64_t hash = 0xcbf29ce484222325ull;
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3ull;
    }
    make_etag(version, hash, size);
}

void version_make(struct version *version, uint64_t mtime, uint64_t size) {
    memset(version, 0, sizeof(*version));
    if (mtime == 0 || mtime >= DATE_END) {
        return;
    }
    make_etag(version, mtime, size);
    date_format(version->date, mtime);
    version->mtime = mtime;
}

static bool is_text(const char *text, size_t len, const char *wanted) {
    return len == strlen(wanted) && !memcmp(text, wanted, len);
}

/// Whether an entity tag is in a list. Those that are weak are as good here: RFC 9110, 13.1.2.
static bool has_tag(const char *list, size_t len, const char *etag) {
    size_t etag_len = strlen(etag);
    if (is_text(list, len, "*")) {
        return true;
    }
    for (size_t i = 0; etag_len > 0 && i + etag_len <= len; i++) {
        bool begins = i == 0 || strchr(" \t,/", list[i - 1]) != NULL;
        if (begins && !memcmp(&list[i], etag, etag_len)) {
            return true;
        }
    }
    return false;
}

bool condition_is_cached(const struct version *version, const char *none_match,
                         size_t none_match_len, const char *modified_since,
                         size_t modified_since_len) {
    if (none_match_len > 0) {
        return has_tag(none_match, none_match_len, version->etag);
    }
    uint64_t since;
    return version->mtime > 0 && date_parse(modified_since, modified_since_len, &since)
           && version->mtime <= since;
}

bool condition_wants_range(const struct version *version, const char *if_range, size_t len) {
    return len == 0 || (version->etag[0] != '\0' && is_text(if_range, len, version->etag))
           || (version->date[0] != '\0' && is_text(if_range, len, version->date));
}

/// The number at *at, which moves behind it. False: there is none, or it is too large for any file.
static bool parse_number(const char *text, size_t len, size_t *at, uint64_t *number) {
    size_t begin = *at;
    *number = 0;
    while (*at < len && isdigit(text[*at]) && *number <= UINT64_MAX / 10 - 1) {
        *number = *number * 10 + (uint64_t) (text[(*at)++] - '0');
    }
    return *at > begin && (*at == len || !isdigit(text[*at]));
}

/// "-N": the last N bytes.
static enum range_kind parse_suffix(const char *text, size_t len, uint64_t size, uint64_t *begin,
                                    uint64_t *end) {
    size_t at = 0;
    uint64_t count;
    if (!parse_number(text, len, &at, &count) || at != len) {
        return RANGE_NONE;
    }
    *begin = size - MIN(size, count);
    *end = size;
    return (*begin < *end) ? RANGE_PART : RANGE_BEYOND;
}

enum range_kind range_parse(const char *text, size_t len, uint64_t size, uint64_t *begin,
                            uint64_t *end) {
    static const char unit[] = "bytes=";
    size_t at = sizeof(unit) - 1;
    if (len <= at || memcmp(text, unit, at) != 0) {
        return RANGE_NONE;
    }
    if (text[at] == '-') {
        return parse_suffix(&text[at + 1], len - at - 1, size, begin, end);
    }
    uint64_t last = UINT64_MAX - 1;
    if (!parse_number(text, len, &at, begin) || at == len || text[at++] != '-') {
        return RANGE_NONE;
    }
    if (at < len && (!parse_number(text, len, &at, &last) || at != len || last < *begin)) {
        return RANGE_NONE;
    }
    *end = MIN(last + 1, size);
    return (*begin < size) ? RANGE_PART : RANGE_BEYOND;
}
