#include "text.h"

#include <string.h>

void text_add_bytes(struct text *text, const void *bytes, size_t len) {
    if (len > text_room(text)) {
        text->overflow = true;
        return;
    }
    memcpy(&text->buf[text->len], bytes, len);
    text->len += len;
}

void text_add(struct text *text, const char *string) {
    text_add_bytes(text, string, strlen(string));
}

void text_add_number(struct text *text, uint64_t number) {
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    text_add_bytes(text, &digits[at], sizeof(digits) - at);
}

void text_add_hex(struct text *text, uint64_t number, unsigned digits) {
    while (digits-- > 0) {
        text_add_bytes(text, &"0123456789abcdef"[(number >> (4 * digits)) & 15], 1);
    }
}

/// How many bytes the UTF-8 sequence at the beginning has; 0: it is none (RFC 3629, 4).
static size_t utf8_len(const uint8_t *s, size_t len) {
    size_t wanted = (s[0] < 0x80)   ? 1
                    : (s[0] < 0xc2) ? 0
                    : (s[0] < 0xe0) ? 2
                    : (s[0] < 0xf0) ? 3
                                    : 4;
    if (s[0] > 0xf4 || wanted > len) {
        return 0;
    }
    for (size_t i = 1; i < wanted; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    // Longer than need be, surrogates, and beyond U+10FFFF.
    bool is_wrong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
                    || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f);
    return is_wrong ? 0 : wanted;
}

static void add_escaped(struct text *text, uint8_t ch) {
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = (ch != '\0') ? strchr(named, ch) : NULL;
    if (found != NULL) {
        text_add(text, "\\");
        text_add_bytes(text, &letters[found - named], 1);
    } else {
        text_add(text, "\\u");
        text_add_hex(text, ch, 4);
    }
}

static bool is_plain(uint8_t ch) {
    return ch >= ' ' && ch < 0x7f && ch != '"' && ch != '\\';
}

void text_add_json_part(struct text *text, const char *string, size_t len) {
    const uint8_t *s = (const uint8_t *) string;
    for (size_t i = 0; i < len;) {
        size_t plain = 0;
        while (i + plain < len && is_plain(s[i + plain])) {
            plain++;
        }
        text_add_bytes(text, &s[i], plain);
        i += plain;
        if (i == len) {
            break;
        }
        size_t sequence = utf8_len(&s[i], len - i);
        if (sequence > 1) {
            text_add_bytes(text, &s[i], sequence);
        } else if (sequence == 1) {
            add_escaped(text, s[i]);
        } else {
            text_add(text, "\\ufffd");
        }
        i += MAX(sequence, (size_t) 1);
    }
}

void text_add_json(struct text *text, const char *string, size_t len) {
    text_add_literal(text, "\"");
    text_add_json_part(text, string, len);
    text_add_literal(text, "\"");
}

void text_add_key(struct text *text, const char *key) {
    char last = (text->len > 0) ? text->buf[text->len - 1] : '[';
    if (last != '[' && last != '{' && last != ':') {
        text_add(text, ",");
    }
    if (key != NULL) {
        text_add(text, "\"");
        text_add(text, key);
        text_add(text, "\":");
    }
}

void text_add_member(struct text *text, const char *key, const char *string) {
    text_add_key(text, key);
    text_add_json(text, string, strlen(string));
}

void text_add_member_number(struct text *text, const char *key, uint64_t number) {
    text_add_key(text, key);
    text_add_number(text, number);
}

void text_add_member_bool(struct text *text, const char *key, bool value) {
    text_add_key(text, key);
    text_add(text, value ? "true" : "false");
}
