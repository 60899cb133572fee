#include <string.h>

#include "name.h"
#include "unicode.h"

#define NUMBER_MAX 999999u

uint8_t short_checksum(const uint8_t *short_name) {
    uint8_t sum = 0;
    for (unsigned i = 0; i < SHORT_LEN; i++) {
        sum = (uint8_t) ((sum >> 1 | sum << 7) + short_name[i]);
    }
    return sum;
}

static unsigned part_len(const uint8_t *bytes, unsigned max) {
    while (max > 0 && bytes[max - 1] == ' ') {
        max--;
    }
    return max;
}

static bool take_units(const uint8_t *bytes, unsigned len, bool small, uint16_t *units,
                       unsigned *num_units) {
    for (unsigned i = 0; i < len; i++) {
        uint16_t unit = oem_to_unicode(bytes[i]);
        // A slash would make two names of it.
        if (unit < 0x20 || unit == '/' || unit == 0x7f) {
            return false;
        }
        units[(*num_units)++] = small ? oem_lower(unit) : unit;
    }
    return true;
}

size_t short_to_utf8(const uint8_t *entry, char utf8[SHORT_UTF8_LEN]) {
    uint8_t bytes[SHORT_LEN];
    memcpy(bytes, entry, SHORT_LEN);
    if (bytes[0] == MARK_E5) {
        bytes[0] = MARK_DELETED;
    }
    unsigned base = part_len(bytes, BASE_LEN);
    unsigned extension = part_len(bytes + BASE_LEN, SHORT_LEN - BASE_LEN);
    uint16_t units[SHORT_LEN + 1];
    unsigned num_units = 0;
    if (base == 0 || !take_units(bytes, base, entry[ENTRY_CASE] & CASE_BASE, units, &num_units)) {
        return 0;
    }
    if (extension > 0) {
        units[num_units++] = '.';
        if (!take_units(bytes + BASE_LEN, extension, entry[ENTRY_CASE] & CASE_EXTENSION, units,
                        &num_units)) {
            return 0;
        }
    }
    int len = utf16_to_utf8(units, num_units, utf8, SHORT_UTF8_LEN);
    // A damaged directory must not lead back to itself.
    bool is_dots = len > 0 && utf8[0] == '.' && (len == 1 || (len == 2 && utf8[1] == '.'));
    return (len < 0 || is_dots) ? 0 : (size_t) len;
}

/// Appends a character of a long name as a short name may have it. Returns false if it is another one, or dropped.
static bool append(uint8_t *bytes, unsigned *len, unsigned max, uint16_t upper) {
    if (upper == ' ' || upper == '.') {
        return false;
    }
    bool ok = upper < 0x80 && strchr("+,;=[]", upper) == NULL;
    if (*len == max) {
        return false;
    }
    bytes[(*len)++] = ok ? (uint8_t) upper : '_';
    return ok;
}

/// (The specification, "The Basis-Name Generation Algorithm".)
void short_basis(const struct name *name, uint8_t alias[SHORT_LEN], bool *tail) {
    unsigned begin = 0, dot = name->len;
    while (begin < name->len && name->units[begin] == '.') {
        begin++;
    }
    for (unsigned i = begin; i < name->len; i++) {
        dot = (name->units[i] == '.') ? i : dot;
    }
    memset(alias, ' ', SHORT_LEN);
    bool same = begin == 0;
    unsigned len = 0;
    for (unsigned i = begin; i < dot; i++) {
        same &= append(alias, &len, BASE_LEN, name->upper[i]);
    }
    if (len == 0) {
        alias[len++] = '_';
        same = false;
    }
    len = 0;
    for (unsigned i = dot + 1; i < name->len; i++) {
        same &= append(alias + BASE_LEN, &len, SHORT_LEN - BASE_LEN, name->upper[i]);
    }
    *tail = !same;
}

void short_hashed_basis(const struct name *name, unsigned attempt, uint8_t alias[SHORT_LEN]) {
    bool tail;
    short_basis(name, alias, &tail);
    uint32_t hash = 2166136261u + attempt;
    for (unsigned i = 0; i < name->len; i++) {
        hash = (hash ^ name->upper[i]) * 16777619u;
    }
    hash ^= hash >> 16;
    unsigned keep = MIN(part_len(alias, BASE_LEN), 2u);
    memset(alias + keep, ' ', BASE_LEN - keep);
    for (unsigned i = 0; i < 4; i++, hash >>= 4) {
        alias[keep + i] = (uint8_t) "0123456789ABCDEF"[hash & 15];
    }
}

unsigned short_number(const uint8_t *basis, const uint8_t *short_name) {
    unsigned len = part_len(short_name, BASE_LEN), tilde = len;
    while (tilde > 0 && short_name[tilde - 1] >= '0' && short_name[tilde - 1] <= '9') {
        tilde--;
    }
    if (tilde == 0 || tilde == len || short_name[tilde - 1] != '~' || len - tilde > 6) {
        return 0;
    }
    unsigned number = 0;
    for (unsigned i = tilde; i < len; i++) {
        number = number * 10 + (short_name[i] - '0');
    }
    unsigned keep = MIN(part_len(basis, BASE_LEN), BASE_LEN - 1 - (len - tilde));
    bool same = keep == tilde - 1 && memcmp(basis, short_name, keep) == 0
                && memcmp(basis + BASE_LEN, short_name + BASE_LEN, SHORT_LEN - BASE_LEN) == 0;
    return same ? number : 0;
}

void short_put_number(uint8_t alias[SHORT_LEN], unsigned number) {
    uint8_t digits[8];
    unsigned count = 0;
    number = MIN(number, NUMBER_MAX);
    do {
        digits[count++] = (uint8_t) ('0' + number % 10);
        number /= 10;
    } while (number > 0);
    unsigned at = MIN(part_len(alias, BASE_LEN), BASE_LEN - 1 - count);
    alias[at++] = '~';
    while (count > 0) {
        alias[at++] = digits[--count];
    }
}
