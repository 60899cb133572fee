#ifndef __TESTS_FORMAT_H__
#define __TESTS_FORMAT_H__

#include <stddef.h>
#include <stdint.h>

/// \file
/// Empty volumes for tests that have to do without mkfs.fat.

struct format {
    unsigned bits;
    uint32_t sector_len;
    uint32_t cluster_sectors;
    uint32_t num_clusters;
    uint32_t root_entries;  ///< 0 for FAT32.
    uint32_t num_tables;
};

/// How many bytes such a volume has.
size_t format_len(const struct format *format);
/// Makes it; `image` has that many bytes.
void format_volume(const struct format *format, uint8_t *image);

#endif
