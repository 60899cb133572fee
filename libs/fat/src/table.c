#include "table.h"

#include "commit.h"

/// Bits of a FAT32 entry that have another meaning, and are kept (the specification, "FAT Data Structure").
#define RESERVED_BITS 0xf0000000u
/// Entry 1, bit 27 of FAT32 and 15 of FAT16: the volume was unmounted.
#define CLEAN_32 0x08000000u
#define CLEAN_16 0x8000u

static uint64_t entry_place(const struct fat *fat, uint32_t cluster) {
    switch (fat->bits) {
    case 12:
        return fat->table + cluster + cluster / 2;
    case 16:
        return fat->table + (uint64_t) cluster * 2;
    default:
        return fat->table + (uint64_t) cluster * 4;
    }
}

/// An entry of FAT12 may lie across two sectors, of which a power cut may leave one written and the other not: it would lead
/// into any other file. Such clusters are never allocated. There is about one for every 340.
static bool is_allocatable(const struct fat *fat, uint32_t cluster) {
    uint32_t size = fat->cache->device.sector_size;
    return fat->bits != 12 || entry_place(fat, cluster) % size != size - 1;
}

/// An entry of FAT12 may lie across two blocks, too.
static error_t __mustuse get_12(struct fat *fat, uint32_t cluster, uint32_t *raw) {
    uint64_t place = entry_place(fat, cluster);
    const uint8_t *data;
    error_t err = blkcache_get(fat->cache, place, &data);
    if (err != OK) {
        return err;
    }
    uint32_t low = data[0];
    err = blkcache_get(fat->cache, place + 1, &data);
    if (err == OK) {
        uint32_t both = low | (uint32_t) data[0] << 8;
        *raw = (cluster & 1) ? both >> 4 : both & 0xfff;
    }
    return err;
}

static error_t __mustuse get_raw(struct fat *fat, uint32_t cluster, uint32_t *raw) {
    if (fat->bits == 12) {
        return get_12(fat, cluster, raw);
    }
    const uint8_t *data;
    error_t err = blkcache_get(fat->cache, entry_place(fat, cluster), &data);
    if (err == OK) {
        *raw = (fat->bits == 16) ? get16(data) : get32(data);
    }
    return err;
}

static uint32_t meaning_of(const struct fat *fat, uint32_t raw) {
    uint32_t value = raw & ((fat->bits == 32) ? ~RESERVED_BITS : (1u << fat->bits) - 1);
    if (value == TABLE_FREE || is_cluster(fat, value)) {
        return value;
    }
    uint32_t max = TABLE_END & ((fat->bits == 32) ? ~0u : (1u << fat->bits) - 1);
    return (value >= max - 7) ? TABLE_END : TABLE_BAD;
}

error_t table_get(struct fat *fat, uint32_t cluster, uint32_t *value) {
    uint32_t raw = 0;
    error_t err = get_raw(fat, cluster, &raw);
    *value = meaning_of(fat, raw);
    return err;
}

error_t table_next(struct fat *fat, uint32_t cluster, uint32_t *next) {
    if (!is_cluster(fat, cluster)) {
        return ERR_IO;
    }
    error_t err = table_get(fat, cluster, next);
    if (err == OK && (*next == TABLE_FREE || *next == TABLE_BAD)) {
        err = ERR_IO;
    }
    return err;
}

/// One of the two bytes in which an entry of FAT12 is: the bits of `mask` become those of `value`.
static error_t __mustuse set_byte(struct fat *fat, uint64_t place, unsigned mask, unsigned value) {
    uint8_t *data;
    error_t err = blkcache_edit(fat->cache, place, 1, CLASS_TABLE, &data);
    if (err == OK) {
        *data = (uint8_t) ((*data & ~mask) | (value & mask));
    }
    return err;
}

static error_t __mustuse set_12(struct fat *fat, uint32_t cluster, uint32_t value) {
    uint64_t place = entry_place(fat, cluster);
    bool odd = cluster & 1;
    uint32_t both = odd ? value << 4 : value;
    error_t err = set_byte(fat, place, odd ? 0xf0 : 0xff, both);
    return (err == OK) ? set_byte(fat, place + 1, odd ? 0xff : 0x0f, both >> 8) : err;
}

static error_t __mustuse set_raw(struct fat *fat, uint32_t cluster, uint32_t value) {
    if (fat->bits == 12) {
        return set_12(fat, cluster, value & 0xfff);
    }
    uint8_t *data;
    error_t err =
        blkcache_edit(fat->cache, entry_place(fat, cluster), fat->bits / 8, CLASS_TABLE, &data);
    if (err == OK && fat->bits == 16) {
        put16(data, value);
    } else if (err == OK) {
        put32(data, (get32(data) & RESERVED_BITS) | (value & ~RESERVED_BITS));
    }
    return err;
}

error_t table_set(struct fat *fat, uint32_t cluster, uint32_t value) {
    return is_cluster(fat, cluster) ? set_raw(fat, cluster, value) : ERR_IO;
}

/// Looks through the entries of one block of FAT16 or FAT32: *cluster becomes the first free one, or the one behind the block.
static bool find_in_block(const struct fat *fat, const uint8_t *data, uint32_t *cluster,
                          uint32_t end) {
    unsigned len = fat->bits / 8;
    unsigned left =
        (unsigned) ((BLKCACHE_BLOCK_LEN - entry_place(fat, *cluster) % BLKCACHE_BLOCK_LEN) / len);
    uint32_t stop = MIN(end, *cluster + left);
    for (; *cluster < stop; (*cluster)++, data += len) {
        uint32_t raw = (len == 2) ? get16(data) : get32(data) & ~RESERVED_BITS;
        if (raw == TABLE_FREE) {
            return true;
        }
    }
    return false;
}

/// The first free cluster from `from` on, before `end`; `end` if there is none.
static error_t __mustuse find_free(struct fat *fat, uint32_t from, uint32_t end,
                                   uint32_t *cluster) {
    *cluster = from;
    while (*cluster < end) {
        if (fat->bits == 12) {
            uint32_t raw;
            error_t err = get_12(fat, *cluster, &raw);
            if (err != OK || (raw == TABLE_FREE && is_allocatable(fat, *cluster))) {
                return err;
            }
            (*cluster)++;
            continue;
        }
        const uint8_t *data;
        error_t err = blkcache_get(fat->cache, entry_place(fat, *cluster), &data);
        if (err != OK || find_in_block(fat, data, cluster, end)) {
            return err;
        }
    }
    return OK;
}

/// A free cluster: from the hint on, then from the beginning.
static error_t __mustuse find_any(struct fat *fat, uint32_t *cluster) {
    uint32_t end = FIRST_CLUSTER + fat->num_clusters;
    uint32_t from = is_cluster(fat, fat->hint) ? fat->hint : FIRST_CLUSTER;
    error_t err = find_free(fat, from, end, cluster);
    if (err == OK && *cluster == end) {
        err = find_free(fat, FIRST_CLUSTER, from, cluster);
        if (err == OK && *cluster == from) {
            err = ERR_NO_SPACE;
        }
    }
    return err;
}

/// Allocates one cluster behind `last`.
static error_t __mustuse extend_by_one(struct fat *fat, uint32_t last, uint32_t *cluster) {
    error_t err = commit_if_tight(fat);
    if (err == OK) {
        err = find_any(fat, cluster);
    }
    if (err == ERR_NO_SPACE && fat->num_pending > 0) {
        err = commit(fat);
        if (err == OK) {
            err = find_any(fat, cluster);
        }
    }
    if (err == OK) {
        err = table_set(fat, *cluster, TABLE_END);
    }
    if (err == OK && last != 0) {
        err = table_set(fat, last, *cluster);
    }
    if (err == OK) {
        fat->hint = *cluster + 1;
        fat->num_free -= fat->num_free > 0;
    }
    return err;
}

error_t table_extend(struct fat *fat, uint32_t last, uint32_t count, uint32_t *first) {
    if (fat->num_free_counted && count > fat->num_free && fat->num_pending == 0) {
        return ERR_NO_SPACE;
    }
    uint32_t end = last, cluster;
    *first = 0;
    for (uint32_t i = 0; i < count; i++) {
        error_t err = extend_by_one(fat, end, &cluster);
        if (err != OK) {
            // Nothing on the disk refers to them, so they can be freed at once.
            error_t undone = (last != 0) ? table_cut(fat, last) : table_free(fat, *first);
            return (undone == OK) ? err : undone;
        }
        *first = (i == 0) ? cluster : *first;
        end = cluster;
    }
    return OK;
}

error_t table_free(struct fat *fat, uint32_t first) {
    uint32_t cluster = first;
    // What was freed is free, so a chain that leads into itself ends there.
    while (is_cluster(fat, cluster)) {
        uint32_t next;
        error_t err = commit_table_if_tight(fat);
        if (err == OK) {
            err = table_get(fat, cluster, &next);
        }
        if (err != OK || next == TABLE_FREE) {
            return err;
        }
        err = blkcache_forget(fat->cache, place_of(fat, cluster), fat->cluster_bytes);
        if (err == OK) {
            err = table_set(fat, cluster, TABLE_FREE);
        }
        if (err != OK) {
            return err;
        }
        fat->num_free += is_allocatable(fat, cluster);
        cluster = next;
    }
    return OK;
}

error_t table_cut(struct fat *fat, uint32_t keep) {
    uint32_t next;
    error_t err = table_get(fat, keep, &next);
    if (err == OK && is_cluster(fat, next)) {
        err = table_set(fat, keep, TABLE_END);
        if (err == OK) {
            err = table_free(fat, next);
        }
    }
    return err;
}

error_t table_count_free(struct fat *fat) {
    uint32_t end = FIRST_CLUSTER + fat->num_clusters, count = 0, cluster = FIRST_CLUSTER;
    while (true) {
        error_t err = find_free(fat, cluster, end, &cluster);
        if (err != OK) {
            return err;
        }
        if (cluster == end) {
            break;
        }
        count++;
        cluster++;
    }
    fat->num_free = count;
    fat->num_free_known = fat->num_free_counted = true;
    return OK;
}

error_t table_mark(struct fat *fat, bool clean) {
    if (fat->bits == 12) {
        return OK;
    }
    uint32_t raw, bit = (fat->bits == 32) ? CLEAN_32 : CLEAN_16;
    error_t err = get_raw(fat, 1, &raw);
    if (err == OK && ((raw & bit) != 0) != clean) {
        err = set_raw(fat, 1, clean ? raw | bit : raw & ~bit);
    }
    return err;
}

bool table_is_clean(struct fat *fat) {
    uint32_t raw;
    return fat->bits == 12
           || (get_raw(fat, 1, &raw) == OK
               && (raw & ((fat->bits == 32) ? CLEAN_32 : CLEAN_16)) != 0);
}
