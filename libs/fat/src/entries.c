#include "entries.h"

#include <string.h>

#include "table.h"

static uint32_t entries_per_cluster(const struct fat *fat) {
    return fat->cluster_bytes / ENTRY_LEN;
}

/// The root directory of FAT32 is a chain as others are.
static uint32_t first_cluster(const struct fat *fat, uint32_t directory) {
    return (directory == 0 && fat->bits == 32) ? fat->root_cluster : directory;
}

error_t cursor_init(struct cursor *cursor, struct fat *fat, uint32_t directory, uint32_t index) {
    *cursor = (struct cursor){.fat = fat, .directory = directory, .index = index};
    if (index >= ENTRIES_MAX) {
        return ERR_END;
    }
    cursor->cluster = first_cluster(fat, directory);
    if (cursor->cluster == 0) {
        return OK;
    }
    if (!is_cluster(fat, cursor->cluster)) {
        return ERR_IO;
    }
    // At the beginning of a cluster, the cursor is still at the end of the one before.
    uint32_t steps = (index == 0) ? 0 : (index - 1) / entries_per_cluster(fat);
    for (uint32_t i = 0; i < steps; i++) {
        error_t err = table_next(fat, cursor->cluster, &cursor->cluster);
        if (err == OK && cursor->cluster == TABLE_END) {
            err = ERR_END;
        }
        if (err != OK) {
            return err;
        }
    }
    return OK;
}

static error_t __mustuse place_in_chain(struct cursor *cursor, uint64_t *place) {
    struct fat *fat = cursor->fat;
    uint32_t within = cursor->index % entries_per_cluster(fat);
    if (within == 0 && cursor->index > 0) {
        uint32_t next;
        error_t err = table_next(fat, cursor->cluster, &next);
        if (err != OK) {
            return err;
        }
        if (next == TABLE_END) {
            return ERR_END;
        }
        cursor->cluster = next;
    }
    *place = place_of(fat, cursor->cluster) + within * ENTRY_LEN;
    return OK;
}

error_t cursor_place(struct cursor *cursor, uint64_t *place) {
    struct fat *fat = cursor->fat;
    if (cursor->index >= ENTRIES_MAX) {
        return ERR_END;  // However long the chain is: it may lead into itself.
    }
    if (cursor->cluster != 0) {
        return place_in_chain(cursor, place);
    }
    *place = fat->fixed_root + (uint64_t) cursor->index * ENTRY_LEN;
    return (cursor->index < fat->fixed_root_entries) ? OK : ERR_END;
}

void cursor_skip(struct cursor *cursor) {
    cursor->index++;
    cursor->left = 0;
}

/// Entries that follow each other in one block of the cache, from `place` on.
static unsigned entries_at(const struct cursor *cursor, uint64_t place) {
    const struct fat *fat = cursor->fat;
    uint64_t left = (BLKCACHE_BLOCK_LEN - place % BLKCACHE_BLOCK_LEN) / ENTRY_LEN;
    uint32_t more = (cursor->cluster == 0)
                        ? fat->fixed_root_entries - cursor->index
                        : entries_per_cluster(fat) - cursor->index % entries_per_cluster(fat);
    return (unsigned) MIN(MIN(left, (uint64_t) more), (uint64_t) ENTRIES_MAX - cursor->index);
}

error_t cursor_next(struct cursor *cursor, const uint8_t **entry) {
    if (cursor->left == 0) {
        uint64_t place;
        error_t err = cursor_place(cursor, &place);
        if (err == OK) {
            err = blkcache_get(cursor->fat->cache, place, &cursor->data);
        }
        if (err != OK) {
            return err;
        }
        cursor->left = entries_at(cursor, place);
    }
    *entry = cursor->data;
    cursor->data += ENTRY_LEN;
    cursor->left--;
    cursor->index++;
    return OK;
}

error_t entries_init(struct entries *entries, struct fat *fat, uint32_t directory, uint32_t index) {
    entries->expected = 0;
    entries->is_whole = false;
    entries->num_pieces = 0;
    entries->free = (struct free_run){0, 0};
    memset(entries->numbers, 0, sizeof(entries->numbers));
    return cursor_init(&entries->cursor, fat, directory, index);
}

static void note_free(struct entries *entries, uint32_t index) {
    struct free_run *run = &entries->free;
    if (run->count > 0 && run->count < entries->needed && run->first + run->count == index) {
        run->count++;
    } else if (run->count < entries->needed) {
        *run = (struct free_run){index, 1};
    }
}

/// The pieces of long names in front of an entry have no name that they belong to, but for those from `first` on: a power cut,
/// or a system that knows no long names, has left them.
static void note_pieces(struct entries *entries, uint32_t index, uint32_t first) {
    for (uint32_t i = index - entries->num_pieces; i < first; i++) {
        note_free(entries, i);
    }
    entries->num_pieces = 0;
    entries->is_whole = false;
    entries->expected = 0;
}

/// One piece of a long name. The pieces come in reverse order: the last one has the highest ordinal.
static void take_piece(struct entries *entries, const uint8_t *entry, uint32_t index) {
    unsigned ordinal = entry[LONG_ORDINAL] & ~LONG_LAST;
    bool is_last = (entry[LONG_ORDINAL] & LONG_LAST) != 0;
    if (is_last) {
        entries->expected = ordinal;
        entries->checksum = entry[LONG_CHECKSUM];
        entries->long_first = index;
        entries->matches =
            entries->name != NULL && ordinal == (entries->name->len + LONG_PIECE - 1) / LONG_PIECE;
    }
    entries->is_whole = false;
    if (ordinal == 0 || ordinal > LONG_ENTRIES_MAX || ordinal != entries->expected
        || entry[LONG_CHECKSUM] != entries->checksum) {
        entries->expected = 0;
        return;
    }
    if (entries->matches) {
        entries->matches = name_has_piece(entries->name, ordinal, entry);
    }
    if (entries->units != NULL
        && !name_get_piece(entry, ordinal, is_last, entries->units, &entries->len)) {
        entries->expected = 0;
        return;
    }
    entries->expected--;
    entries->is_whole = entries->expected == 0;
}

/// Notes which aliases there are.
static void note_number(struct entries *entries, const uint8_t *entry) {
    unsigned number = short_number(entries->basis, entry);
    if (number > 0 && number <= NUMBERS_MAX && entries->index != entries->ignored) {
        entries->numbers[number / 8] |= (uint8_t) (1u << number % 8);
    }
}

/// The entry behind the pieces of a long name, or one without.
static void take_entry(struct entries *entries, const uint8_t *entry, uint32_t index) {
    bool has_long = entries->is_whole && short_checksum(entry) == entries->checksum;
    memcpy(entries->entry, entry, ENTRY_LEN);
    entries->index = index;
    entries->first = has_long ? entries->long_first : index;
    entries->long_len = (has_long && entries->units != NULL) ? entries->len : 0;
    entries->is_name = has_long && entries->matches;
    if (!entries->is_name && entries->name != NULL && entries->name->is_short) {
        entries->is_name = memcmp(entry, entries->name->short_name, SHORT_LEN) == 0;
    }
    if (entries->basis != NULL) {
        note_number(entries, entry);
    }
}

error_t entries_next(struct entries *entries) {
    while (true) {
        const uint8_t *entry;
        error_t err = cursor_next(&entries->cursor, &entry);
        if (err != OK) {
            note_pieces(entries, entries->cursor.index, entries->cursor.index);
            return err;
        }
        uint32_t index = entries->cursor.index - 1;
        if (entry[0] == MARK_END) {
            note_pieces(entries, index, index);
            entries->cursor.index = index;
            return ERR_END;
        }
        unsigned attributes = entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_MASK;
        if (entry[0] != MARK_DELETED && attributes == ATTRIBUTE_LONG) {
            take_piece(entries, entry, index);
            entries->num_pieces++;
            continue;
        }
        if (entry[0] != MARK_DELETED && !(attributes & ATTRIBUTE_VOLUME) && entry[0] != '.') {
            take_entry(entries, entry, index);
            note_pieces(entries, index, entries->first);
            return OK;
        }
        note_pieces(entries, index, index);
        if (entry[0] == MARK_DELETED) {
            note_free(entries, index);
        }
    }
}

uint64_t entries_place(const struct entries *entries) {
    const struct fat *fat = entries->cursor.fat;
    // The cursor has come as far as the cluster of the entry that was read last.
    uint32_t cluster = entries->cursor.cluster;
    return (cluster == 0)
               ? fat->fixed_root + (uint64_t) entries->index * ENTRY_LEN
               : place_of(fat, cluster)
                     + (uint64_t) (entries->index % entries_per_cluster(fat)) * ENTRY_LEN;
}
