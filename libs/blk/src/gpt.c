// GUID partition tables: UEFI Specification 2.10, section 5.3.

#include <endian.h>
#include <resea/printf.h>
#include <string.h>

#include "crc32.h"
#include "partition.h"

struct gpt_header {
    char signature[8];
    uint32_t revision;
    uint32_t header_size;
    uint32_t header_crc;
    uint32_t reserved;
    uint64_t my_lba;
    uint64_t alternate_lba;
    uint64_t first_usable;
    uint64_t last_usable;
    uint8_t disk_guid[16];
    uint64_t entries_lba;
    uint32_t num_entries;
    uint32_t entry_size;
    uint32_t entries_crc;
} __packed;

#define SIGNATURE       "EFI PART"
#define HEADER_SIZE_MIN 92
#define PRIMARY_LBA     1

#define NAME_LEN 36
struct gpt_entry {
    uint8_t type[16];
    uint8_t guid[16];
    uint64_t first;
    uint64_t last;
    uint64_t attributes;
    uint16_t name[NAME_LEN];  // UTF-16
} __packed;

/// The usual table has 128 entries of 128 bytes. One that is larger than this is taken for damaged.
#define ENTRIES_MAX 1024

STATIC_ASSERT(sizeof(struct gpt_header) == HEADER_SIZE_MIN, "as in the specification");
STATIC_ASSERT(sizeof(struct gpt_entry) == 128, "as in the specification");

static uint64_t num_entry_sectors(const struct partition_table *table,
                                  const struct gpt_header *header) {
    uint64_t bytes = (uint64_t) header->num_entries * header->entry_size;
    return (bytes + table->sector_size - 1) / table->sector_size;
}

static void from_disk(struct gpt_header *header) {
    header->header_size = from_le32(header->header_size);
    header->header_crc = from_le32(header->header_crc);
    header->my_lba = from_le64(header->my_lba);
    header->alternate_lba = from_le64(header->alternate_lba);
    header->first_usable = from_le64(header->first_usable);
    header->last_usable = from_le64(header->last_usable);
    header->entries_lba = from_le64(header->entries_lba);
    header->num_entries = from_le32(header->num_entries);
    header->entry_size = from_le32(header->entry_size);
    header->entries_crc = from_le32(header->entries_crc);
}

/// Whether the header in table->sector has the checksum that it says. Changes the sector.
static bool has_valid_crc(struct partition_table *table, const struct gpt_header *header) {
    if (header->header_size < HEADER_SIZE_MIN || header->header_size > table->sector_size) {
        return false;
    }
    memset(&table->sector[offsetof(struct gpt_header, header_crc)], 0, sizeof(header->header_crc));
    return crc32(0, table->sector, header->header_size) == header->header_crc;
}

static bool makes_sense(const struct partition_table *table, const struct gpt_header *header,
                        uint64_t lba) {
    // The specification: 128 times a power of two. Then entries don't straddle sectors.
    bool good_size = header->entry_size >= sizeof(struct gpt_entry)
                     && header->entry_size <= table->sector_size
                     && (header->entry_size & (header->entry_size - 1)) == 0;
    return good_size && header->my_lba == lba && header->num_entries <= ENTRIES_MAX
           && header->first_usable <= header->last_usable
           && header->last_usable < table->disk_sectors && header->entries_lba > PRIMARY_LBA
           && header->entries_lba < table->disk_sectors
           && num_entry_sectors(table, header) <= table->disk_sectors - header->entries_lba;
}

static bool read_header(struct partition_table *table, uint64_t lba, struct gpt_header *header) {
    if (IS_ERROR(partition_read_sector(table, lba))) {
        return false;
    }
    memcpy(header, table->sector, sizeof(*header));
    from_disk(header);
    return memcmp(header->signature, SIGNATURE, sizeof(header->signature)) == 0
           && has_valid_crc(table, header) && makes_sense(table, header, lba);
}

static bool check_entries(struct partition_table *table, const struct gpt_header *header) {
    uint64_t left = (uint64_t) header->num_entries * header->entry_size;
    uint32_t crc = 0;
    for (uint64_t i = 0; left > 0; i++) {
        if (IS_ERROR(partition_read_sector(table, header->entries_lba + i))) {
            return false;
        }
        size_t len = MIN(left, (uint64_t) table->sector_size);
        crc = crc32(crc, table->sector, len);
        left -= len;
    }
    return crc == header->entries_crc;
}

static bool read_table(struct partition_table *table, uint64_t lba, struct gpt_header *header) {
    return read_header(table, lba, header) && check_entries(table, header);
}

static bool is_used(const struct gpt_entry *entry) {
    static const uint8_t unused[sizeof(entry->type)];
    return memcmp(entry->type, unused, sizeof(unused)) != 0;
}

static void get_label(const struct gpt_entry *entry, char label[BLK_LABEL_LEN]) {
    size_t len = 0;
    for (int i = 0; i < NAME_LEN && entry->name[i] != 0; i++) {
        label_append(label, &len, from_le16(entry->name[i]));
    }
    label_end(label, len);
}

static void add_entry(struct partition_table *table, const struct gpt_header *header,
                      const struct gpt_entry *entry, unsigned number) {
    struct partition partition = {
        .first_sector = from_le64(entry->first),
        .kind = BLK_KIND_GPT_PARTITION,
        .number = number,
    };
    uint64_t last = from_le64(entry->last);
    if (partition.first_sector < header->first_usable || last > header->last_usable
        || last < partition.first_sector) {
        WARN("%s: partition %u isn't where partitions can be: left out", table->disk_name, number);
        return;
    }
    partition.num_sectors = last - partition.first_sector + 1;
    get_label(entry, partition.label);
    partition_add(table, &partition);
}

static void add_entries(struct partition_table *table, const struct gpt_header *header) {
    unsigned per_sector = table->sector_size / header->entry_size;
    for (unsigned i = 0; i < header->num_entries; i++) {
        if (i % per_sector == 0
            && IS_ERROR(partition_read_sector(table, header->entries_lba + i / per_sector))) {
            return;
        }
        struct gpt_entry entry;
        memcpy(&entry, &table->sector[i % per_sector * header->entry_size], sizeof(entry));
        if (is_used(&entry)) {
            add_entry(table, header, &entry, i + 1);
        }
    }
}

void gpt_scan(struct partition_table *table) {
    struct gpt_header primary, backup;
    if (read_table(table, PRIMARY_LBA, &primary)) {
        // On a disk that has grown, it isn't at the end.
        if (!read_header(table, primary.alternate_lba, &backup)) {
            WARN("%s: the second copy of the partition table is damaged", table->disk_name);
        }
        add_entries(table, &primary);
    } else if (read_table(table, table->disk_sectors - 1, &backup)) {
        WARN("%s: the partition table is damaged: using its second copy", table->disk_name);
        add_entries(table, &backup);
    } else {
        WARN("%s: both copies of the partition table are damaged", table->disk_name);
    }
}
