#include "../prd.h"

#include <string.h>
#include <unittest.h>

static struct prd table[PRD_MAX];
static struct blk_disk disk = {.sector_size = 512};

static error_t fill(paddr_t paddr, const struct blk_segment *segments, unsigned num) {
    const struct blk_op op = {
        .disk = &disk, .paddr = paddr, .segments = segments, .num_pieces = num};
    memset(table, 0, sizeof(table));
    return prd_fill(table, &op);
}

static void expect(size_t index, uint32_t addr, uint16_t len, bool last) {
    TEST_EXPECT_EQ(table[index].addr, addr);
    TEST_EXPECT_EQ(table[index].len, len);
    TEST_EXPECT_EQ(table[index].flags, last ? PRD_LAST : 0);
}

TEST("pieces are described, and the last one is marked") {
    static const struct blk_segment segments[] = {{0, 8, 0}, {8, 1, 0x3000}};
    TEST_EXPECT_EQ(fill(0x100000, segments, 2), OK);
    expect(0, 0x100000, 4096, false);
    expect(1, 0x103000, 512, true);
}

TEST("no piece crosses a boundary of 64 KiB, and 64 KiB are written as 0") {
    static const struct blk_segment segments[] = {{0, 272, 0}};
    TEST_EXPECT_EQ(fill(0x10f000, segments, 1), OK);
    expect(0, 0x10f000, 0x1000, false);
    expect(1, 0x110000, 0, false);
    expect(2, 0x120000, 0, false);
    TEST_EXPECT_EQ(table[3].len, 0x1000);
    TEST_EXPECT_EQ(table[3].flags, PRD_LAST);
}

TEST("what the controller can't reach is refused, up to the last byte") {
    static const struct blk_segment segments[] = {{0, 8, 0}};
    TEST_EXPECT_EQ(fill(0xfffff000, segments, 1), OK);
    TEST_EXPECT_EQ(fill(0xfffff200, segments, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fill(0x100000000, segments, 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(fill(UINT64_MAX - 0xfff, segments, 1), ERR_INVALID_ARG);
}

TEST("more pieces than the table has room for are refused") {
    static const struct blk_segment segments[] = {{0, PRD_MAX * 128 + 1, 0}};
    TEST_EXPECT_EQ(fill(0x100000, segments, 1), ERR_INVALID_ARG);
}
