#include "name.h"

#include <string.h>

#include "unicode.h"

/// Where the characters of a piece are (the specification, "Long File Name Implementation").
static const uint8_t piece_places[LONG_PIECE] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
#define PADDING 0xffff

static uint16_t unit_at(const uint8_t *entry, unsigned i) {
    const uint8_t *p = entry + piece_places[i];
    return (uint16_t) (p[0] | p[1] << 8);
}

/// Neither kind of name may have these.
static bool is_forbidden(uint16_t unit) {
    return unit < 0x20 || unit == 0x7f || (unit < 0x80 && strchr("\"*/:<>?\\|", unit) != NULL);
}

/// A short name can't have these either.
static bool is_long_only(uint16_t unit) {
    return unit == '.' || unit == ' ' || (unit < 0x80 && strchr("+,;=[]", unit) != NULL);
}

/// One of the two parts of a short name, in capitals. Returns false if it can't be that. Small and capital letters are noted.
static bool take_part(const uint16_t *units, unsigned len, uint8_t *bytes, bool *small,
                      bool *capital) {
    for (unsigned i = 0; i < len; i++) {
        uint16_t upper = unicode_upper(units[i]);
        bytes[i] = unicode_to_oem(upper);
        if (bytes[i] == 0 || is_long_only(units[i])) {
            return false;
        }
        *small |= units[i] != upper;
        *capital |= units[i] >= 'A' && units[i] <= 'Z';
    }
    return true;
}

static unsigned find_dot(const struct name *name) {
    unsigned dot = name->len;
    for (unsigned i = 0; i < name->len; i++) {
        if (name->units[i] == '.') {
            dot = i;
        }
    }
    return dot;
}

static bool is_ascii(const struct name *name) {
    for (unsigned i = 0; i < name->len; i++) {
        if (name->units[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

/// Finds out whether it can be a short name, and what that is. What isn't ASCII gets a long name in any case: nobody knows
/// which code page others take.
static void find_short(struct name *name) {
    unsigned dot = find_dot(name);
    unsigned extension = (dot < name->len) ? name->len - dot - 1 : 0;
    memset(name->short_name, ' ', SHORT_LEN);
    if (dot == 0 || dot > BASE_LEN || extension > SHORT_LEN - BASE_LEN
        || (dot < name->len && extension == 0)) {
        return;
    }
    bool small[2] = {false}, capital[2] = {false};
    name->is_short = take_part(name->units, dot, name->short_name, &small[0], &capital[0])
                     && take_part(&name->units[dot + 1], extension, &name->short_name[BASE_LEN],
                                  &small[1], &capital[1]);
    if (name->is_short && name->short_name[0] == MARK_DELETED) {
        name->short_name[0] = MARK_E5;
    }
    name->case_bits = (uint8_t) ((small[0] ? CASE_BASE : 0) | (small[1] ? CASE_EXTENSION : 0));
    name->fits_short =
        name->is_short && is_ascii(name) && !(small[0] && capital[0]) && !(small[1] && capital[1]);
}

error_t name_parse(struct name *name, const char *utf8, size_t len) {
    name->is_short = name->fits_short = false;
    name->case_bits = 0;
    int units = utf8_to_utf16(utf8, len, name->units, LONG_MAX);
    if (units <= 0) {
        return (len > LONG_MAX) ? ERR_TOO_LARGE : ERR_INVALID_ARG;
    }
    name->len = (unsigned) units;
    for (unsigned i = 0; i < name->len; i++) {
        if (is_forbidden(name->units[i])) {
            return ERR_INVALID_ARG;
        }
        name->upper[i] = unicode_upper(name->units[i]);
    }
    // Others strip these.
    if (name->units[name->len - 1] == '.' || name->units[name->len - 1] == ' ') {
        return ERR_INVALID_ARG;
    }
    find_short(name);
    return OK;
}

unsigned name_long_entries(const struct name *name) {
    return name->fits_short ? 0 : (name->len + LONG_PIECE - 1) / LONG_PIECE;
}

bool name_has_piece(const struct name *name, unsigned ordinal, const uint8_t *entry) {
    unsigned from = (ordinal - 1) * LONG_PIECE;
    for (unsigned i = 0; i < LONG_PIECE; i++) {
        uint16_t unit = unit_at(entry, i);
        if (from + i >= name->len) {
            return from + i == name->len && unit == 0;
        }
        if (unit != name->units[from + i] && unicode_upper(unit) != name->upper[from + i]) {
            return false;
        }
    }
    return true;
}

void name_put_piece(const struct name *name, unsigned ordinal, uint8_t checksum, uint8_t *entry) {
    unsigned from = (ordinal - 1) * LONG_PIECE;
    bool is_last = from + LONG_PIECE >= name->len;
    memset(entry, 0, 32);
    entry[LONG_ORDINAL] = (uint8_t) (ordinal | (is_last ? LONG_LAST : 0));
    entry[ENTRY_ATTRIBUTES] = ATTRIBUTE_LONG;
    entry[LONG_CHECKSUM] = checksum;
    for (unsigned i = 0; i < LONG_PIECE; i++) {
        unsigned at = from + i;
        uint16_t unit = (at < name->len) ? name->units[at] : (at == name->len) ? 0 : PADDING;
        entry[piece_places[i]] = (uint8_t) unit;
        entry[piece_places[i] + 1] = (uint8_t) (unit >> 8);
    }
}

bool name_get_piece(const uint8_t *entry, unsigned ordinal, bool is_last, uint16_t *units,
                    unsigned *len) {
    unsigned from = (ordinal - 1) * LONG_PIECE;
    for (unsigned i = 0; i < LONG_PIECE; i++) {
        uint16_t unit = unit_at(entry, i);
        if (from + i == LONG_MAX || (is_last && unit == 0)) {
            *len = from + i;
            return is_last;
        }
        if (is_forbidden(unit)) {
            return false;
        }
        units[from + i] = unit;
    }
    if (is_last) {
        *len = from + LONG_PIECE;
    }
    return true;
}
