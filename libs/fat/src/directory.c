#include "directory.h"

#include <string.h>

#include "commit.h"
#include "node.h"
#include "table.h"

/// How many other bases are tried when a directory has all aliases of the first one.
#define HASHED_BASES 16

error_t directory_find(struct fat *fat, uint32_t directory, const struct name *name,
                       struct entries *entries) {
    *entries = (struct entries){.name = name, .ignored = NO_INDEX};
    error_t err = entries_init(entries, fat, directory, 0);
    while (err == OK) {
        err = entries_next(entries);
        if (err == OK && entries->is_name) {
            return OK;
        }
    }
    return (err == ERR_END) ? ERR_NOT_FOUND : err;
}

error_t directory_prepare(struct fat *fat, uint32_t directory, uint32_t ignored,
                          struct place_for_name *place) {
    place->needs_number = false;
    if (place->name.is_short) {
        memcpy(place->alias, place->name.short_name, SHORT_LEN);
    } else {
        short_basis(&place->name, place->alias, &place->needs_number);
    }
    struct entries *entries = &place->entries;
    *entries = (struct entries){.name = &place->name,
                                .needed = name_long_entries(&place->name) + 1,
                                .basis = place->needs_number ? place->alias : NULL,
                                .ignored = ignored};
    error_t err = entries_init(entries, fat, directory, 0);
    while (err == OK) {
        err = entries_next(entries);
        if (err == OK && entries->is_name && entries->index != ignored) {
            return OK;
        }
    }
    return (err == ERR_END) ? ERR_NOT_FOUND : err;
}

/// The smallest number that no alias has; 0: all are taken.
static unsigned free_number(const struct entries *entries) {
    for (unsigned number = 1; number <= NUMBERS_MAX; number++) {
        if (!(entries->numbers[number / 8] & 1u << number % 8)) {
            return number;
        }
    }
    return 0;
}

error_t directory_choose_alias(struct fat *fat, uint32_t directory, struct place_for_name *place,
                               uint8_t *entry) {
    unsigned number = place->needs_number ? free_number(&place->entries) : 0;
    for (unsigned attempt = 0; place->needs_number && number == 0; attempt++) {
        if (attempt == HASHED_BASES) {
            return ERR_NO_SPACE;
        }
        short_hashed_basis(&place->name, attempt, place->alias);
        struct entries entries = {.basis = place->alias, .ignored = place->entries.ignored};
        error_t err = entries_init(&entries, fat, directory, 0);
        while (err == OK) {
            err = entries_next(&entries);
        }
        if (err != ERR_END) {
            return err;
        }
        number = free_number(&entries);
    }
    memcpy(entry, place->alias, SHORT_LEN);
    if (number != 0) {
        short_put_number(entry, number);
    }
    entry[ENTRY_CASE] = place->name.fits_short ? place->name.case_bits : 0;
    return OK;
}

error_t directory_new_cluster(struct fat *fat, uint32_t parent, uint32_t *cluster) {
    error_t err = table_extend(fat, 0, 1, cluster);
    if (err != OK) {
        return err;
    }
    uint8_t dots[2 * ENTRY_LEN] = {0};
    if (parent != NO_INDEX) {
        node_put_new(fat, dots, ATTRIBUTE_DIRECTORY, *cluster);
        node_put_new(fat, dots + ENTRY_LEN, ATTRIBUTE_DIRECTORY, parent);
        memcpy(dots, ".          ", SHORT_LEN);
        memcpy(dots + ENTRY_LEN, "..         ", SHORT_LEN);
    }
    err =
        blkcache_clear(fat->cache, place_of(fat, *cluster), fat->cluster_bytes, dots, sizeof(dots));
    if (err != OK) {
        error_t undone = table_free(fat, *cluster);
        return (undone == OK) ? err : undone;
    }
    return OK;
}

/// Gives a directory another cluster behind `last`.
static error_t __mustuse grow(struct fat *fat, uint32_t last) {
    if (last == 0) {
        return ERR_NO_SPACE;
    }
    uint32_t cluster;
    error_t err = directory_new_cluster(fat, NO_INDEX, &cluster);
    // It is cleared on the disk before anything there refers to it.
    return (err == OK) ? table_set(fat, last, cluster) : err;
}

/// Makes sure that there are `count` entries from `first` on.
static error_t __mustuse make_room(struct fat *fat, uint32_t directory, uint32_t first,
                                   unsigned count) {
    if (first + count > ENTRIES_MAX) {
        return ERR_NO_SPACE;
    }
    struct cursor cursor;
    error_t err = cursor_init(&cursor, fat, directory, first);
    while (err == OK && cursor.index < first + count) {
        uint64_t place;
        err = cursor_place(&cursor, &place);
        if (err == OK) {
            cursor_skip(&cursor);
        } else if (err == ERR_END) {
            err = grow(fat, cursor.cluster);
        }
    }
    return err;
}

static error_t __mustuse edit_next(struct cursor *cursor, uint64_t *place, uint8_t **entry) {
    error_t err = cursor_place(cursor, place);
    if (err == OK) {
        err = blkcache_edit(cursor->fat->cache, *place, ENTRY_LEN, CLASS_DIRECTORY, entry);
    }
    if (err == OK) {
        cursor_skip(cursor);
    }
    return (err == ERR_END) ? ERR_IO : err;
}

error_t directory_put(struct fat *fat, uint32_t directory, uint32_t first, const struct name *name,
                      const uint8_t *entry, struct location *added) {
    struct cursor cursor;
    error_t err = cursor_init(&cursor, fat, directory, first);
    unsigned ordinal = name_long_entries(name);
    *added = (struct location){directory, first, first + ordinal, 0};
    uint8_t checksum = short_checksum(entry), *slot;
    for (; err == OK && ordinal > 0; ordinal--) {
        err = edit_next(&cursor, &added->place, &slot);
        if (err == OK) {
            name_put_piece(name, ordinal, checksum, slot);
        }
    }
    if (err == OK) {
        err = edit_next(&cursor, &added->place, &slot);
    }
    if (err == OK) {
        memcpy(slot, entry, ENTRY_LEN);
    }
    return err;
}

/// The entries' end has moved: what comes behind it need not be zeroes already.
static error_t __mustuse put_end(struct fat *fat, uint32_t directory, uint32_t index) {
    struct cursor cursor;
    uint64_t place;
    error_t err = cursor_init(&cursor, fat, directory, index);
    if (err == OK) {
        err = cursor_place(&cursor, &place);
    }
    const uint8_t *entry;
    if (err == OK) {
        err = blkcache_get(fat->cache, place, &entry);
    }
    if (err == OK && entry[0] != MARK_END) {
        uint8_t *slot;
        err = blkcache_edit(fat->cache, place, 1, CLASS_DIRECTORY, &slot);
        if (err == OK) {
            *slot = MARK_END;
        }
    }
    return (err == ERR_END) ? OK : err;
}

error_t directory_add(struct fat *fat, uint32_t directory, const struct place_for_name *place,
                      const uint8_t *entry, struct location *added) {
    const struct entries *entries = &place->entries;
    unsigned needed = entries->needed;
    uint32_t end = entries->cursor.index, first = end;
    if (entries->free.count == needed || entries->free.first + entries->free.count == end) {
        first = (entries->free.count > 0) ? entries->free.first : end;
    }
    error_t err = make_room(fat, directory, first, needed);
    if (err == OK && first + needed > end) {
        err = put_end(fat, directory, first + needed);
    }
    return (err == OK) ? directory_put(fat, directory, first, &place->name, entry, added) : err;
}

error_t directory_remove(struct fat *fat, uint32_t directory, uint32_t first, uint32_t last) {
    struct cursor cursor;
    error_t err = cursor_init(&cursor, fat, directory, first);
    while (err == OK && cursor.index <= last) {
        uint64_t place;
        uint8_t *slot;
        err = edit_next(&cursor, &place, &slot);
        if (err == OK) {
            slot[0] = MARK_DELETED;
        }
    }
    return err;
}

error_t directory_check_empty(struct fat *fat, uint32_t directory) {
    struct entries entries = {.ignored = NO_INDEX};
    error_t err = entries_init(&entries, fat, directory, 0);
    if (err == OK) {
        err = entries_next(&entries);
    }
    return (err == OK) ? ERR_NOT_ACCEPTABLE : (err == ERR_END) ? OK : err;
}
