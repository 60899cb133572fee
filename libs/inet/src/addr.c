#include <inet/addr.h>
#include <inet/bytes.h>

#include "addr.h"

#define GROUPS 8

bool ip_addr_is_any(const struct ip_addr *addr) {
    static const struct ip_addr any;
    return ip_addr_equals(addr, &any) || (ip_addr_is_v4(addr) && ip_addr_v4(addr) == 0);
}

bool ip_addr_in_prefix(const struct ip_addr *addr, const struct ip_addr *prefix, unsigned len) {
    unsigned whole = len / 8, bits = len % 8;
    if (memcmp(addr->bytes, prefix->bytes, whole) != 0) {
        return false;
    }
    return bits == 0 || ((addr->bytes[whole] ^ prefix->bytes[whole]) >> (8 - bits)) == 0;
}

struct ip_addr ip_addr_network(const struct ip_addr *addr, unsigned len) {
    struct ip_addr network = {{0}};
    unsigned whole = len / 8, bits = len % 8;
    memcpy(network.bytes, addr->bytes, whole);
    if (bits != 0) {
        network.bytes[whole] = (uint8_t) (addr->bytes[whole] & (0xff00 >> bits));
    }
    return network;
}

bool ip_addr_is_multicast(const struct ip_addr *addr) {
    return ip_addr_is_v4(addr) ? v4_is_multicast(ip_addr_v4(addr)) : addr->bytes[0] == 0xff;
}

bool ip_addr_is_link_local(const struct ip_addr *addr) {
    if (ip_addr_is_v4(addr)) {
        return addr->bytes[V4_OFFSET] == 169 && addr->bytes[V4_OFFSET + 1] == 254;
    }
    return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/// A number of `max` at most; leading zeroes, which some take for octal, are refused (RFC 6943, 3.1.1).
static const char *parse_decimal(const char *text, unsigned max, unsigned *value) {
    const char *start = text;
    *value = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        *value = *value * 10 + (unsigned) (*text - '0');
        if (*value > max || (text > start && *start == '0')) {
            return NULL;
        }
    }
    return (text == start) ? NULL : text;
}

/// Four numbers with dots up to the text's end.
static bool parse_v4(const char *text, uint8_t bytes[4]) {
    for (int i = 0; i < 4; i++) {
        unsigned value;
        text = parse_decimal(text, 255, &value);
        if (text == NULL || *text != ((i < 3) ? '.' : '\0')) {
            return false;
        }
        bytes[i] = (uint8_t) value;
        text++;
    }
    return true;
}

static int hex_digit(char ch) {
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }
    ch |= 0x20;
    return (ch >= 'a' && ch <= 'f') ? ch - 'a' + 10 : -1;
}

/// A group of one to four digits. Returns where it ends; NULL: there is none.
static const char *parse_group(const char *text, uint8_t bytes[2]) {
    unsigned value = 0, digits = 0;
    for (; hex_digit(*text) >= 0; text++, digits++) {
        if (digits == 4) {
            return NULL;
        }
        value = value * 16 + (unsigned) hex_digit(*text);
    }
    put16(bytes, (uint16_t) value);
    return (digits == 0) ? NULL : text;
}

struct v6_parser {
    uint8_t bytes[IP_ADDR_LEN];
    int groups;
    int gap;  ///< The group in front of which :: stands; -1: nowhere.
};

/// What follows a group: its separator. Returns the next group's text; NULL: a mistake.
static const char *parse_separator(struct v6_parser *parser, const char *text) {
    if (*text != ':' || text[1] == '\0') {
        return NULL;
    }
    if (text[1] != ':') {
        return text + 1;
    }
    if (parser->gap >= 0) {
        return NULL;
    }
    parser->gap = parser->groups;
    return text + 2;
}

static bool parse_groups(struct v6_parser *parser, const char *text) {
    while (*text != '\0') {
        if (parser->groups == GROUPS) {
            return false;
        }
        if (parser->groups <= GROUPS - 2 && parse_v4(text, &parser->bytes[2 * parser->groups])) {
            parser->groups += 2;
            return true;
        }
        text = parse_group(text, &parser->bytes[2 * parser->groups]);
        parser->groups++;
        if (text == NULL) {
            return false;
        }
        text = (*text == '\0') ? text : parse_separator(parser, text);
        if (text == NULL) {
            return false;
        }
    }
    return true;
}

/// RFC 4291, 2.2.
static bool parse_v6(const char *text, struct ip_addr *addr) {
    struct v6_parser parser = {.gap = -1};
    if (text[0] == ':' && text[1] == ':') {
        parser.gap = 0;
        text += 2;
    }
    if (!parse_groups(&parser, text)) {
        return false;
    }
    if (parser.gap < 0) {
        memcpy(addr->bytes, parser.bytes, IP_ADDR_LEN);
        return parser.groups == GROUPS;
    }
    size_t front = (size_t) parser.gap * 2, back = (size_t) parser.groups * 2 - front;
    memset(addr->bytes, 0, IP_ADDR_LEN);
    memcpy(addr->bytes, parser.bytes, front);
    memcpy(addr->bytes + IP_ADDR_LEN - back, parser.bytes + front, back);
    return parser.groups < GROUPS;
}

error_t ip_addr_parse(const char *text, struct ip_addr *addr) {
    uint8_t v4[4];
    if (parse_v4(text, v4)) {
        *addr = ip_addr_from_v4(get32(v4));
        return OK;
    }
    struct ip_addr v6;
    if (!parse_v6(text, &v6)) {
        return ERR_INVALID_ARG;
    }
    *addr = v6;
    return OK;
}

static char *format_number(char *text, unsigned value, unsigned base) {
    unsigned weight = 1;
    while (value / weight >= base) {
        weight *= base;
    }
    for (; weight > 0; weight /= base) {
        *text++ = "0123456789abcdef"[value / weight % base];
    }
    return text;
}

/// The first of the longest runs of groups that are 0, if it has two at least (RFC 5952, 4.2).
static int find_gap(const uint8_t *bytes, int *len) {
    int best = -1;
    *len = 1;
    for (int i = 0; i < GROUPS; i++) {
        int n = 0;
        while (i + n < GROUPS && get16(bytes + 2 * (i + n)) == 0) {
            n++;
        }
        if (n > *len) {
            best = i;
            *len = n;
        }
    }
    return best;
}

static char *format_v6(char *text, const uint8_t *bytes) {
    int len, gap = find_gap(bytes, &len);
    for (int i = 0; i < GROUPS; i++) {
        if (i == gap) {
            *text++ = ':';
            *text++ = ':';
            i += len - 1;
            continue;
        }
        if (i > 0 && i != gap + len) {
            *text++ = ':';
        }
        text = format_number(text, get16(bytes + 2 * i), 16);
    }
    return text;
}

void ip_addr_format(const struct ip_addr *addr, char text[IP_ADDR_TEXT_LEN]) {
    if (!ip_addr_is_v4(addr)) {
        *format_v6(text, addr->bytes) = '\0';
        return;
    }
    for (int i = 0; i < 4; i++) {
        text = format_number(text, addr->bytes[V4_OFFSET + i], 10);
        *text++ = (i < 3) ? '.' : '\0';
    }
}
