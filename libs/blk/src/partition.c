// Master boot records, and what all kinds of tables have in common.
//
// The MBR's layout is from the UEFI Specification 2.10, section 5.2.1; extended partitions and their chain of boot records
// are as fdisk and sfdisk make them.

#include "partition.h"

#include <endian.h>
#include <resea/printf.h>
#include <string.h>

struct mbr_entry {
    uint8_t status;
    uint8_t first_chs[3];
    uint8_t type;
    uint8_t last_chs[3];
    uint32_t first;
    uint32_t count;
} __packed;

#define ENTRIES          4
#define ENTRIES_OFFSET   446
#define SIGNATURE_OFFSET 510

#define STATUS_ACTIVE 0x80

#define TYPE_EMPTY          0x00
#define TYPE_EXTENDED       0x05
#define TYPE_EXTENDED_LBA   0x0f
#define TYPE_EXTENDED_LINUX 0x85
#define TYPE_PROTECTIVE     0xee

/// The first number of a logical partition.
#define FIRST_LOGICAL 5

// A volume that fills a disk begins with a boot sector that looks like an MBR (FAT specification, section 3.1).
#define BOOT_JUMP_SHORT   0xeb
#define BOOT_JUMP_NEAR    0xe9
#define FAT_NAME_OFFSET   54
#define FAT32_NAME_OFFSET 82

error_t partition_read_sector(struct partition_table *table, uint64_t sector) {
    if (sector >= table->disk_sectors) {
        return ERR_INVALID_ARG;
    }
    error_t err = table->read(table->arg, sector, table->sector);
    if (IS_ERROR(err)) {
        WARN("%s: can't read sector %llu, where partitions are described", table->disk_name,
             (unsigned long long) sector);
    }
    return err;
}

static bool overlaps(const struct partition *a, const struct partition *b) {
    return a->first_sector < b->first_sector + b->num_sectors
           && b->first_sector < a->first_sector + a->num_sectors;
}

static const char *find_problem(const struct partition_table *table,
                                const struct partition *partition) {
    if (partition->num_sectors == 0 || partition->first_sector == 0) {
        return "is empty, or where the table is";
    }
    if (partition->first_sector >= table->disk_sectors
        || partition->num_sectors > table->disk_sectors - partition->first_sector) {
        return "isn't all on the disk";
    }
    for (size_t i = 0; i < table->num_partitions; i++) {
        if (overlaps(partition, &table->partitions[i])) {
            return "has sectors that another one has";
        }
    }
    return (table->num_partitions == PARTITIONS_MAX) ? "is one too many" : NULL;
}

void partition_add(struct partition_table *table, const struct partition *partition) {
    const char *problem = find_problem(table, partition);
    if (problem != NULL) {
        WARN("%s: partition %u %s: left out", table->disk_name, partition->number, problem);
        return;
    }
    table->partitions[table->num_partitions] = *partition;
    table->num_partitions++;
}

void label_append(char label[BLK_LABEL_LEN], size_t *len, unsigned character) {
    if (*len < BLK_LABEL_LEN - 1) {
        bool printable = character >= ' ' && character <= '~';
        label[*len] = printable ? (char) character : '?';
        (*len)++;
    }
}

void label_end(char label[BLK_LABEL_LEN], size_t len) {
    while (len > 0 && label[len - 1] == ' ') {
        len--;
    }
    memset(&label[len], 0, BLK_LABEL_LEN - len);
}

static bool has_signature(const struct partition_table *table) {
    return table->sector[SIGNATURE_OFFSET] == 0x55 && table->sector[SIGNATURE_OFFSET + 1] == 0xaa;
}

static bool is_extended(const struct mbr_entry *entry) {
    return entry->type == TYPE_EXTENDED || entry->type == TYPE_EXTENDED_LBA
           || entry->type == TYPE_EXTENDED_LINUX;
}

/// Copies the table's entries out of the sector that was read last.
static void get_entries(const struct partition_table *table, struct mbr_entry entries[ENTRIES]) {
    memcpy(entries, &table->sector[ENTRIES_OFFSET], ENTRIES * sizeof(*entries));
    for (int i = 0; i < ENTRIES; i++) {
        entries[i].first = from_le32(entries[i].first);
        entries[i].count = from_le32(entries[i].count);
    }
}

static bool is_fat_volume(const uint8_t *sector) {
    return (sector[0] == BOOT_JUMP_SHORT || sector[0] == BOOT_JUMP_NEAR)
           && (memcmp(&sector[FAT_NAME_OFFSET], "FAT", 3) == 0
               || memcmp(&sector[FAT32_NAME_OFFSET], "FAT", 3) == 0);
}

/// Boot code where the table would be: then it is none.
static bool has_odd_status(const struct mbr_entry entries[ENTRIES]) {
    for (int i = 0; i < ENTRIES; i++) {
        if (entries[i].status & ~STATUS_ACTIVE) {
            return true;
        }
    }
    return false;
}

static void add(struct partition_table *table, const struct mbr_entry *entry, uint64_t base,
                unsigned number) {
    struct partition partition = {
        .first_sector = base + entry->first,
        .num_sectors = entry->count,
        .kind = BLK_KIND_MBR_PARTITION,
        .type = entry->type,
        .number = number,
    };
    partition_add(table, &partition);
}

static bool is_inside(const struct mbr_entry *inner, uint64_t base, const struct mbr_entry *outer) {
    uint64_t first = base + inner->first;
    return first >= outer->first && first + inner->count <= (uint64_t) outer->first + outer->count;
}

/// Follows the chain of boot records in an extended partition. Each describes one logical partition, behind itself, and the
/// next one of the chain, from the extended partition's start on.
static void scan_extended(struct partition_table *table, const struct mbr_entry *extended) {
    uint64_t record = extended->first;
    for (unsigned i = 0; i < PARTITIONS_MAX; i++) {
        if (IS_ERROR(partition_read_sector(table, record)) || !has_signature(table)) {
            WARN("%s: the chain of logical partitions breaks off at sector %llu", table->disk_name,
                 (unsigned long long) record);
            return;
        }
        struct mbr_entry entries[ENTRIES];
        get_entries(table, entries);
        if (entries[0].type != TYPE_EMPTY && entries[0].first != 0
            && is_inside(&entries[0], record, extended)) {
            add(table, &entries[0], record, FIRST_LOGICAL + i);
        } else if (entries[0].type != TYPE_EMPTY) {
            WARN("%s: partition %u isn't in the extended one: left out", table->disk_name,
                 FIRST_LOGICAL + i);
        }
        if (entries[1].type == TYPE_EMPTY) {
            return;
        }
        record = (uint64_t) extended->first + entries[1].first;
    }
    WARN("%s: the chain of logical partitions doesn't end", table->disk_name);
}

static void scan_mbr(struct partition_table *table, const struct mbr_entry entries[ENTRIES]) {
    const struct mbr_entry *extended = NULL;
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (entries[i].type == TYPE_EMPTY) {
            continue;
        }
        if (!is_extended(&entries[i])) {
            add(table, &entries[i], 0, i + 1);
        } else if (extended == NULL) {
            extended = &entries[i];
        } else {
            WARN("%s: partition %u is a second extended one: left out", table->disk_name, i + 1);
        }
    }
    if (extended != NULL) {
        scan_extended(table, extended);
    }
}

void partition_scan(struct partition_table *table) {
    table->num_partitions = 0;
    if (IS_ERROR(partition_read_sector(table, 0)) || !has_signature(table)
        || is_fat_volume(table->sector)) {
        return;
    }
    struct mbr_entry entries[ENTRIES];
    get_entries(table, entries);
    if (has_odd_status(entries)) {
        return;
    }
    for (int i = 0; i < ENTRIES; i++) {
        if (entries[i].type == TYPE_PROTECTIVE) {
            gpt_scan(table);
            return;
        }
    }
    scan_mbr(table, entries);
}
