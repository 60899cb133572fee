#include "dns_message.h"

#include <inet/bytes.h>

#include "addr.h"

#define HEADER_LEN   12
#define LABEL_MAX    63
#define FLAG_REPLY   0x8000
#define FLAG_CUT     0x0200
#define FLAG_RECURSE 0x0100
#define OPCODE_MASK  0x7800
#define RCODE_MASK   0x000f
#define RCODE_OK     0
#define RCODE_FORMAT 1
#define RCODE_NAME   3

#define CLASS_IN   1
#define TYPE_CNAME 5
#define TYPE_SOA   6
#define TYPE_OPT   41

/// Of a message's records; aliases that follow each other.
#define RECORDS_MAX 64
#define ALIASES_MAX 8
/// Negative answers are kept no longer: RFC 2308, 5, has up to three hours.
#define NEGATIVE_TTL_MAX 300

static char lower(char ch) {
    return (ch >= 'A' && ch <= 'Z') ? (char) (ch | 0x20) : ch;
}

static bool is_name_char(char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
}

bool dns_name_normalize(const char *name, char normal[DNS_NAME_LEN]) {
    size_t len = 0, label = 0;
    for (; name[len] != '\0'; len++) {
        if (len == DNS_NAME_LEN - 1) {
            // The dot that may end a name is one more than there is room for.
            if (name[len] == '.' && name[len + 1] == '\0') {
                break;
            }
            return false;
        }
        char ch = lower(name[len]);
        label = (ch == '.') ? 0 : label + 1;
        bool empty = ch == '.' && (len == 0 || name[len - 1] == '.');
        if (empty || label > LABEL_MAX || (ch != '.' && !is_name_char(ch))) {
            return false;
        }
        normal[len] = ch;
    }
    if (len > 0 && normal[len - 1] == '.') {
        len--;
    }
    normal[len] = '\0';
    return len > 0;
}

/// Says how long an answer may be: RFC 6891, 6.1.2. Returns the record's end.
static uint8_t *write_edns(uint8_t *p) {
    memset(p, 0, 11);
    put16(p + 1, TYPE_OPT);
    put16(p + 3, DNS_DATAGRAM_MAX);
    return p + 11;
}

size_t dns_write_query(uint8_t message[DNS_QUERY_MAX], uint16_t id, const char *name, uint16_t type,
                       bool edns) {
    memset(message, 0, HEADER_LEN);
    put16(message, id);
    put16(message + 2, FLAG_RECURSE);
    put16(message + 4, 1);
    put16(message + 10, edns);
    uint8_t *p = message + HEADER_LEN;
    while (*name != '\0') {
        uint8_t *len = p++;
        while (*name != '\0' && *name != '.') {
            *p++ = (uint8_t) *name++;
        }
        *len = (uint8_t) (p - len - 1);
        name += *name == '.';
    }
    *p++ = 0;
    put16(p, type);
    put16(p + 2, CLASS_IN);
    p += 4;
    return (size_t) ((edns ? write_edns(p) : p) - message);
}

struct reader {
    const uint8_t *message;
    size_t len;
    size_t at;
    bool broken;
};

static uint32_t read_number(struct reader *reader, size_t bytes) {
    uint32_t value = 0;
    if (reader->broken || reader->len - reader->at < bytes) {
        reader->broken = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++) {
        value = value << 8 | reader->message[reader->at++];
    }
    return value;
}

/// Appends a label to a name. False: it is too long, or has bytes that text can't show.
static bool append_label(char name[DNS_NAME_LEN], size_t *len, const uint8_t *label, size_t size) {
    if (*len + size + 1 >= DNS_NAME_LEN) {
        return false;
    }
    if (*len > 0) {
        name[(*len)++] = '.';
    }
    for (size_t i = 0; i < size; i++) {
        if (label[i] <= ' ' || label[i] >= 0x7f || label[i] == '.') {
            return false;
        }
        name[(*len)++] = (char) label[i];
    }
    return true;
}

/// Reads a name from `at` on, as it is. Each pointer leads further back than the one before, so that this ends. Returns
/// where the name ends, where it began; 0: it is no good.
static size_t decode_name(const struct reader *reader, size_t at, char name[DNS_NAME_LEN]) {
    size_t len = 0, end = 0, limit = at;
    while (at < reader->len) {
        uint8_t byte = reader->message[at];
        if (byte == 0) {
            name[len] = '\0';
            return (end != 0) ? end : at + 1;
        }
        if (byte >> 6 == 3) {
            if (reader->len - at < 2) {
                return 0;
            }
            size_t target = get16(reader->message + at) & 0x3fff;
            end = (end != 0) ? end : at + 2;
            if (target >= limit) {
                return 0;
            }
            limit = at = target;
            continue;
        }
        if (byte > LABEL_MAX || reader->len - at <= byte
            || !append_label(name, &len, reader->message + at + 1, byte)) {
            return 0;
        }
        at += 1 + (size_t) byte;
    }
    return 0;
}

static void read_name(struct reader *reader, char name[DNS_NAME_LEN]) {
    size_t end = reader->broken ? 0 : decode_name(reader, reader->at, name);
    reader->broken = end == 0;
    reader->at = end;
}

static bool same_name(const char *a, const char *b) {
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

struct record {
    char name[DNS_NAME_LEN];
    uint16_t type, class;
    uint32_t ttl;
    size_t data, data_len;
};

static bool read_record(struct reader *reader, struct record *record) {
    read_name(reader, record->name);
    record->type = (uint16_t) read_number(reader, 2);
    record->class = (uint16_t) read_number(reader, 2);
    record->ttl = read_number(reader, 4);
    // RFC 2181, 8: more than this is 0.
    record->ttl = (record->ttl >> 31) ? 0 : record->ttl;
    record->data_len = read_number(reader, 2);
    record->data = reader->at;
    if (reader->broken || record->data_len > reader->len - reader->at) {
        return false;
    }
    reader->at += record->data_len;
    return record->class == CLASS_IN;
}

/// What an answer is looked through for: the aliases of a name, and the addresses of the last one.
struct search {
    struct reader records;
    unsigned count;
    uint16_t type;
    struct dns_answer *answer;
};

static void add_addr(struct search *search, const struct record *record) {
    struct dns_answer *answer = search->answer;
    const uint8_t *data = search->records.message + record->data;
    bool v4 = search->type == DNS_TYPE_A;
    if (record->data_len != (v4 ? 4 : IP_ADDR_LEN) || answer->num_addrs == DNS_ADDRS_MAX) {
        return;
    }
    struct ip_addr *addr = &answer->addrs[answer->num_addrs];
    if (v4) {
        *addr = ip_addr_from_v4(get32(data));
    } else {
        memcpy(addr->bytes, data, IP_ADDR_LEN);
    }
    answer->ttl = MIN(answer->ttl, record->ttl);
    answer->num_addrs++;
}

/// Goes through the records once: takes the addresses of `answer->name`, or replaces it by what it is an
/// alias of. True: it did.
static bool find_alias(struct search *search) {
    struct reader reader = search->records;
    struct record record;
    for (unsigned i = 0; i < search->count && !reader.broken; i++) {
        if (!read_record(&reader, &record) || !same_name(record.name, search->answer->name)) {
            continue;
        }
        if (record.type == search->type) {
            add_addr(search, &record);
        } else if (record.type == TYPE_CNAME && decode_name(&reader, record.data, record.name) != 0
                   && dns_name_normalize(record.name, search->answer->name)) {
            search->answer->ttl = MIN(search->answer->ttl, record.ttl);
            return true;
        }
    }
    return false;
}

/// How long it may be believed that there is nothing: RFC 2308, 5. Without a SOA record, not at all.
static uint32_t negative_ttl(struct reader *reader, unsigned count) {
    struct record record;
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        if (read_record(reader, &record) && record.type == TYPE_SOA && record.data_len >= 20) {
            uint32_t minimum = get32(reader->message + record.data + record.data_len - 4);
            return MIN(MIN(record.ttl, minimum), NEGATIVE_TTL_MAX);
        }
    }
    return 0;
}

static bool is_reply(struct reader *reader, uint16_t id, const char *name, uint16_t type,
                     uint32_t *flags, unsigned counts[2]) {
    char asked[DNS_NAME_LEN];
    uint16_t got_id = (uint16_t) read_number(reader, 2);
    *flags = read_number(reader, 2);
    uint32_t questions = read_number(reader, 2);
    counts[0] = MIN(read_number(reader, 2), RECORDS_MAX);
    counts[1] = MIN(read_number(reader, 2), RECORDS_MAX);
    (void) read_number(reader, 2);
    if (reader->broken || got_id != id || !(*flags & FLAG_REPLY) || (*flags & OPCODE_MASK) != 0) {
        return false;
    }
    if (questions == 0 && (*flags & RCODE_MASK) == RCODE_FORMAT) {
        return true;  // A server that knows no EDNS may repeat the header alone: RFC 6891, 7.
    }
    read_name(reader, asked);
    uint32_t got_type = read_number(reader, 2), class = read_number(reader, 2);
    return !reader->broken && questions == 1 && strcmp(asked, name) == 0 && got_type == type
           && class == CLASS_IN;
}

static void skip_records(struct reader *reader, unsigned count) {
    struct record record;
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        (void) read_record(reader, &record);
    }
}

enum dns_result dns_parse(const uint8_t *message, size_t len, uint16_t id, const char *name,
                          uint16_t type, struct dns_answer *answer) {
    struct reader reader = {message, len, 0, false};
    uint32_t flags;
    unsigned counts[2];
    answer->num_addrs = 0;
    answer->ttl = UINT32_MAX;
    if (!is_reply(&reader, id, name, type, &flags, counts)
        || !dns_name_normalize(name, answer->name)) {
        return DNS_NOT_OURS;
    }
    answer->cut = flags & FLAG_CUT;
    unsigned rcode = flags & RCODE_MASK;
    if (rcode != RCODE_OK && rcode != RCODE_NAME) {
        return DNS_BAD_SERVER;
    }
    struct search search = {reader, counts[0], type, answer};
    unsigned aliases = 0;
    while (find_alias(&search)) {
        answer->num_addrs = 0;
        if (++aliases > ALIASES_MAX) {
            return DNS_BAD_SERVER;
        }
    }
    if (answer->num_addrs > 0) {
        return DNS_ANSWER;
    }
    if (aliases > 0 && rcode == RCODE_OK) {
        return DNS_GO_ON;
    }
    skip_records(&reader, counts[0]);
    answer->ttl = negative_ttl(&reader, counts[1]);
    return DNS_NOTHING;
}
