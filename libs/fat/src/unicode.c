#include "unicode.h"

#define SURROGATE_HIGH 0xd800
#define SURROGATE_LOW  0xdc00
#define SURROGATE_END  0xe000
#define SUPPLEMENTARY  0x10000u
#define UNICODE_MAX    0x10ffffu

/// The first byte of a sequence: how many follow, and its bits; -1: no sequence begins like this.
static int begin_sequence(uint8_t byte, uint32_t *bits) {
    if (byte < 0x80) {
        *bits = byte;
        return 0;
    }
    if (byte >= 0xc2 && byte < 0xe0) {
        *bits = byte & 0x1f;
        return 1;
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        *bits = byte & 0x0f;
        return 2;
    }
    *bits = byte & 0x07;
    return (byte >= 0xf0 && byte < 0xf5) ? 3 : -1;
}

/// The character at the beginning: its bytes, or -1.
static int decode(const uint8_t *utf8, size_t len, uint32_t *ch) {
    static const uint32_t smallest[] = {0, 0x80, 0x800, SUPPLEMENTARY};
    int more = begin_sequence(utf8[0], ch);
    if (more < 0 || (size_t) more >= len) {
        return -1;
    }
    for (int i = 1; i <= more; i++) {
        if ((utf8[i] & 0xc0) != 0x80) {
            return -1;
        }
        *ch = *ch << 6 | (utf8[i] & 0x3f);
    }
    bool surrogate = *ch >= SURROGATE_HIGH && *ch < SURROGATE_END;
    return (*ch < smallest[more] || *ch > UNICODE_MAX || surrogate) ? -1 : more + 1;
}

int utf8_to_utf16(const char *utf8, size_t len, uint16_t *utf16, size_t max) {
    size_t units = 0;
    while (len > 0) {
        uint32_t ch;
        int bytes = decode((const uint8_t *) utf8, len, &ch);
        size_t needed = (bytes > 0 && ch >= SUPPLEMENTARY) ? 2 : 1;
        if (bytes < 0 || max - units < needed) {
            return -1;
        }
        if (needed == 2) {
            utf16[units++] = (uint16_t) (SURROGATE_HIGH + ((ch - SUPPLEMENTARY) >> 10));
            ch = SURROGATE_LOW + ((ch - SUPPLEMENTARY) & 0x3ff);
        }
        utf16[units++] = (uint16_t) ch;
        utf8 += bytes;
        len -= (size_t) bytes;
    }
    return (int) units;
}

/// The character at the beginning: its units, or -1.
static int decode_utf16(const uint16_t *utf16, size_t len, uint32_t *ch) {
    *ch = utf16[0];
    if (*ch < SURROGATE_HIGH || *ch >= SURROGATE_END) {
        return 1;
    }
    if (*ch >= SURROGATE_LOW || len < 2 || utf16[1] < SURROGATE_LOW || utf16[1] >= SURROGATE_END) {
        return -1;
    }
    *ch = SUPPLEMENTARY + ((*ch - SURROGATE_HIGH) << 10) + (utf16[1] - SURROGATE_LOW);
    return 2;
}

static size_t encode(uint32_t ch, char bytes[4]) {
    if (ch < 0x80) {
        bytes[0] = (char) ch;
        return 1;
    }
    size_t len = (ch < 0x800) ? 2 : (ch < SUPPLEMENTARY) ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; ch >>= 6) {
        bytes[i] = (char) (0x80 | (ch & 0x3f));
    }
    bytes[0] = (char) (lead[len] | ch);
    return len;
}

int utf16_to_utf8(const uint16_t *utf16, size_t len, char *utf8, size_t max) {
    size_t done = 0;
    while (len > 0) {
        uint32_t ch;
        char bytes[4];
        int units = decode_utf16(utf16, len, &ch);
        size_t needed = (units > 0) ? encode(ch, bytes) : 0;
        if (units < 0 || done + needed >= max) {
            return -1;
        }
        for (size_t i = 0; i < needed; i++) {
            utf8[done++] = bytes[i];
        }
        utf16 += units;
        len -= (size_t) units;
    }
    utf8[done] = '\0';
    return (int) done;
}

/// Ranges of small letters. `step` 1: all of them, the capitals are `distance` below. 2: capitals and small letters
/// alternate, and the first small letter is `first`.
static const struct {
    uint16_t first, last, distance;
    uint8_t step;
} small_letters[] = {
    {'a', 'z', 32, 1},     {0xe0, 0xf6, 32, 1},    {0xf8, 0xfe, 32, 1},    {0x101, 0x137, 1, 2},
    {0x13a, 0x148, 1, 2},  {0x14b, 0x177, 1, 2},   {0x17a, 0x17e, 1, 2},   {0x1ce, 0x1dc, 1, 2},
    {0x1df, 0x1ef, 1, 2},  {0x1f9, 0x21f, 1, 2},   {0x223, 0x233, 1, 2},   {0x3ac, 0x3ac, 38, 1},
    {0x3ad, 0x3af, 37, 1}, {0x3b1, 0x3c1, 32, 1},  {0x3c3, 0x3cb, 32, 1},  {0x3cc, 0x3cc, 64, 1},
    {0x3cd, 0x3ce, 63, 1}, {0x3d9, 0x3ef, 1, 2},   {0x430, 0x44f, 32, 1},  {0x450, 0x45f, 80, 1},
    {0x461, 0x481, 1, 2},  {0x48b, 0x4bf, 1, 2},   {0x4c2, 0x4ce, 1, 2},   {0x4d1, 0x52f, 1, 2},
    {0x561, 0x586, 48, 1}, {0x1e01, 0x1e95, 1, 2}, {0x1ea1, 0x1eff, 1, 2},
};

static uint16_t upper_from_table(uint16_t unit) {
    if (unit == 0xff) {
        return 0x178;
    }
    for (size_t i = 0; i < sizeof(small_letters) / sizeof(small_letters[0]); i++) {
        if (unit >= small_letters[i].first && unit <= small_letters[i].last
            && (unit - small_letters[i].first) % small_letters[i].step == 0) {
            // Dotless i and the kra have no capitals that are theirs alone.
            return (unit == 0x131) ? unit : (uint16_t) (unit - small_letters[i].distance);
        }
    }
    return unit;
}

uint16_t unicode_upper(uint16_t unit) {
    if (unit < 0x80) {
        return (unit >= 'a' && unit <= 'z') ? (uint16_t) (unit - 32) : unit;
    }
    return upper_from_table(unit);
}

/// Characters 0x80 to 0xff of code page 850.
static const uint16_t oem_characters[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00f8, 0x00a3, 0x00d8, 0x00d7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x00ae, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x00c1, 0x00c2, 0x00c0, 0x00a9, 0x2563, 0x2551, 0x2557,
    0x255d, 0x00a2, 0x00a5, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x00e3, 0x00c3,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x00a4, 0x00f0, 0x00d0, 0x00ca, 0x00cb,
    0x00c8, 0x0131, 0x00cd, 0x00ce, 0x00cf, 0x2518, 0x250c, 0x2588, 0x2584, 0x00a6, 0x00cc, 0x2580,
    0x00d3, 0x00df, 0x00d4, 0x00d2, 0x00f5, 0x00d5, 0x00b5, 0x00fe, 0x00de, 0x00da, 0x00db, 0x00d9,
    0x00fd, 0x00dd, 0x00af, 0x00b4, 0x00ad, 0x00b1, 0x2017, 0x00be, 0x00b6, 0x00a7, 0x00f7, 0x00b8,
    0x00b0, 0x00a8, 0x00b7, 0x00b9, 0x00b3, 0x00b2, 0x25a0, 0x00a0,
};

uint16_t oem_to_unicode(uint8_t byte) {
    return (byte < 0x80) ? byte : oem_characters[byte - 0x80];
}

uint16_t oem_lower(uint16_t unit) {
    if (unit < 0x80) {
        return (unit >= 'A' && unit <= 'Z') ? (uint16_t) (unit + 32) : unit;
    }
    for (unsigned i = 0; i < 128; i++) {
        if (oem_characters[i] != unit && unicode_upper(oem_characters[i]) == unit) {
            return oem_characters[i];
        }
    }
    return unit;
}

uint8_t unicode_to_oem(uint16_t unit) {
    if (unit < 0x80) {
        return (uint8_t) unit;
    }
    for (unsigned i = 0; i < 128; i++) {
        if (oem_characters[i] == unit) {
            return (uint8_t) (0x80 + i);
        }
    }
    return 0;
}
