#ifndef __NAME_H__
#define __NAME_H__

/// \file
/// Names as they are on the disk: a short one of 8 + 3 characters, and, if that doesn't say it all, a long one in
/// entries of its own in front of it.

#include <types.h>

#define SHORT_LEN 11
#define BASE_LEN  8
/// UTF-16 units of a long name, and of one of its entries.
#define LONG_MAX         255
#define LONG_PIECE       13
#define LONG_ENTRIES_MAX ((LONG_MAX + LONG_PIECE - 1) / LONG_PIECE)

/// Fields of an entry (the specification, "FAT Directory Structure").
#define ENTRY_ATTRIBUTES  11
#define ENTRY_CASE        12
#define ENTRY_CREATE_TIME 14
#define ENTRY_CREATE_DATE 16
#define ENTRY_ACCESS_DATE 18
#define ENTRY_START_HIGH  20
#define ENTRY_WRITE_TIME  22
#define ENTRY_WRITE_DATE  24
#define ENTRY_START_LOW   26
#define ENTRY_SIZE        28

#define ATTRIBUTE_READ_ONLY 0x01
#define ATTRIBUTE_VOLUME    0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_ARCHIVE   0x20
#define ATTRIBUTE_LONG      0x0f
#define ATTRIBUTE_MASK      0x3f

/// In ENTRY_CASE: the name is to be shown in small letters (not in the specification; Windows NT and its successors).
#define CASE_BASE      0x08
#define CASE_EXTENSION 0x10

/// The first byte of an entry.
#define MARK_END     0x00  ///< It is free, and so are all that come behind it.
#define MARK_DELETED 0xe5
#define MARK_E5      0x05  ///< Stands for a first character of 0xe5.

/// Fields of an entry of a long name.
#define LONG_ORDINAL  0
#define LONG_LAST     0x40  ///< In the ordinal: this is the last piece, which comes first.
#define LONG_CHECKSUM 13

/// A name that somebody asks for.
struct name {
    uint16_t units[LONG_MAX];  ///< As it is to be shown.
    uint16_t upper[LONG_MAX];
    unsigned len;
    bool fits_short;  ///< `short_name` says it all, together with `case_bits`.
    bool
        is_short;  ///< `short_name` is what it would be as a short name, though the letters' cases may be lost.
    uint8_t case_bits;
    uint8_t short_name[SHORT_LEN];
};

/// ERR_INVALID_ARG: no name can be like that. ERR_TOO_LARGE.
error_t __mustuse name_parse(struct name *name, const char *utf8, size_t len);

/// Entries of its long name; 0: it needs none.
unsigned name_long_entries(const struct name *name);
/// Whether a piece of a long name (ordinal 1 is its beginning) is the same, whatever the letters' cases.
bool name_has_piece(const struct name *name, unsigned ordinal, const uint8_t *entry);
/// Makes an entry of its long name.
void name_put_piece(const struct name *name, unsigned ordinal, uint8_t checksum, uint8_t *entry);
/// Copies a piece of a long name; returns false if it is malformed. The last piece tells the name's length.
bool name_get_piece(const uint8_t *entry, unsigned ordinal, bool is_last, uint16_t *units,
                    unsigned *len);

uint8_t short_checksum(const uint8_t *short_name);
/// Of an entry, in UTF-8, with a NUL: 12 characters of up to 3 bytes.
#define SHORT_UTF8_LEN (12 * 3 + 1)
/// Returns its length, 0 if it is malformed.
size_t short_to_utf8(const uint8_t *entry, char utf8[SHORT_UTF8_LEN]);

/// What an alias for a long name begins with; `tail` becomes true if it needs a number.
void short_basis(const struct name *name, uint8_t alias[SHORT_LEN], bool *tail);
/// Another basis, for when all numbers of the first one are taken.
void short_hashed_basis(const struct name *name, unsigned attempt, uint8_t alias[SHORT_LEN]);
/// The number that a short name has, if it could be an alias with this basis; 0 if it couldn't.
unsigned short_number(const uint8_t *basis, const uint8_t *short_name);
/// Puts the number into a basis: NAME~1.
void short_put_number(uint8_t alias[SHORT_LEN], unsigned number);

#endif
