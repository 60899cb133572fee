#ifndef __TEXT_H__
#define __TEXT_H__

/// \file
/// Text that is put together in a buffer. What doesn't fit is left out, and `overflow` says so: callers make sure of the room.

#include <types.h>

struct text {
    char *buf;
    size_t len, size;
    bool overflow;
};

static inline size_t text_room(const struct text *text) {
    return text->size - text->len;
}

void text_add_bytes(struct text *text, const void *bytes, size_t len);
void text_add(struct text *text, const char *string);
/// The same with a string literal, whose length the compiler knows.
#define text_add_literal(text, literal) text_add_bytes(text, "" literal, sizeof(literal) - 1)
void text_add_number(struct text *text, uint64_t number);
/// Adds `digits` hexadecimal digits.
void text_add_hex(struct text *text, uint64_t number, unsigned digits);

/// Adds a string as JSON writes it (RFC 8259, 7), with its quotes. What isn't UTF-8 becomes U+FFFD, so that the
/// result is. Takes 6 times as many bytes, and 2, at most.
void text_add_json(struct text *text, const char *string, size_t len);
/// The same without the quotes, for a string in several parts.
void text_add_json_part(struct text *text, const char *string, size_t len);
/// Adds `"key":"string"`, or `"key":number`, with a comma in front unless a bracket is there.
void text_add_member(struct text *text, const char *key, const char *string);
void text_add_member_number(struct text *text, const char *key, uint64_t number);
void text_add_member_bool(struct text *text, const char *key, bool value);
/// Adds a comma unless there is a bracket or nothing, then `"key":`; without the key if that is NULL.
void text_add_key(struct text *text, const char *key);

#endif
