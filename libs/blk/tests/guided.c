// What libFuzzer drives: disks with partition tables. The first byte of an input says what is done with the rest, a disk.

#include <resea/printf.h>
#include <stdlib.h>
#include <string.h>

#include "../src/crc32.h"
#include "../src/partition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
    MEND_CHECKSUMS = 0x01,  ///< No fuzzer makes a CRC right by chance.
    LONG_SECTORS = 0x02,    ///< 4 KiB.
    FAILING = 0x04,         ///< One sector can't be read.
};

/// What a scan may read at most: every logical partition has a sector, a table's copies have 1,024 entries at most.
#define READS_MAX 2500

// A GPT's header (UEFI Specification 2.10, section 5.3.2).
#define GPT_SIZE        12
#define GPT_CRC         16
#define GPT_ENTRIES     72
#define GPT_NUM_ENTRIES 80
#define GPT_ENTRY_SIZE  84
#define GPT_ENTRIES_CRC 88
#define GPT_SIZE_MIN    92

static struct partition_table table;
static uint8_t *disk;
static size_t disk_len;
static uint64_t bad_sector;
static unsigned num_reads;

/// Damage is told at length, and isn't of interest here.
void log_print(const char *kind, const char *fmt, ...) {
    (void) kind;
    (void) fmt;
}

static void expect(bool what) {
    if (!what) {
        abort();
    }
}

static error_t read(void *arg, uint64_t sector, void *buf) {
    (void) arg;
    expect(sector < table.disk_sectors && num_reads < READS_MAX);
    num_reads++;
    memcpy(buf, &disk[sector * table.sector_size], table.sector_size);
    return (sector == bad_sector) ? ERR_IO : OK;
}

static uint32_t get32(const uint8_t *p) {
    return p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
}

static void put32(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++, value >>= 8) {
        p[i] = (uint8_t) value;
    }
}

/// Makes the checksums in a header fit what is there.
static void mend(uint64_t sector) {
    uint8_t *header = &disk[sector * table.sector_size];
    uint64_t start = (uint64_t) get32(header + GPT_ENTRIES) * table.sector_size;
    uint64_t entries_len =
        (uint64_t) get32(header + GPT_NUM_ENTRIES) * get32(header + GPT_ENTRY_SIZE);
    uint32_t size = get32(header + GPT_SIZE);
    if (start <= disk_len && entries_len <= disk_len - start) {
        put32(header + GPT_ENTRIES_CRC, crc32(0, &disk[start], (size_t) entries_len));
    }
    if (size >= GPT_SIZE_MIN && size <= table.sector_size) {
        put32(header + GPT_CRC, 0);
        put32(header + GPT_CRC, crc32(0, header, size));
    }
}

/// Whatever the disk says: what is found is on it, and has its sectors for itself.
static void check(void) {
    expect(table.num_partitions <= PARTITIONS_MAX);
    for (size_t i = 0; i < table.num_partitions; i++) {
        const struct partition *a = &table.partitions[i];
        expect(a->first_sector > 0 && a->num_sectors > 0 && a->first_sector < table.disk_sectors
               && a->num_sectors <= table.disk_sectors - a->first_sector);
        expect(strnlen(a->label, sizeof(a->label)) < sizeof(a->label));
        for (size_t k = 0; k < i; k++) {
            const struct partition *b = &table.partitions[k];
            expect(a->first_sector >= b->first_sector + b->num_sectors
                   || b->first_sector >= a->first_sector + a->num_sectors);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    unsigned flags = (len > 0) ? data[0] : 0;
    uint32_t size = (flags & LONG_SECTORS) ? SECTOR_SIZE_MAX : 512;
    size_t sectors = (len + size - 1) / size;
    if (sectors == 0) {
        return 0;
    }
    disk_len = sectors * size;
    disk = calloc(sectors, size);
    memcpy(disk, data + 1, len - 1);
    table = (struct partition_table){
        .disk_name = "disk", .disk_sectors = sectors, .sector_size = size, .read = read};
    num_reads = 0;
    bad_sector = (flags & FAILING) ? data[len - 1] % sectors : UINT64_MAX;
    if (flags & MEND_CHECKSUMS) {
        mend(sectors - 1);
        mend((sectors > 1) ? 1 : 0);
    }
    partition_scan(&table);
    check();
    free(disk);
    return 0;
}
