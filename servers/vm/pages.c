#include "pages.h"

#include <resea/printf.h>

/// The page is somebody's.
#define ENTRY_USED (1u << 31)
/// The page's link belongs to the free list. A page of a run stays on the list while it is used,
/// and is skipped there: that is cheaper than a second link in every entry.
#define ENTRY_LISTED (1u << 30)
#define ENTRY_LINK   (ENTRY_LISTED - 1)

#define ENTRIES_PER_PAGE (PAGE_SIZE / sizeof(page_entry_t))

struct range {
    uint32_t first;  // Number of its first page.
    uint32_t num;
    paddr_t base;
};

static struct range ranges[BOOTINFO_NUM_RANGES];
static size_t num_ranges;
static page_entry_t *table;
static pages_grow_t grow_table;
/// Entries that exist, mapped.
static uint32_t num_entries;
/// The first page that nobody has used yet.
static uint32_t watermark;
/// One more than the last page's number.
static uint32_t end;
static uint32_t free_list;
/// Free pages below the watermark.
static uint32_t num_freed;

static struct range *range_of(uint32_t number) {
    for (size_t i = 0; i < num_ranges; i++) {
        if (number - ranges[i].first < ranges[i].num) {
            return &ranges[i];
        }
    }
    return NULL;
}

static paddr_t number_to_paddr(uint32_t number) {
    struct range *range = range_of(number);
    return range->base + (paddr_t) (number - range->first) * PAGE_SIZE;
}

/// Returns 0 if it isn't one of our pages.
static uint32_t paddr_to_number(paddr_t paddr) {
    for (size_t i = 0; i < num_ranges; i++) {
        paddr_t offset = paddr - ranges[i].base;
        if (paddr >= ranges[i].base && offset / PAGE_SIZE < ranges[i].num) {
            return ranges[i].first + offset / PAGE_SIZE;
        }
    }
    return 0;
}

/// Takes the page at the watermark, whether it has an entry yet or not.
static paddr_t take_untouched(void) {
    if (watermark == end) {
        return 0;
    }
    return number_to_paddr(watermark++);
}

/// Makes one more page of entries. The pages that this takes are the table's for ever.
static error_t add_entries(void) {
    // Pages that an attempt which failed took have no entry yet: they are marked now.
    uint32_t first_taken = MIN(watermark, num_entries);
    paddr_t page = take_untouched();
    if (!page) {
        return ERR_NO_MEMORY;
    }

    error_t err = grow_table(num_entries * sizeof(page_entry_t), page, take_untouched);
    if (IS_OK(err)) {
        num_entries += ENTRIES_PER_PAGE;
    }
    for (uint32_t i = first_taken; i < MIN(watermark, num_entries); i++) {
        table[i] |= ENTRY_USED;
    }
    return err;
}

/// Ensures that the `count` pages from the watermark on exist and have entries.
static error_t ensure_entries(size_t count) {
    while (num_entries < watermark + count) {
        error_t err = add_entries();
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return (end - watermark < count) ? ERR_NO_MEMORY : OK;
}

size_t pages_init(const struct bootinfo_range *boot_ranges, size_t num_boot_ranges,
                  page_entry_t *table_base, size_t max, pages_grow_t grow) {
    num_ranges = 0;
    num_entries = 0;
    free_list = 0;
    num_freed = 0;
    table = table_base;
    grow_table = grow;
    end = 1;
    watermark = 1;
    max = MIN(max, (size_t) ENTRY_LINK);
    for (size_t i = 0; i < MIN(num_boot_ranges, (size_t) BOOTINFO_NUM_RANGES); i++) {
        uint64_t base = ALIGN_UP(boot_ranges[i].base, PAGE_SIZE);
        uint64_t limit = ALIGN_DOWN(boot_ranges[i].base + boot_ranges[i].len, PAGE_SIZE);
        // Address 0 means "no page" here.
        base = MAX(base, (uint64_t) PAGE_SIZE);
        if (base >= limit || limit > UINTPTR_MAX || end >= max) {
            continue;
        }

        size_t num = MIN((size_t) ((limit - base) / PAGE_SIZE), max - end);
        ranges[num_ranges++] =
            (struct range){.first = end, .num = (uint32_t) num, .base = (paddr_t) base};
        end += (uint32_t) num;
    }
    return pages_total();
}

/// Returns the number of a free page from the free list, now off the list, or 0.
static uint32_t pop_freed(void) {
    while (free_list) {
        uint32_t number = free_list;
        bool used = table[number] & ENTRY_USED;
        free_list = table[number] & ENTRY_LINK;
        table[number] = used ? ENTRY_USED : 0;
        if (!used) {
            num_freed--;
            return number;
        }
    }
    return 0;
}

static void push_freed(uint32_t number) {
    if (!(table[number] & ENTRY_LISTED)) {
        table[number] = ENTRY_LISTED | free_list;
        free_list = number;
    }
    table[number] &= ~ENTRY_USED;
    num_freed++;
}

paddr_t page_alloc(struct page_list *owner) {
    uint32_t number = pop_freed();
    if (!number) {
        if (IS_ERROR(ensure_entries(1))) {
            return 0;
        }
        number = watermark++;
    }

    table[number] = ENTRY_USED | owner->first;
    owner->first = number;
    owner->count++;
    return number_to_paddr(number);
}

void page_move(struct page_list *from, struct page_list *to) {
    uint32_t number = from->first;
    from->first = table[number] & ENTRY_LINK;
    from->count--;
    table[number] = ENTRY_USED | to->first;
    to->first = number;
    to->count++;
}

void page_free_all(struct page_list *owner) {
    while (owner->first) {
        uint32_t number = owner->first;
        owner->first = table[number] & ENTRY_LINK;
        table[number] = ENTRY_USED;
        push_freed(number);
    }
    owner->count = 0;
}

/// Looks for `count` free pages in a row among those with the numbers [first, limit).
static uint32_t find_freed_run(uint32_t first, uint32_t limit, size_t count) {
    uint32_t run = 0;
    for (uint32_t i = first; i < limit; i++) {
        run = (table[i] & ENTRY_USED) ? 0 : run + 1;
        if (run == count) {
            return i + 1 - run;
        }
    }
    return 0;
}

static uint32_t alloc_freed_run(size_t count) {
    uint32_t number = 0;
    for (size_t i = 0; i < num_ranges && !number && num_freed >= count; i++) {
        uint32_t limit = MIN(ranges[i].first + ranges[i].num, watermark);
        number = find_freed_run(ranges[i].first, limit, count);
    }
    if (number) {
        num_freed -= count;
    }
    return number;
}

/// Tells whether some range still has `count` pages that nobody has used, with those that their
/// entries may take.
static bool has_untouched_run(size_t count) {
    size_t with_entries = count + count / (ENTRIES_PER_PAGE - 1) + 8;
    for (size_t i = 0; i < num_ranges; i++) {
        uint32_t limit = ranges[i].first + ranges[i].num;
        uint32_t first = MAX(ranges[i].first, watermark);
        if (first < limit && limit - first >= with_entries) {
            return true;
        }
    }
    return false;
}

/// Moves the watermark past `count` pages of one range. What is left of a range that is too small
/// goes to the free list.
static uint32_t alloc_untouched_run(size_t count) {
    if (!has_untouched_run(count)) {
        return 0;
    }

    while (IS_OK(ensure_entries(count))) {
        struct range *range = range_of(watermark);
        uint32_t limit = range->first + range->num;
        if (limit - watermark >= count) {
            watermark += count;
            return watermark - count;
        }
        // One at a time: the table may need to grow on the way.
        push_freed(watermark++);
    }
    return 0;
}

paddr_t pages_alloc_run(size_t count) {
    uint32_t number = alloc_freed_run(count);
    if (!number) {
        number = alloc_untouched_run(count);
    }
    if (!number) {
        return 0;
    }

    for (size_t i = 0; i < count; i++) {
        table[number + i] |= ENTRY_USED;
    }
    return number_to_paddr(number);
}

void pages_free_run(paddr_t paddr, size_t num_pages) {
    // From the last one on: they will be taken in ascending order, and pages that follow each other are
    // copied from and to in one piece.
    for (size_t i = num_pages; i-- > 0;) {
        uint32_t number = paddr_to_number(paddr + i * PAGE_SIZE);
        ASSERT(number && number < watermark && (table[number] & ENTRY_USED));
        push_freed(number);
    }
}

size_t pages_total(void) {
    return end - 1;
}

size_t pages_free(void) {
    return num_freed + (end - watermark);
}

bool pages_is_ram(paddr_t paddr, size_t num_pages) {
    paddr_t last = paddr + (num_pages - 1) * PAGE_SIZE + (PAGE_SIZE - 1);
    for (size_t i = 0; i < num_ranges; i++) {
        paddr_t range_last = ranges[i].base + (paddr_t) ranges[i].num * PAGE_SIZE - 1;
        if (paddr <= range_last && last >= ranges[i].base) {
            return true;
        }
    }
    return false;
}
