#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../pages.h"

/// Five pages: more than 2,800 pages need.
static uint8_t table[5 * PAGE_SIZE] __aligned(8);
/// Pages of the table, and two page tables for it.
#define TABLE_PAGES (4 + 2)

/// How many pages the next growth of the table takes for page tables.
static int kpages_needed;

static error_t grow(size_t offset, paddr_t page, paddr_t (*take)(void)) {
    TEST_EXPECT_NE(page, 0);
    for (; kpages_needed > 0; kpages_needed--) {
        if (!take()) {
            return ERR_NO_MEMORY;
        }
    }
    TEST_EXPECT(offset + PAGE_SIZE <= sizeof(table));
    memset(&table[offset], 0, PAGE_SIZE);
    return OK;
}

/// Two ranges, of 300 and 2500 pages.
static const struct bootinfo_range two_ranges[] = {
    {.base = 0x10000, .len = 300 * PAGE_SIZE},
    {.base = 0x1000000, .len = 2500 * PAGE_SIZE},
};

static void init(void) {
    // What is left there of another test must not matter.
    memset(table, 0xa5, sizeof(table));
    kpages_needed = 2;
    pages_init(two_ranges, 2, table, sizeof(table), grow);
}

TEST("all pages can be taken, each once, and come back") {
    init();
    TEST_EXPECT_EQ(pages_total(), 2800);
    TEST_EXPECT_EQ(pages_free(), 2800);

    static uint8_t seen[0x2000];
    memset(seen, 0, sizeof(seen));
    struct page_list list = {0};
    paddr_t paddr;
    while ((paddr = page_alloc(&list)) != 0) {
        TEST_EXPECT(IS_ALIGNED(paddr, PAGE_SIZE));
        TEST_EXPECT(pages_is_ram(paddr, 1));
        TEST_EXPECT_EQ(seen[paddr / PAGE_SIZE], 0);
        seen[paddr / PAGE_SIZE] = 1;
    }

    TEST_EXPECT_EQ(list.count, 2800 - TABLE_PAGES);
    TEST_EXPECT_EQ(pages_free(), 0);
    page_free_all(&list);
    TEST_EXPECT_EQ(list.count, 0);
    TEST_EXPECT_EQ(pages_free(), 2800 - TABLE_PAGES);
}

TEST("a run is contiguous and lies in one range") {
    init();
    paddr_t run = pages_alloc_run(400);
    TEST_EXPECT_EQ(run >= 0x1000000, true);
    TEST_EXPECT(run + 400 * PAGE_SIZE <= 0x1000000 + 2500 * PAGE_SIZE);
    // The first range was too small for it, but is not lost.
    paddr_t small = pages_alloc_run(100);
    TEST_EXPECT_LT(small, 0x1000000);
    TEST_EXPECT_EQ(pages_alloc_run(2500), 0);
    pages_free_run(run, 400);
    pages_free_run(small, 100);
    TEST_EXPECT_EQ(pages_alloc_run(400), run);
}

TEST("a run that can't be had takes nothing") {
    init();
    size_t free = pages_free();
    TEST_EXPECT_EQ(pages_alloc_run(2501), 0);
    TEST_EXPECT_EQ(pages_alloc_run((size_t) 1 << 40), 0);
    TEST_EXPECT_EQ(pages_free(), free);
}

TEST("a page that a run took isn't handed out, and is again later") {
    init();
    struct page_list list = {0};
    for (int i = 0; i < 20; i++) {
        page_alloc(&list);
    }
    page_free_all(&list);
    paddr_t run = pages_alloc_run(20);
    for (int i = 0; i < 50; i++) {
        paddr_t paddr = page_alloc(&list);
        TEST_EXPECT(paddr < run || paddr >= run + 20 * PAGE_SIZE);
    }
    size_t free = pages_free();
    pages_free_run(run, 20);
    TEST_EXPECT_EQ(pages_free(), free + 20);
    bool found = false;
    paddr_t paddr;
    while ((paddr = page_alloc(&list)) != 0) {
        found |= paddr == run;
    }
    TEST_EXPECT(found);
}

/// Takes pages for some owners in turn: what each gets is one row, but for the ends of groups.
static void expect_rows(struct page_list *owners, size_t num_owners, size_t num_pages) {
    paddr_t last[8] = {0};
    size_t breaks[8] = {0};
    for (size_t i = 0; i < num_pages * num_owners; i++) {
        size_t k = i % num_owners;
        paddr_t paddr = page_alloc(&owners[k]);
        TEST_EXPECT_NE(paddr, 0);
        breaks[k] += paddr != last[k] + PAGE_SIZE;
        last[k] = paddr;
    }
    for (size_t k = 0; k < num_owners; k++) {
        TEST_EXPECT_LE(breaks[k], (num_pages + 15) / 16 + 1);
    }
}

TEST("pages of owners that take them in turn lie in rows, also when they are taken anew") {
    init();
    struct page_list owners[8] = {0};
    expect_rows(owners, 8, 40);
    for (size_t k = 0; k < 8; k += 2) {
        page_free_all(&owners[k]);
    }
    struct page_list more[4] = {0};
    expect_rows(more, 4, 40);
}

TEST("the last free page is anybody's") {
    init();
    struct page_list owners[8] = {0};
    expect_rows(owners, 8, 20);
    struct page_list other = {0};
    size_t free = pages_free();
    while (page_alloc(&other)) {}
    TEST_EXPECT_EQ(pages_free(), 0);
    TEST_EXPECT_GE(other.count, free - TABLE_PAGES);
}

TEST("a page can change its owner") {
    init();
    struct page_list a = {0}, b = {0};
    page_alloc(&a);
    page_alloc(&a);
    page_move(&a, &b);
    TEST_EXPECT_EQ(a.count, 1);
    TEST_EXPECT_EQ(b.count, 1);
    size_t free = pages_free();
    page_free_all(&a);
    page_free_all(&b);
    TEST_EXPECT_EQ(pages_free(), free + 2);
}

TEST("ranges that are no use are left out") {
    const struct bootinfo_range ranges[] = {
        {.base = 0, .len = 2 * PAGE_SIZE},    // Page 0 is not usable.
        {.base = 0x10800, .len = PAGE_SIZE},  // Not one whole page.
        {.base = 0x20000, .len = 0},
        {.base = UINT64_MAX - 100, .len = 200},   // Wraps around.
        {.base = 0x40001, .len = 3 * PAGE_SIZE},  // Two whole pages.
    };
    TEST_EXPECT_EQ(pages_init(ranges, 5, table, sizeof(table), grow), 3);
    TEST_EXPECT(pages_is_ram(PAGE_SIZE, 1));
    TEST_EXPECT(!pages_is_ram(0, 1));
    TEST_EXPECT(pages_is_ram(0, 2));
    TEST_EXPECT(pages_is_ram(0x41000, 1));
    TEST_EXPECT(!pages_is_ram(0x43000, 1000));
    TEST_EXPECT(!pages_is_ram(0x3f000, 1));
}

TEST("RAM beyond the table's room is left unused") {
    size_t total = pages_init(two_ranges, 2, table, PAGE_SIZE, grow);
    TEST_EXPECT_GT(total, 500);
    TEST_EXPECT_LT(total, 1000);
    struct page_list list = {0};
    while (page_alloc(&list)) {}
    TEST_EXPECT_EQ(pages_free(), 0);
}

TEST("without memory for the table there are no pages") {
    const struct bootinfo_range range = {.base = 0x10000, .len = 3 * PAGE_SIZE};
    pages_init(&range, 1, table, sizeof(table), grow);
    kpages_needed = 3;
    struct page_list list = {0};
    TEST_EXPECT_EQ(page_alloc(&list), 0);
    TEST_EXPECT_EQ(page_alloc(&list), 0);
    TEST_EXPECT_EQ(pages_alloc_run(1), 0);
}

// ---- Against a model that knows nothing but who has which page ----

#define MODEL_LISTS 4
#define MODEL_RUNS  16

struct run {
    paddr_t paddr;
    size_t len;
};

static uint8_t owners[0x2000];

static void own(paddr_t paddr, uint8_t owner) {
    TEST_EXPECT_EQ(owners[paddr / PAGE_SIZE], owner ? 0 : owners[paddr / PAGE_SIZE]);
    owners[paddr / PAGE_SIZE] = owner;
}

static void disown_all(uint8_t owner) {
    for (size_t i = 0; i < sizeof(owners); i++) {
        owners[i] = (owners[i] == owner) ? 0 : owners[i];
    }
}

static void alloc_or_free_run(struct run *run) {
    if (run->paddr) {
        for (size_t i = 0; i < run->len; i++) {
            own(run->paddr + i * PAGE_SIZE, 0);
        }
        pages_free_run(run->paddr, run->len);
        run->paddr = 0;
        return;
    }

    run->len = 1 + (size_t) random() % 60;
    run->paddr = pages_alloc_run(run->len);
    for (size_t i = 0; run->paddr && i < run->len; i++) {
        own(run->paddr + i * PAGE_SIZE, 0xff);
    }
}

TEST("no sequence of calls gives a page to two owners, or loses one") {
    init();
    memset(owners, 0, sizeof(owners));
    srandom(1);
    struct page_list lists[MODEL_LISTS] = {0};
    struct run runs[MODEL_RUNS] = {0};
    for (int step = 0; step < 200000; step++) {
        unsigned which = (unsigned) random() % MODEL_LISTS;
        switch (random() % 64) {
        case 0:
            page_free_all(&lists[which]);
            disown_all((uint8_t) (which + 1));
            break;
        case 1 ... 8:
            alloc_or_free_run(&runs[random() % MODEL_RUNS]);
            break;
        default: {
            paddr_t paddr = page_alloc(&lists[which]);
            if (paddr) {
                own(paddr, (uint8_t) (which + 1));
            }
        }
        }
    }

    for (int i = 0; i < MODEL_LISTS; i++) {
        page_free_all(&lists[i]);
    }
    for (int i = 0; i < MODEL_RUNS; i++) {
        if (runs[i].paddr) {
            pages_free_run(runs[i].paddr, runs[i].len);
        }
    }
    while (page_alloc(&lists[0])) {}
    TEST_EXPECT_EQ(lists[0].count, 2800 - TABLE_PAGES);
    TEST_EXPECT_EQ(pages_free(), 0);
}
