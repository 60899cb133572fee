#include "pages.h"

#include <list.h>
#include <resea/printf.h>

#define GROUP_PAGES 16
#define GROUP_FREE  ((1u << GROUP_PAGES) - 1)

/// An entry of the table. Zeroes are one whose pages are all used.
struct group {
    uint32_t links[GROUP_PAGES];  ///< Of a used page: the next one of its owner's.
    uint32_t free;                ///< A bit for each page.
    list_elem_t next;             ///< In `whole` or `broken`, if any page is free.
};

struct range {
    uint32_t first;  // Number of its first page.
    uint32_t num;
    paddr_t base;
};

static struct range ranges[BOOTINFO_NUM_RANGES];
static size_t num_ranges;
static struct group *table;
static pages_grow_t grow_table;
/// How much of the table is there, mapped.
static size_t table_len;
/// The first page that nobody has used yet.
static uint32_t watermark;
/// The watermark when it last moved past a group: those before it have an entry.
static uint32_t opened;
/// One more than the last page's number.
static uint32_t end;
/// Groups whose pages are all free, and those some of whose pages are.
static list_t whole, broken;
/// Free pages below the watermark.
static uint32_t num_freed;
/// Pages that the table takes, with its page tables.
static uint32_t num_taken;

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

static struct group *group_of(uint32_t number) {
    return &table[number / GROUP_PAGES];
}

static uint32_t bit_of(uint32_t number) {
    return 1u << (number % GROUP_PAGES);
}

/// Where it says which page is its owner's next one.
static uint32_t *link_of(uint32_t number) {
    return &group_of(number)->links[number % GROUP_PAGES];
}

/// The list that a group with these free pages belongs in.
static list_t *list_for(uint32_t free) {
    if (!free) {
        return NULL;
    }
    return (free == GROUP_FREE) ? &whole : &broken;
}

static void set_free(struct group *group, uint32_t free) {
    list_t *from = list_for(group->free), *to = list_for(free);
    group->free = free;
    if (from == to) {
        return;
    }
    if (from) {
        list_remove(&group->next);
    }
    if (to) {
        list_push_front(to, &group->next);
    }
}

static void take(uint32_t number) {
    struct group *group = group_of(number);
    uint32_t free = group->free & ~bit_of(number);
    num_freed--;
    if (free && group->free != GROUP_FREE) {
        group->free = free;  // It stays in its list.
    } else {
        set_free(group, free);
    }
}

/// Frees the pages of `group` whose bits are set.
static void give_back(struct group *group, uint32_t bits) {
    ASSERT(!(group->free & bits));
    set_free(group, group->free | bits);
    num_freed += (uint32_t) __builtin_popcount(bits);
}

/// Takes the page at the watermark, for the table itself: it is never freed.
static paddr_t take_untouched(void) {
    if (watermark == end) {
        return 0;
    }
    num_taken++;
    return number_to_paddr(watermark++);
}

/// Ensures that there are entries for the `count` pages from the watermark on.
static error_t ensure_entries(size_t count) {
    while (table_len / sizeof(struct group) * GROUP_PAGES < watermark + count) {
        paddr_t page = take_untouched();
        error_t err = page ? grow_table(table_len, page, take_untouched) : ERR_NO_MEMORY;
        if (IS_ERROR(err)) {
            return err;
        }
        table_len += PAGE_SIZE;
    }
    return (end - watermark < count) ? ERR_NO_MEMORY : OK;
}

/// Moves the watermark to the end of the group that it is in: the pages in between are free ones now.
static error_t open_group(void) {
    error_t err = ensure_entries(1);
    if (IS_ERROR(err)) {
        return err;
    }
    struct group *group = group_of(watermark);
    uint32_t before = watermark;
    watermark = MIN(ALIGN_DOWN(watermark, GROUP_PAGES) + GROUP_PAGES, end);
    opened = watermark;
    give_back(group, (bit_of(before) * ((1u << (watermark - before)) - 1)));
    return OK;
}

size_t pages_init(const struct bootinfo_range *boot_ranges, size_t num_boot_ranges,
                  void *table_base, size_t size, pages_grow_t grow) {
    num_ranges = 0;
    table_len = 0;
    num_freed = 0;
    num_taken = 0;
    list_init(&whole);
    list_init(&broken);
    table = table_base;
    grow_table = grow;
    // The first group is never used, as 0 is no page's number.
    end = GROUP_PAGES;
    watermark = end;
    opened = 0;
    size_t max = MIN(size / sizeof(struct group), (size_t) UINT32_MAX / GROUP_PAGES) * GROUP_PAGES;
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

static bool is_free(uint32_t number) {
    return number < opened && (group_of(number)->free & bit_of(number));
}

/// Finds a free page for an owner whose last one is before `next`. Returns 0 if there is none.
static uint32_t find_free(uint32_t next) {
    // A group that is free in parts is another owner's, most likely: nobody comes into it from behind.
    if (is_free(next) && (next % GROUP_PAGES || group_of(next)->free == GROUP_FREE)) {
        return next;
    }
    if (list_is_empty(&whole)) {
        // What there is then, if only a part of a group, is in front.
        (void) open_group();
    }
    list_t *list = list_is_empty(&whole) ? &broken : &whole;
    struct group *group = LIST_FRONT(list, struct group, next);
    return group ? (uint32_t) (group - table) * GROUP_PAGES + (uint32_t) __builtin_ctz(group->free)
                 : 0;
}

paddr_t page_alloc(struct page_list *owner) {
    uint32_t number = find_free(owner->next);
    if (!number) {
        return 0;
    }
    take(number);
    *link_of(number) = owner->first;
    owner->first = number;
    owner->next = number + 1;
    owner->count++;
    return number_to_paddr(number);
}

void page_move(struct page_list *from, struct page_list *to) {
    uint32_t number = from->first;
    uint32_t *link = link_of(number);
    from->first = *link;
    from->count--;
    *link = to->first;
    to->first = number;
    to->count++;
}

void page_free_all(struct page_list *owner) {
    uint32_t number = owner->first;
    while (number) {
        struct group *group = group_of(number);
        uint32_t bits = 0;
        do {
            bits |= bit_of(number);
            number = *link_of(number);
        } while (number && group_of(number) == group);
        give_back(group, bits);
    }
    *owner = (struct page_list){0};
}

/// Looks for `count` free pages in a row among those with the numbers [first, limit).
static uint32_t find_freed_run(uint32_t first, uint32_t limit, size_t count) {
    uint32_t run = 0;
    for (uint32_t i = first; i < limit; i++) {
        uint32_t free = group_of(i)->free;
        run = (free & bit_of(i)) ? run + 1 : 0;
        if (run == count) {
            return i + 1 - run;
        }
        if (!free) {
            i |= GROUP_PAGES - 1;
        }
    }
    return 0;
}

static uint32_t alloc_freed_run(size_t count) {
    uint32_t number = 0;
    for (size_t i = 0; i < num_ranges && !number && num_freed >= count; i++) {
        uint32_t limit = MIN(ranges[i].first + ranges[i].num, opened);
        number = find_freed_run(ranges[i].first, limit, count);
    }
    return number;
}

/// Tells whether some range still has `count` pages that nobody has used.
static bool has_untouched_run(size_t count) {
    for (size_t i = 0; i < num_ranges; i++) {
        uint32_t limit = ranges[i].first + ranges[i].num;
        uint32_t first = MAX(ranges[i].first, watermark);
        if (first < limit && limit - first >= count) {
            return true;
        }
    }
    return false;
}

/// Moves the watermark until there are `count` free pages of one range in a row. What is left of a range
/// that is too small is free for others.
static uint32_t alloc_untouched_run(size_t count) {
    if (!has_untouched_run(count)) {
        return 0;
    }

    uint32_t first = watermark;
    while (watermark - first < count) {
        // All entries first: a page of the table amid the run would end it.
        uint32_t before = watermark;
        error_t err = ensure_entries(count - (watermark - first));
        if (watermark != before) {
            first = watermark;
        }
        if (IS_ERROR(err) || IS_ERROR(open_group())) {
            return 0;
        }
        first = MAX(first, range_of(watermark - 1)->first);
    }
    return first;
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
        take(number + (uint32_t) i);
    }
    return number_to_paddr(number);
}

void pages_free_run(paddr_t paddr, size_t num_pages) {
    uint32_t number = paddr_to_number(paddr);
    ASSERT(number && number < opened && num_pages <= opened - number);
    for (size_t i = 0; i < num_pages; i++, number++) {
        give_back(group_of(number), bit_of(number));
    }
}

size_t pages_total(void) {
    return end - GROUP_PAGES;
}

size_t pages_free(void) {
    return num_freed + (end - watermark);
}

size_t pages_in_table(void) {
    return num_taken;
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
