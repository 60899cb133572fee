#ifndef __RECORD_H__
#define __RECORD_H__

/// \file
/// A record, in words of the flash:
///
///     0     head: kind (bits 0 to 3), key_len (4 to 7), value_len (8 to 15), checksum of these and of
///           the key (16 to 31)
///     1     commit: the CRC-32 of all, written last. 0: the record was given up
///     2 …   the key, right behind it the value, padded with 0xff
///
/// The head is believed if its checksum is right: then kind and key are known, even if the value is
/// damaged. The CRC begins with the record's place, so that a value that looks like a record isn't
/// taken for one.

#include <kvstore.h>

#define RECORD_SET    0x5u
#define RECORD_DELETE 0xau
/// The key had a value, which was damaged.
#define RECORD_LOST 0x3u

/// The index of the word that is written last, and where the key begins.
#define RECORD_COMMIT     1
#define RECORD_HEAD_WORDS 2
#define WORD_BLANK        UINT32_MAX

/// Small: there are several of them on a small stack.
struct record {
    const char *key;  ///< Not terminated.
    const void *value;
    uint8_t kind;
    uint8_t key_len;
    uint8_t value_len;
};

/// Words that a record takes.
size_t record_words(size_t key_len, size_t value_len);

/// Reads the record at `words`, where `max` words are left in the page. False: there is none. Key and
/// value then point into the flash.
bool record_read(const uint32_t *words, size_t max, struct record *record);
/// Whether the value of a record that record_read has read is as it was written. `place` is its word's
/// index in the flash.
bool record_is_sound(const uint32_t *words, size_t place, const struct record *record);

/// Makes the words of a record one after another: word 0 to record_words() - 1.
uint32_t record_make_word(const struct record *record, size_t place, size_t index);

bool record_has_key(const struct record *record, const char *key, size_t key_len);

/// CRC-32 as in Ethernet (polynomial 0x04c11db7, reflected); begins with `crc` 0.
uint32_t crc32(uint32_t crc, const void *data, size_t len);

#endif
