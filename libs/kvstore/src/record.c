#include "record.h"

#include <string.h>

#define FNV_OFFSET 0x811c9dc5u
#define FNV_PRIME  0x01000193u

/// Four bits at a time: 64 bytes of table instead of 1 KiB.
static const uint32_t crc_table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

uint32_t crc32(uint32_t crc, const void *data, size_t len) {
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        // The analyzer loses track of words that are read byte by byte.
        crc ^= bytes[i];  // NOLINT(clang-analyzer-core.uninitialized.Assign)
        crc = (crc >> 4) ^ crc_table[crc & 15];
        crc = (crc >> 4) ^ crc_table[crc & 15];
    }
    return ~crc;
}

/// FNV-1a: heads are checked again and again, and this takes a fifth of a CRC's time.
static uint32_t checksum(uint32_t fields, const char *key, size_t key_len) {
    uint32_t sum = (FNV_OFFSET ^ fields) * FNV_PRIME;
    for (size_t i = 0; i < key_len; i++) {
        sum = (sum ^ (uint8_t) key[i]) * FNV_PRIME;
    }
    return (sum ^ (sum << 16)) & 0xffff0000u;
}

static uint32_t make_head(const struct record *record) {
    uint32_t fields =
        record->kind | ((uint32_t) record->key_len << 4) | ((uint32_t) record->value_len << 8);
    return fields | checksum(fields, record->key, record->key_len);
}

static uint32_t make_commit(const struct record *record, size_t place) {
    uint32_t start[] = {(uint32_t) place, make_head(record)};
    uint32_t crc = crc32(0, start, sizeof(start));
    crc = crc32(crc, record->key, record->key_len);
    crc = crc32(crc, record->value, record->value_len);
    // These two mean something else.
    return (crc == 0 || crc == WORD_BLANK) ? 1 : crc;
}

static uint8_t payload_byte(const struct record *record, size_t i) {
    if (i < record->key_len) {
        return (uint8_t) record->key[i];
    }
    i -= record->key_len;
    return (i < record->value_len) ? ((const uint8_t *) record->value)[i] : 0xff;
}

size_t record_words(size_t key_len, size_t value_len) {
    return RECORD_HEAD_WORDS + ALIGN_UP(key_len + value_len, sizeof(uint32_t)) / sizeof(uint32_t);
}

bool record_read(const uint32_t *words, size_t max, struct record *record) {
    uint32_t head = words[0];
    record->kind = head & 15;
    record->key_len = (head >> 4) & 15;
    record->value_len = (head >> 8) & 255;
    bool known =
        record->kind == RECORD_SET || record->kind == RECORD_DELETE || record->kind == RECORD_LOST;
    if (!known || record->key_len == 0 || record->value_len > KVSTORE_VALUE_MAX
        || record_words(record->key_len, record->value_len) > max) {
        return false;
    }

    record->key = (const char *) &words[RECORD_HEAD_WORDS];
    record->value = record->key + record->key_len;
    return head == make_head(record);
}

bool record_is_sound(const uint32_t *words, size_t place, const struct record *record) {
    return words[RECORD_COMMIT] == make_commit(record, place);
}

uint32_t record_make_word(const struct record *record, size_t place, size_t index) {
    if (index == 0) {
        return make_head(record);
    }
    if (index == RECORD_COMMIT) {
        return make_commit(record, place);
    }

    uint8_t bytes[sizeof(uint32_t)];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = payload_byte(record, (index - RECORD_HEAD_WORDS) * sizeof(bytes) + i);
    }
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

bool record_has_key(const struct record *record, const char *key, size_t key_len) {
    return record->key_len == key_len && memcmp(record->key, key, key_len) == 0;
}
