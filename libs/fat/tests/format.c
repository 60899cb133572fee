#include "format.h"

#include <string.h>

#define MEDIA 0xf8

static void put(uint8_t *p, uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        p[i] = (uint8_t) value;
    }
}

static uint32_t reserved_sectors(const struct format *format) {
    return (format->bits == 32) ? 32 : 1;
}

static uint32_t table_sectors(const struct format *format) {
    uint64_t bytes = ((uint64_t) (format->num_clusters + 2) * format->bits + 7) / 8;
    return (uint32_t) ((bytes + format->sector_len - 1) / format->sector_len);
}

static uint32_t root_sectors(const struct format *format) {
    return (format->root_entries * 32 + format->sector_len - 1) / format->sector_len;
}

static uint32_t data_sector(const struct format *format) {
    return reserved_sectors(format) + format->num_tables * table_sectors(format)
           + root_sectors(format);
}

static uint32_t all_sectors(const struct format *format) {
    return data_sector(format) + format->num_clusters * format->cluster_sectors;
}

size_t format_len(const struct format *format) {
    return (size_t) all_sectors(format) * format->sector_len;
}

static void put_boot_sector(const struct format *format, uint8_t *boot) {
    memcpy(boot, "\xeb\x58\x90TESTS   ", 11);
    put(boot + 11, format->sector_len, 2);
    put(boot + 13, format->cluster_sectors, 1);
    put(boot + 14, reserved_sectors(format), 2);
    put(boot + 16, format->num_tables, 1);
    put(boot + 17, format->root_entries, 2);
    put(boot + 21, MEDIA, 1);
    put(boot + 32, all_sectors(format), 4);
    put(boot + 510, 0xaa55, 2);
    if (format->bits != 32) {
        put(boot + 22, table_sectors(format), 2);
        put(boot + 38, 0x29, 1);
        memcpy(boot + 43, "NO NAME    FAT     ", 19);
        return;
    }
    put(boot + 36, table_sectors(format), 4);
    put(boot + 44, 2, 4);
    put(boot + 48, 1, 2);
    put(boot + 50, 6, 2);
    put(boot + 66, 0x29, 1);
    memcpy(boot + 71, "NO NAME    FAT32   ", 19);
}

static void put_table(const struct format *format, uint8_t *table) {
    switch (format->bits) {
    case 12:
        put(table, 0xfffff00 | MEDIA, 3);
        break;
    case 16:
        put(table, 0xffffff00 | MEDIA, 4);
        break;
    default:
        put(table, 0x0fffff00 | MEDIA, 4);
        put(table + 4, 0x0fffffff, 4);
        put(table + 8, 0x0fffffff, 4);
    }
}

static void put_info(const struct format *format, uint8_t *info) {
    put(info, 0x41615252, 4);
    put(info + 484, 0x61417272, 4);
    put(info + 488, format->num_clusters - 1, 4);
    put(info + 492, 3, 4);
    put(info + 510, 0xaa55, 2);
}

void format_volume(const struct format *format, uint8_t *image) {
    memset(image, 0, format_len(format));
    put_boot_sector(format, image);
    for (uint32_t i = 0; i < format->num_tables; i++) {
        put_table(format, image
                              + (size_t) (reserved_sectors(format) + i * table_sectors(format))
                                    * format->sector_len);
    }
    if (format->bits == 32) {
        put_info(format, image + format->sector_len);
        memcpy(image + (size_t) 6 * format->sector_len, image, format->sector_len);
    }
}
