#ifndef __ENTRIES_H__
#define __ENTRIES_H__

/// \file
/// Walking through a directory.

#include "name.h"
#include "volume.h"

/// A place in a directory.
struct cursor {
    struct fat *fat;
    uint32_t directory;  ///< Its first cluster; 0: the root directory.
    uint32_t index;      ///< Of the entry that comes next.
    uint32_t
        cluster;  ///< Where that is, or that in front of it; 0: in FAT12's and FAT16's root directory.
    const uint8_t *data;  ///< Good until the next call of the cache.
    unsigned left;        ///< Entries at `data`.
};

/// From an entry on. ERR_END: the directory is shorter.
error_t __mustuse cursor_init(struct cursor *cursor, struct fat *fat, uint32_t directory,
                              uint32_t index);
/// Where the next entry is on the device. ERR_END: at the end of the directory's clusters.
error_t __mustuse cursor_place(struct cursor *cursor, uint64_t *place);
/// The entry that cursor_place has told is used.
void cursor_skip(struct cursor *cursor);
/// The next entry, good until the next call of the cache. ERR_END.
error_t __mustuse cursor_next(struct cursor *cursor, const uint8_t **entry);

/// Numbers of aliases that are noted.
#define NUMBERS_MAX 255

/// Free entries in a row.
struct free_run {
    uint32_t first, count;
};

/// A walk over the files and directories of a directory. What isn't marked as out is filled in by its owner.
struct entries {
    struct cursor cursor;
    const struct name *name;  ///< Which one is looked for; NULL: all.
    uint16_t *units;          ///< LONG_MAX units for the long name; NULL: nobody wants to know.
    unsigned
        needed;  ///< So many free entries in a row are looked for; pieces of nobody's name are free.
    const uint8_t
        *basis;  ///< The numbers of aliases with this basis are noted; NULL: nobody wants to know.
    uint32_t ignored;  ///< But not that of this entry; NO_INDEX: all count.

    uint8_t numbers[(NUMBERS_MAX + 8) / 8];  ///< Out: bit n: there is an alias with the number n.
    struct free_run free;  ///< Out: if count is `needed`, those are the first such.
    bool is_name;          ///< Out: this is the name that is looked for.
    unsigned long_len;     ///< Out: units of its long name; 0: it has none.
    uint32_t first,
        index;  ///< Out: the numbers of its first entry and of the last one, which has everything but the name.
    uint8_t entry[ENTRY_LEN];  ///< Out: that.

    // The long name that is being put together.
    unsigned expected;  ///< The ordinal that comes next; 0: none.
    uint8_t checksum;
    bool is_whole;  ///< All that was to come has come.
    bool matches;
    unsigned len;
    uint32_t long_first;
    uint32_t num_pieces;  ///< In a row, up to here, whether or not they make a name.
};

error_t __mustuse entries_init(struct entries *entries, struct fat *fat, uint32_t directory,
                               uint32_t index);
/// ERR_END: there are no more; `cursor.index` is where the directory's entries end. Volume labels, `.` and `..` are left out.
error_t __mustuse entries_next(struct entries *entries);
/// Where the last entry is on the device.
uint64_t entries_place(const struct entries *entries);

#endif
