#include "page.h"

#include "record.h"

#define MAGIC    0
#define ERASES   1
#define SEQUENCE 2
#define CHECK    3

size_t page_words(const struct kvstore *store) {
    return store->flash.page_len / sizeof(uint32_t);
}

const uint32_t *page_at(const struct kvstore *store, unsigned page) {
    return &store->flash.words[page * page_words(store)];
}

bool page_is_used(const struct kvstore *store, unsigned page) {
    return (store->used & (UINT32_C(1) << page)) != 0;
}

uint32_t page_sequence(const struct kvstore *store, unsigned page) {
    return page_at(store, page)[SEQUENCE];
}

static bool check_is_right(const uint32_t *header) {
    return header[CHECK] == crc32(0, &header[ERASES], 2 * sizeof(uint32_t));
}

unsigned page_num_free(const struct kvstore *store) {
    unsigned num_free = 0;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        num_free += !page_is_used(store, page);
    }
    return num_free;
}

unsigned page_oldest(const struct kvstore *store) {
    unsigned oldest = store->active;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        if (page_is_used(store, page)
            && page_sequence(store, page) < page_sequence(store, oldest)) {
            oldest = page;
        }
    }
    return oldest;
}

unsigned page_newest(const struct kvstore *store) {
    unsigned newest = 0;
    bool found = false;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        if (page_is_used(store, page)
            && (!found || page_sequence(store, page) > page_sequence(store, newest))) {
            newest = page;
            found = true;
        }
    }
    return newest;
}

uint32_t page_erases_max(const struct kvstore *store) {
    uint32_t max = 0;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        const uint32_t *header = page_at(store, page);
        if (check_is_right(header)) {
            max = MAX(max, header[ERASES]);
        }
    }
    return max;
}

uint32_t page_erases_min(const struct kvstore *store) {
    uint32_t min = UINT32_MAX;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        if (page_is_used(store, page)) {
            min = MIN(min, page_at(store, page)[ERASES]);
        }
    }
    return min;
}

static uint32_t erases_of(const struct kvstore *store, unsigned page) {
    const uint32_t *header = page_at(store, page);
    return check_is_right(header) ? header[ERASES] : page_erases_max(store);
}

unsigned page_best_free(const struct kvstore *store) {
    unsigned best = 0;
    uint32_t fewest = UINT32_MAX;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        if (!page_is_used(store, page) && erases_of(store, page) < fewest) {
            best = page;
            fewest = erases_of(store, page);
        }
    }
    return best;
}

unsigned page_find_used(struct kvstore *store) {
    unsigned damaged = 0;
    store->used = 0;
    for (unsigned page = 0; page < store->flash.num_pages; page++) {
        const uint32_t *header = page_at(store, page);
        if (header[MAGIC] != PAGE_MAGIC) {
            continue;
        }
        if (check_is_right(header)) {
            store->used |= UINT32_C(1) << page;
        } else {
            damaged++;
        }
    }
    return damaged;
}

static void write(struct kvstore *store, unsigned page, size_t index, uint32_t value) {
    store->flash.write(page * page_words(store) + index, value);
}

static error_t erase(struct kvstore *store, unsigned page) {
    if (page_at(store, page)[MAGIC] == PAGE_MAGIC) {
        // A damaged header: half an erase must not repair it by chance.
        write(store, page, MAGIC, 0);
    }

    store->flash.erase(page);
    for (size_t i = 0; i < page_words(store); i++) {
        if (page_at(store, page)[i] != WORD_BLANK) {
            return ERR_UNAVAILABLE;
        }
    }
    return OK;
}

error_t page_open(struct kvstore *store, unsigned page) {
    uint32_t sequence = (store->used != 0) ? page_sequence(store, page_newest(store)) + 1 : 1;
    uint32_t values[] = {erases_of(store, page) + 1, sequence};
    error_t err = erase(store, page);
    if (IS_ERROR(err)) {
        return err;
    }

    write(store, page, ERASES, values[0]);
    write(store, page, SEQUENCE, values[1]);
    write(store, page, CHECK, crc32(0, values, sizeof(values)));
    const uint32_t *header = page_at(store, page);
    if (header[ERASES] != values[0] || header[SEQUENCE] != values[1] || !check_is_right(header)) {
        return ERR_UNAVAILABLE;
    }
    write(store, page, MAGIC, PAGE_MAGIC);
    if (header[MAGIC] != PAGE_MAGIC) {
        return ERR_UNAVAILABLE;
    }

    store->used |= UINT32_C(1) << page;
    store->active = page;
    store->end = PAGE_HEADER_WORDS;
    return OK;
}

error_t page_give_up(struct kvstore *store, unsigned page) {
    write(store, page, MAGIC, 0);
    if (page_at(store, page)[MAGIC] == PAGE_MAGIC) {
        return ERR_UNAVAILABLE;
    }
    store->used &= ~(UINT32_C(1) << page);
    return OK;
}
