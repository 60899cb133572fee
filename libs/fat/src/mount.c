// Mounting: what the boot sector says, and whether that can be true.

#include <resea/malloc.h>
#include <string.h>

#include "commit.h"
#include "entries.h"
#include "table.h"

/// Fields of the boot sector (the specification, "Boot Sector and BPB").
#define BPB_SECTOR_LEN      11
#define BPB_CLUSTER_SECTORS 13
#define BPB_RESERVED        14
#define BPB_NUM_TABLES      16
#define BPB_ROOT_ENTRIES    17
#define BPB_SECTORS_16      19
#define BPB_TABLE_LEN_16    22
#define BPB_SECTORS_32      32
#define BPB_STATE_16        37
#define BPB_LABEL_16        43
#define BPB_TABLE_LEN_32    36
#define BPB_FLAGS_32        40
#define BPB_VERSION_32      42
#define BPB_ROOT_32         44
#define BPB_INFO_32         48
#define BPB_STATE_32        65
#define BPB_LABEL_32        71
#define BPB_SIGNATURE       510
#define LABEL_LEN           11

/// In BPB_FLAGS_32: only one table is in use, and which one.
#define FLAG_NOT_MIRRORED 0x80
#define FLAG_ACTIVE       0x0f

#define STATE_DIRTY 0x01

/// The number of clusters decides which kind of volume it is, and nothing else ("FAT Type Determination").
#define CLUSTERS_MIN_16 4085
#define CLUSTERS_MIN_32 65525
#define CLUSTERS_MAX_32 0x0ffffff5u

#define INFO_LEAD_SIGNATURE   0x41615252u
#define INFO_SIGNATURE        0x61417272u
#define INFO_SIGNATURE_OFFSET 484
#define INFO_FREE             488
#define INFO_NEXT             492
#define INFO_LEN              512

/// The boot sector's fields, as numbers.
struct geometry {
    uint32_t sector_len;
    uint32_t cluster_sectors;
    uint32_t reserved;
    uint32_t num_tables;
    uint32_t root_entries;
    uint32_t table_sectors;
    uint64_t num_sectors;
    bool is_32;  ///< It has the fields of FAT32.
};

static bool is_power_of_two(uint32_t value) {
    return value != 0 && (value & (value - 1)) == 0;
}

static bool read_geometry(const uint8_t *boot, uint32_t device_sector, struct geometry *geometry) {
    uint32_t short_table = get16(boot + BPB_TABLE_LEN_16);
    uint32_t short_sectors = get16(boot + BPB_SECTORS_16);
    *geometry = (struct geometry){
        .sector_len = get16(boot + BPB_SECTOR_LEN),
        .cluster_sectors = boot[BPB_CLUSTER_SECTORS],
        .reserved = get16(boot + BPB_RESERVED),
        .num_tables = boot[BPB_NUM_TABLES],
        .root_entries = get16(boot + BPB_ROOT_ENTRIES),
        .table_sectors = (short_table != 0) ? short_table : get32(boot + BPB_TABLE_LEN_32),
        .num_sectors = (short_sectors != 0) ? short_sectors : get32(boot + BPB_SECTORS_32),
        .is_32 = short_table == 0};
    return get16(boot + BPB_SIGNATURE) == 0xaa55 && is_power_of_two(geometry->sector_len)
           && geometry->sector_len >= device_sector && geometry->sector_len <= BLKCACHE_BLOCK_LEN
           && is_power_of_two(geometry->cluster_sectors) && geometry->reserved > 0
           && geometry->num_tables > 0 && geometry->table_sectors > 0
           && geometry->is_32 == (geometry->root_entries == 0);
}

/// Where the parts of the volume are. ERR_NOT_ACCEPTABLE: they can't be there.
static error_t __mustuse lay_out(struct fat *fat, const struct geometry *geometry) {
    uint64_t sector_len = geometry->sector_len;
    uint64_t root_len = (uint64_t) geometry->root_entries * ENTRY_LEN;
    uint64_t root_sectors = (root_len + sector_len - 1) / sector_len;
    uint64_t tables = (uint64_t) geometry->num_tables * geometry->table_sectors;
    uint64_t data = geometry->reserved + tables + root_sectors;
    const struct blkcache_device *device = &fat->cache->device;
    uint64_t device_len = device->num_sectors * device->sector_size;
    if (data >= geometry->num_sectors || geometry->num_sectors > device_len / sector_len) {
        return ERR_NOT_ACCEPTABLE;
    }
    uint64_t clusters = (geometry->num_sectors - data) / geometry->cluster_sectors;
    fat->bits = geometry->is_32                ? 32
                : (clusters < CLUSTERS_MIN_16) ? 12
                : (clusters < CLUSTERS_MIN_32) ? 16
                                               : 0;
    if (fat->bits == 0 || clusters == 0 || clusters > CLUSTERS_MAX_32
        || geometry->table_sectors * sector_len * 8 / fat->bits < clusters + FIRST_CLUSTER) {
        return ERR_NOT_ACCEPTABLE;
    }
    fat->num_clusters = (uint32_t) clusters;
    fat->cluster_bytes = geometry->cluster_sectors * geometry->sector_len;
    fat->cluster_shift = (unsigned) __builtin_ctz(fat->cluster_bytes);
    fat->table = geometry->reserved * sector_len;
    fat->fixed_root = (geometry->reserved + tables) * sector_len;
    fat->fixed_root_entries = geometry->root_entries;
    fat->data = data * sector_len;
    return OK;
}

/// The other tables are written as the first one is. FAT32 may have just one of several in use.
static error_t __mustuse choose_table(struct fat *fat, const struct geometry *geometry,
                                      const uint8_t *boot) {
    unsigned flags = geometry->is_32 ? get16(boot + BPB_FLAGS_32) : 0;
    uint64_t table_len = (uint64_t) geometry->table_sectors * geometry->sector_len;
    if (flags & FLAG_NOT_MIRRORED) {
        if ((flags & FLAG_ACTIVE) >= geometry->num_tables) {
            return ERR_NOT_ACCEPTABLE;
        }
        fat->table += (flags & FLAG_ACTIVE) * table_len;
        return OK;
    }
    blkcache_mirror(fat->cache, CLASS_TABLE, table_len / fat->cache->device.sector_size,
                    geometry->num_tables - 1);
    return OK;
}

/// The fields of FAT32 alone.
static error_t __mustuse read_32(struct fat *fat, const struct geometry *geometry,
                                 const uint8_t *boot) {
    fat->root_cluster = get32(boot + BPB_ROOT_32);
    if (get16(boot + BPB_VERSION_32) != 0 || !is_cluster(fat, fat->root_cluster)) {
        return ERR_NOT_ACCEPTABLE;
    }
    uint32_t info = get16(boot + BPB_INFO_32);
    if (info > 0 && info < geometry->reserved) {
        fat->info = (uint64_t) info * geometry->sector_len;
    }
    return OK;
}

/// FSInfo is believed if the volume was left clean: counting takes long. If it isn't FSInfo, we leave it alone.
static error_t __mustuse read_info(struct fat *fat) {
    const uint8_t *info;
    if (fat->info == 0) {
        return OK;
    }
    error_t err = blkcache_get(fat->cache, fat->info, &info);
    if (err != OK) {
        return err;
    }
    if (get32(info) != INFO_LEAD_SIGNATURE
        || get32(info + INFO_SIGNATURE_OFFSET) != INFO_SIGNATURE) {
        fat->info = 0;
        return OK;
    }
    fat->hint = get32(info + INFO_NEXT);
    fat->num_free = get32(info + INFO_FREE);
    fat->num_free_known = !fat->was_dirty && fat->num_free <= fat->num_clusters;
    return OK;
}

static error_t __mustuse read_boot_sector(struct fat *fat) {
    const uint8_t *boot;
    struct geometry geometry;
    error_t err = blkcache_get(fat->cache, 0, &boot);
    if (err != OK) {
        return err;
    }
    if (!read_geometry(boot, fat->cache->device.sector_size, &geometry)) {
        return ERR_NOT_ACCEPTABLE;
    }
    err = lay_out(fat, &geometry);
    if (err == OK) {
        err = choose_table(fat, &geometry, boot);
    }
    if (err == OK && geometry.is_32) {
        err = read_32(fat, &geometry, boot);
    }
    fat->state = geometry.is_32 ? BPB_STATE_32 : BPB_STATE_16;
    fat->was_dirty = (boot[fat->state] & STATE_DIRTY) != 0;
    memcpy(fat->label, boot + (geometry.is_32 ? BPB_LABEL_32 : BPB_LABEL_16), LABEL_LEN);
    return err;
}

/// The label is in the root directory; the boot sector has a copy that many don't keep up to date.
static void find_label(struct fat *fat) {
    struct cursor cursor;
    const uint8_t *entry;
    error_t err = cursor_init(&cursor, fat, 0, 0);
    while (err == OK) {
        err = cursor_next(&cursor, &entry);
        if (err != OK || entry[0] == MARK_END) {
            break;
        }
        unsigned attributes = entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_MASK;
        if (entry[0] != MARK_DELETED && attributes != ATTRIBUTE_LONG
            && (attributes & ATTRIBUTE_VOLUME)) {
            memcpy(fat->label, entry, LABEL_LEN);
            break;
        }
    }
    for (int i = 0; i < LABEL_LEN; i++) {
        fat->label[i] = (fat->label[i] < ' ' || fat->label[i] > '~') ? '?' : fat->label[i];
    }
    for (int i = LABEL_LEN; i > 0 && fat->label[i - 1] == ' '; i--) {
        fat->label[i - 1] = '\0';
    }
    if (strcmp(fat->label, "NO NAME") == 0) {
        fat->label[0] = '\0';
    }
}

static error_t __mustuse read_volume(struct fat *fat) {
    error_t err = read_boot_sector(fat);
    if (err != OK) {
        return err;
    }
    fat->was_dirty |= !table_is_clean(fat);
    fat->is_marked = fat->was_dirty;
    err = read_info(fat);
    if (err == OK) {
        find_label(fat);
    }
    return err;
}

error_t fat_mount(struct fat **mounted, struct blkcache *cache, const struct fat_options *options) {
    struct fat *fat = malloc(sizeof(*fat));
    if (fat == NULL) {
        return ERR_NO_MEMORY;
    }
    *fat = (struct fat){.cache = cache,
                        .now = options->now,
                        .read_only = options->read_only,
                        .hint = FIRST_CLUSTER};
    error_t err = read_volume(fat);
    if (err != OK) {
        free(fat);
        return err;
    }
    *mounted = fat;
    return OK;
}

error_t fat_unmount(struct fat *fat) {
    if (fat->nodes != NULL) {
        return ERR_IN_USE;
    }
    error_t err = fat_sync(fat);
    if (err == OK) {
        fat_discard(fat);
    }
    return err;
}

void fat_discard(struct fat *fat) {
    while (fat->nodes != NULL) {
        struct fat_node *node = fat->nodes;
        fat->nodes = node->next;
        free(node);
    }
    free(fat);
}

error_t fat_info(struct fat *fat, struct fat_info *info) {
    error_t err = fat->num_free_known ? OK : table_count_free(fat);
    if (err != OK) {
        return err;
    }
    *info = (struct fat_info){
        .total_bytes = (uint64_t) fat->num_clusters << fat->cluster_shift,
        .free_bytes = (uint64_t) fat->num_free << fat->cluster_shift,
        .cluster_bytes = fat->cluster_bytes,
        .bits = fat->bits,
        .read_only = fat->read_only,
    };
    memcpy(info->label, fat->label, sizeof(info->label));
    return OK;
}
