#include <endian.h>
#include <string.h>
#include <unittest.h>

#include "../src/crc32.h"
#include "../src/partition.h"

#define SECTORS 4096
#define SECTOR  512

/// What a scan may read at most: every logical partition has a sector, a table's copies have 1,024 entries at most.
#define READS_MAX 2000

static uint8_t disk[SECTORS * SECTOR];
static struct partition_table table;
static unsigned num_reads;
static uint64_t bad_sector;

static error_t read(void *arg, uint64_t sector, void *buf) {
    TEST_EXPECT_EQ(arg, disk);
    TEST_EXPECT_LT(sector, table.disk_sectors);
    num_reads++;
    if (sector == bad_sector) {
        return ERR_IO;
    }
    memcpy(buf, &disk[sector * table.sector_size], table.sector_size);
    return OK;
}

static void scan(void) {
    memset(&table, 0, sizeof(table));
    table.disk_name = "test0";
    table.disk_sectors = SECTORS;
    table.sector_size = SECTOR;
    table.read = read;
    table.arg = disk;
    num_reads = 0;
    partition_scan(&table);
    TEST_EXPECT_LE(num_reads, READS_MAX);
    // Whatever the disk says: what is found is on it, and has its sectors for itself.
    for (size_t i = 0; i < table.num_partitions; i++) {
        const struct partition *a = &table.partitions[i];
        TEST_EXPECT_GT(a->first_sector, 0);
        TEST_EXPECT_GT(a->num_sectors, 0);
        TEST_EXPECT_LE(a->num_sectors, SECTORS - a->first_sector);
        for (size_t k = 0; k < i; k++) {
            const struct partition *b = &table.partitions[k];
            TEST_EXPECT(a->first_sector >= b->first_sector + b->num_sectors
                        || b->first_sector >= a->first_sector + a->num_sectors);
        }
    }
}

static void begin(void) {
    memset(disk, 0, sizeof(disk));
    bad_sector = UINT64_MAX;
}

static void put16(size_t offset, uint16_t value) {
    value = into_le16(value);
    memcpy(&disk[offset], &value, sizeof(value));
}

static void put32(size_t offset, uint32_t value) {
    value = into_le32(value);
    memcpy(&disk[offset], &value, sizeof(value));
}

static void put64(size_t offset, uint64_t value) {
    value = into_le64(value);
    memcpy(&disk[offset], &value, sizeof(value));
}

/// An entry of the table in a sector.
static void put_entry(uint64_t sector, int index, uint8_t type, uint32_t first, uint32_t count) {
    size_t offset = sector * SECTOR + 446 + (size_t) index * 16;
    disk[offset + 4] = type;
    put32(offset + 8, first);
    put32(offset + 12, count);
    put16(sector * SECTOR + 510, 0xaa55);
}

static void expect_partition(size_t index, unsigned number, uint64_t first, uint64_t count) {
    TEST_EXPECT_GT(table.num_partitions, index);
    const struct partition *partition = &table.partitions[index];
    TEST_EXPECT_EQ(partition->number, number);
    TEST_EXPECT_EQ(partition->first_sector, first);
    TEST_EXPECT_EQ(partition->num_sectors, count);
}

TEST("a disk without a table has no partitions") {
    begin();
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
    // A volume that fills the disk: its boot sector isn't a table, whatever is where that would be.
    put_entry(0, 0, 0x0c, 100, 100);
    disk[0] = 0xeb;
    memcpy(&disk[54], "FAT16", 5);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
    disk[0] = 0;
    disk[446] = 0x42;
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
    disk[446] = 0x80;
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 1);
    bad_sector = 0;
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
}

TEST("primary and logical partitions") {
    begin();
    put_entry(0, 0, 0x0c, 64, 100);
    put_entry(0, 1, 0x05, 1000, 2000);
    put_entry(0, 3, 0x83, 3500, 596);
    put_entry(1000, 0, 0x83, 8, 92);
    put_entry(1000, 1, 0x05, 500, 400);
    put_entry(1500, 0, 0x82, 1, 399);
    put_entry(1500, 1, 0x05, 1200, 800);
    put_entry(2200, 0, 0x0b, 16, 784);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 5);
    expect_partition(0, 1, 64, 100);
    expect_partition(1, 4, 3500, 596);
    expect_partition(2, 5, 1008, 92);
    expect_partition(3, 6, 1501, 399);
    expect_partition(4, 7, 2216, 784);
    TEST_EXPECT_EQ(table.partitions[3].type, 0x82);
    TEST_EXPECT_EQ(table.partitions[3].kind, BLK_KIND_MBR_PARTITION);
}

TEST("partitions that can't be are left out, the others stay") {
    begin();
    put_entry(0, 0, 0x83, 100, SECTORS - 99);
    put_entry(0, 1, 0x83, 200, 100);
    put_entry(0, 2, 0x83, 299, 10);
    put_entry(0, 3, 0x83, UINT32_MAX, UINT32_MAX);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 1);
    expect_partition(0, 2, 200, 100);
    put_entry(0, 0, 0x83, 0, 100);
    put_entry(0, 2, 0x83, 400, 0);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 1);
}

TEST("a chain of logical partitions ends, even if it doesn't") {
    begin();
    put_entry(0, 0, 0x0f, 1000, 2000);
    // To itself.
    put_entry(1000, 0, 0x83, 8, 92);
    put_entry(1000, 1, 0x05, 0, 400);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 1);
    // Away from the disk.
    put_entry(1000, 1, 0x05, UINT32_MAX, 400);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 1);
    // A logical partition outside of the extended one.
    put_entry(1000, 0, 0x83, 1990, 92);
    put_entry(1000, 1, 0, 0, 0);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
    // Without a signature.
    put16(1000 * SECTOR + 510, 0);
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
}

// ---- GPT ----

#define ENTRIES        128
#define ENTRY_SIZE     128
#define FIRST          34
#define LAST           (SECTORS - 34)
#define BACKUP_LBA     (SECTORS - 1)
#define BACKUP_ENTRIES (SECTORS - 33)

static void put_gpt_entry(unsigned index, uint64_t first, uint64_t last, const char *name) {
    size_t offset = 2 * SECTOR + (size_t) index * ENTRY_SIZE;
    memset(&disk[offset], 0x5a, 16);
    put64(offset + 32, first);
    put64(offset + 40, last);
    for (size_t i = 0; name[i] != '\0'; i++) {
        put16(offset + 56 + 2 * i, (unsigned char) name[i]);
    }
}

/// Makes one of the headers right.
static void seal(uint64_t lba, uint64_t other, uint64_t entries) {
    size_t offset = lba * SECTOR;
    memcpy(&disk[offset], "EFI PART", 8);
    put32(offset + 8, 0x10000);
    put32(offset + 12, 92);
    put32(offset + 16, 0);
    put64(offset + 24, lba);
    put64(offset + 32, other);
    put64(offset + 40, FIRST);
    put64(offset + 48, LAST);
    put64(offset + 72, entries);
    put32(offset + 80, ENTRIES);
    put32(offset + 84, ENTRY_SIZE);
    put32(offset + 88, crc32(0, &disk[entries * SECTOR], ENTRIES * ENTRY_SIZE));
    put32(offset + 16, crc32(0, &disk[offset], 92));
}

static void seal_both(void) {
    memcpy(&disk[BACKUP_ENTRIES * SECTOR], &disk[2 * SECTOR], ENTRIES * ENTRY_SIZE);
    seal(1, BACKUP_LBA, 2);
    seal(BACKUP_LBA, 1, BACKUP_ENTRIES);
}

static void begin_gpt(void) {
    begin();
    put_entry(0, 0, 0xee, 1, SECTORS - 1);
    put_gpt_entry(0, 64, 127, "Boot");
    put_gpt_entry(2, 200, LAST, "Daten \xe4");
    seal_both();
}

static void expect_gpt(void) {
    TEST_EXPECT_EQ(table.num_partitions, 2);
    expect_partition(0, 1, 64, 64);
    expect_partition(1, 3, 200, LAST - 199);
    TEST_EXPECT_EQ(table.partitions[1].kind, BLK_KIND_GPT_PARTITION);
    TEST_EXPECT_STR_EQ(table.partitions[0].label, "Boot");
    TEST_EXPECT_STR_EQ(table.partitions[1].label, "Daten ?");
}

TEST("the checksum is the one that everybody uses") {
    TEST_EXPECT_EQ(crc32(0, "123456789", 9), 0xcbf43926);
    TEST_EXPECT_EQ(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

TEST("GPT partitions, by either copy of the table") {
    begin_gpt();
    scan();
    expect_gpt();
    // A byte of the first header; of the first copy of the entries; the sector can't be read.
    disk[SECTOR + 50]++;
    scan();
    expect_gpt();
    begin_gpt();
    disk[2 * SECTOR + 40]++;
    scan();
    expect_gpt();
    begin_gpt();
    bad_sector = 1;
    scan();
    expect_gpt();
    // The second copy doesn't matter then.
    begin_gpt();
    disk[BACKUP_LBA * SECTOR]++;
    scan();
    expect_gpt();
    disk[SECTOR]++;
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 0);
}

TEST("headers that make no sense are damaged, however right their checksums are") {
    static const struct {
        size_t offset;
        uint64_t value;
    } wrong[] = {
        {12, 91},         {12, 513},     {12, UINT32_MAX}, {24, 2},   {40, LAST + 1},
        {48, SECTORS},    {72, SECTORS}, {72, UINT64_MAX}, {72, 0},   {80, 1025},
        {80, UINT32_MAX}, {84, 0},       {84, 64},         {84, 192}, {84, 1024},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        begin_gpt();
        disk[BACKUP_LBA * SECTOR]++;
        if (wrong[i].offset == 12 || wrong[i].offset >= 80) {
            put32(SECTOR + wrong[i].offset, (uint32_t) wrong[i].value);
        } else {
            put64(SECTOR + wrong[i].offset, wrong[i].value);
        }
        put32(SECTOR + 16, 0);
        put32(SECTOR + 16, crc32(0, &disk[SECTOR], (wrong[i].offset == 12) ? 512 : 92));
        scan();
        TEST_EXPECT_EQ(table.num_partitions, 0);
    }
}

TEST("GPT partitions that can't be are left out") {
    begin_gpt();
    put_gpt_entry(1, 100, 150, "over the first");
    put_gpt_entry(3, 10, 40, "in the table");
    put_gpt_entry(4, 140, LAST + 1, "over the end");
    put_gpt_entry(5, 150, 149, "less than nothing");
    put_gpt_entry(6, 0, UINT64_MAX, "everything");
    put_gpt_entry(127, 130, 139, "the last one");
    seal_both();
    scan();
    TEST_EXPECT_EQ(table.num_partitions, 3);
    expect_partition(0, 1, 64, 64);
    expect_partition(1, 3, 200, LAST - 199);
    expect_partition(2, 128, 130, 10);
}

static uint32_t next_random(void) {
    static uint32_t state = 20;
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

/// Changes some bytes of what the tables are read from.
static void damage(void) {
    static const uint64_t places[] = {0, 1, 2, 1000, 1500, 2200, BACKUP_ENTRIES, BACKUP_LBA};
    unsigned num = 1 + next_random() % 6;
    for (unsigned i = 0; i < num; i++) {
        uint64_t sector = places[next_random() % (sizeof(places) / sizeof(places[0]))];
        size_t in_sector = (next_random() & 1) ? 446 + next_random() % 66 : next_random() % 128;
        disk[sector * SECTOR + in_sector] = (uint8_t) next_random();
    }
}

TEST("damage of any kind leaves partitions that can be") {
    for (int i = 0; i < 20000; i++) {
        begin_gpt();
        if (i % 2 == 0) {
            memset(&disk[446], 0, 64);
            put_entry(0, 0, 0x0c, 64, 100);
            put_entry(0, 1, 0x05, 1000, 2000);
            put_entry(1000, 0, 0x83, 8, 92);
            put_entry(1000, 1, 0x05, 500, 400);
            put_entry(1500, 0, 0x82, 1, 399);
            put_entry(1500, 1, 0x05, 1200, 800);
            put_entry(2200, 0, 0x0b, 16, 784);
        }
        damage();
        // So that damage gets behind the checksums, too.
        if (i % 4 == 1) {
            put32(SECTOR + 88, crc32(0, &disk[2 * SECTOR], ENTRIES * ENTRY_SIZE));
            put32(SECTOR + 16, 0);
            put32(SECTOR + 16, crc32(0, &disk[SECTOR], 92));
        }
        scan();
    }
}
