// The store is a log of records (record.h) that goes from page to page (page.h). The last record of a
// key counts. Why power may be cut at any time:
//
// * A record counts from its last word on, the commit. Up to then the old value counts. A record whose
//   commit doesn't fit it, at the end of the log, is one that was cut short; at the next mount its words
//   are cleared, so that it stays what it is.
// * One page is always free. When no other is, a compaction moves what counts of the oldest page into
//   it, gives the oldest page up by clearing its magic number, and only then goes on. If there is no
//   free page at a mount, a compaction was cut short: the newest page has nothing but copies, and is
//   given up.
// * The sequence number makes the copies newer than what they are copies of, so it doesn't matter how
//   many of them there are.
//
// Taking the oldest page each time erases all pages equally often. It also means that a record of a
// deletion is never needed in the copy: there is nothing older that it could hide.

#include <kvstore.h>
#include <string.h>

#include "page.h"
#include "record.h"

#define NOWHERE UINT16_MAX
/// Bytes of the longest record, and of the longest one of a deletion.
#define RECORD_BYTES_MAX (4 * (RECORD_HEAD_WORDS + (KVSTORE_KEY_MAX + KVSTORE_VALUE_MAX + 3) / 4))
#define DELETE_BYTES_MAX (4 * (RECORD_HEAD_WORDS + (KVSTORE_KEY_MAX + 3) / 4))

/// A place in the log: a page, and a word in it. Small, like struct record.
struct place {
    uint8_t page;
    uint16_t at;
};

static size_t words_of(const struct record *record) {
    return record_words(record->key_len, record->value_len);
}

static size_t bytes_of(const struct record *record) {
    return words_of(record) * sizeof(uint32_t);
}

static bool read_at(const struct kvstore *store, struct place place, struct record *record) {
    return record_read(&page_at(store, place.page)[place.at], page_words(store) - place.at, record);
}

static bool is_sound_at(const struct kvstore *store, struct place place,
                        const struct record *record) {
    return record_is_sound(&page_at(store, place.page)[place.at],
                           place.page * page_words(store) + place.at, record);
}

/// Finds the next record of a page at or behind place->at, which is moved to it. Words that are no
/// record are skipped one by one.
static bool next_record(const struct kvstore *store, struct place *place, struct record *record) {
    while (place->at < page_words(store)) {
        if (read_at(store, *place, record)) {
            return true;
        }
        place->at++;
    }
    return false;
}

#define FOR_EACH_RECORD(store, place, record)                                \
    for ((place)->at = PAGE_HEADER_WORDS; next_record(store, place, record); \
         (place)->at = (uint16_t) ((place)->at + words_of(record)))

static bool is_later(const struct kvstore *store, struct place a, struct place b) {
    uint32_t sequence_a = page_sequence(store, a.page);
    uint32_t sequence_b = page_sequence(store, b.page);
    return (sequence_a != sequence_b) ? sequence_a > sequence_b : a.at > b.at;
}

/// The last record of a key in the log.
static bool find_last(const struct kvstore *store, const char *key, size_t key_len,
                      struct place *last, struct record *record) {
    last->at = NOWHERE;
    for (uint8_t page = 0; page < store->flash.num_pages; page++) {
        if (!page_is_used(store, page)) {
            continue;
        }
        struct place place = {.page = page};
        struct record other;
        FOR_EACH_RECORD(store, &place, &other) {
            if (record_has_key(&other, key, key_len)
                && (last->at == NOWHERE || is_later(store, place, *last))) {
                *last = place;
                *record = other;
            }
        }
    }
    return last->at != NOWHERE;
}

/// Whether this record is the one that counts for its key.
static bool counts(const struct kvstore *store, struct place place, const struct record *record) {
    struct place last;
    struct record other;
    return record->kind != RECORD_DELETE
           && find_last(store, record->key, record->key_len, &last, &other)
           && last.page == place.page && last.at == place.at;
}

/// The record that counts for a key that exists.
static bool find(const struct kvstore *store, const char *key, size_t key_len, struct place *place,
                 struct record *record) {
    return find_last(store, key, key_len, place, record) && record->kind != RECORD_DELETE;
}

/// Writes a word unless it has that value: flash takes few writes of a word between erases.
static void write(struct kvstore *store, size_t index, uint32_t value) {
    if (store->flash.words[index] != value) {
        store->flash.write(index, value);
    }
}

/// Words up to the last one that was written.
static size_t written_words(const struct kvstore *store, unsigned page) {
    size_t end = page_words(store);
    while (end > PAGE_HEADER_WORDS && page_at(store, page)[end - 1] == WORD_BLANK) {
        end--;
    }
    return end;
}

/// Finds the end of the active page, and where before it the words of a record begin that was cut
/// short: NOWHERE if there is none.
static size_t find_torn(struct kvstore *store) {
    struct place place = {.page = (uint8_t) store->active, .at = PAGE_HEADER_WORDS};
    size_t torn = NOWHERE;
    store->end = written_words(store, store->active);
    while (place.at < store->end) {
        struct record record;
        bool is_record = read_at(store, place, &record);
        size_t next = place.at + (is_record ? words_of(&record) : 1);
        if (is_record && (next < store->end || is_sound_at(store, place, &record))) {
            torn = NOWHERE;
            // Its last words may be blank.
            store->end = MAX(store->end, next);
        } else if (torn == NOWHERE && page_at(store, place.page)[place.at] != 0) {
            torn = place.at;
        }
        place.at = (uint16_t) next;
    }
    return torn;
}

/// Finds the end of the log. Clears the words of a record that was cut short: what is written behind it
/// must not make it one that looks merely damaged.
static void recover_end(struct kvstore *store) {
    size_t torn = find_torn(store);
    if (torn == NOWHERE) {
        return;
    }
    for (size_t at = torn; at < store->end; at++) {
        write(store, store->active * page_words(store) + at, 0);
    }
}

/// Compaction needs a free page: without one, the last compaction has not come to its end.
static error_t keep_one_free(struct kvstore *store) {
    if (page_num_free(store) > 0) {
        return OK;
    }

    error_t err = page_give_up(store, page_newest(store));
    store->active = page_newest(store);
    recover_end(store);
    return err;
}

/// Appends to the active page, which has room for it.
static error_t append(struct kvstore *store, const struct record *record) {
    size_t first = store->active * page_words(store) + store->end;
    size_t num_words = words_of(record);
    for (size_t i = 0; i < num_words; i++) {
        if (i != RECORD_COMMIT) {
            write(store, first + i, record_make_word(record, first, i));
        }
    }
    write(store, first + RECORD_COMMIT, record_make_word(record, first, RECORD_COMMIT));

    for (size_t i = 0; i < num_words; i++) {
        if (store->flash.words[first + i] != record_make_word(record, first, i)) {
            // Not there again: a word that can't be cleared looks blank.
            size_t end = store->end + num_words;
            recover_end(store);
            store->end = MAX(store->end, end);
            return ERR_UNAVAILABLE;
        }
    }
    store->end += num_words;
    return OK;
}

/// Copies a record that counts to the active page. Of a value that is damaged, only that is kept.
static error_t copy(struct kvstore *store, struct place place, const struct record *record) {
    struct record duplicate = *record;
    if (!is_sound_at(store, place, record)) {
        duplicate.kind = RECORD_LOST;
        duplicate.value_len = 0;
        store->live -= bytes_of(record) - bytes_of(&duplicate);
    }
    return append(store, &duplicate);
}

/// Moves what counts of the oldest page to a free one, which becomes the active one.
static __noinline error_t compact(struct kvstore *store) {
    struct place place = {.page = (uint8_t) page_oldest(store)};
    error_t err = page_open(store, page_best_free(store));
    struct record record;
    FOR_EACH_RECORD(store, &place, &record) {
        if (IS_OK(err) && counts(store, place, &record)) {
            err = copy(store, place, &record);
        }
    }
    return IS_OK(err) ? page_give_up(store, place.page) : err;
}

static size_t data_bytes(const struct kvstore *store) {
    return store->flash.page_len - PAGE_HEADER_WORDS * sizeof(uint32_t);
}

/// Whether a record is sure to find room if enough pages are compacted: that is so if one of them, then,
/// has room. Room for a deletion must be left.
static bool has_room(const struct kvstore *store, size_t bytes) {
    size_t num_pages = store->flash.num_pages - 1;
    return store->live <= num_pages * (data_bytes(store) - bytes)
           && store->live + bytes <= num_pages * (data_bytes(store) - DELETE_BYTES_MAX);
}

static error_t make_room(struct kvstore *store, size_t num_words) {
    // Each compaction of a page that is full of what counts gains nothing, but the next one might.
    for (unsigned i = 0; i <= store->flash.num_pages; i++) {
        if (store->end + num_words <= page_words(store)) {
            return OK;
        }
        error_t err =
            (page_num_free(store) > 1) ? page_open(store, page_best_free(store)) : compact(store);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return ERR_NO_MEMORY;
}

/// Bytes of the record that counts for a key; 0 if it doesn't exist. A function of its own, as are those
/// that it is called with, to take turns on a small stack.
static __noinline size_t bytes_of_key(const struct kvstore *store, const char *key,
                                      size_t key_len) {
    struct place place;
    struct record record;
    return find(store, key, key_len, &place, &record) ? bytes_of(&record) : 0;
}

/// Appends the new last record of its key, which `store` then counts instead of the old one.
static error_t write_record(struct kvstore *store, const struct record *record) {
    error_t err = keep_one_free(store);
    if (IS_OK(err)) {
        err = make_room(store, words_of(record));
    }
    if (IS_ERROR(err)) {
        return err;
    }

    // Only now: a compaction may have moved it, and made it shorter.
    size_t old_bytes = bytes_of_key(store, record->key, record->key_len);
    err = append(store, record);
    if (IS_ERROR(err)) {
        return err;
    }
    store->live -= old_bytes;
    store->num_keys -= old_bytes != 0;
    if (record->kind != RECORD_DELETE) {
        store->live += bytes_of(record);
        store->num_keys++;
    }
    return OK;
}

static bool is_valid_key(size_t key_len) {
    return key_len > 0 && key_len <= KVSTORE_KEY_MAX;
}

error_t kvstore_get(const struct kvstore *store, const char *key, size_t key_len,
                    const void **value, size_t *value_len) {
    if (!is_valid_key(key_len)) {
        return ERR_INVALID_ARG;
    }

    struct place place;
    struct record record;
    if (!find(store, key, key_len, &place, &record)) {
        return ERR_NOT_FOUND;
    }
    if (record.kind == RECORD_LOST || !is_sound_at(store, place, &record)) {
        return ERR_NOT_ACCEPTABLE;
    }
    *value = record.value;
    *value_len = record.value_len;
    return OK;
}

error_t kvstore_set(struct kvstore *store, const char *key, size_t key_len, const void *value,
                    size_t value_len) {
    const void *old_value;
    size_t old_len;
    error_t err = kvstore_get(store, key, key_len, &old_value, &old_len);
    if (err == ERR_INVALID_ARG) {
        return err;
    }
    if (value_len > KVSTORE_VALUE_MAX) {
        return ERR_TOO_LARGE;
    }
    if (IS_OK(err) && old_len == value_len && memcmp(old_value, value, value_len) == 0) {
        return OK;
    }

    struct record record = {key, value, RECORD_SET, (uint8_t) key_len, (uint8_t) value_len};
    if (!has_room(store, bytes_of(&record))) {
        return ERR_NO_MEMORY;
    }
    return write_record(store, &record);
}

error_t kvstore_delete(struct kvstore *store, const char *key, size_t key_len) {
    if (!is_valid_key(key_len)) {
        return ERR_INVALID_ARG;
    }

    if (bytes_of_key(store, key, key_len) == 0) {
        return ERR_NOT_FOUND;
    }
    struct record record = {.key = key, .kind = RECORD_DELETE, .key_len = (uint8_t) key_len};
    return write_record(store, &record);
}

error_t kvstore_key(const struct kvstore *store, unsigned index, char *key, size_t *value_len) {
    for (uint8_t page = 0; page < store->flash.num_pages; page++) {
        if (!page_is_used(store, page)) {
            continue;
        }
        struct place place = {.page = page};
        struct record record;
        FOR_EACH_RECORD(store, &place, &record) {
            if (!counts(store, place, &record) || index-- > 0) {
                continue;
            }
            memset(key, 0, KVSTORE_KEY_MAX + 1);
            memcpy(key, record.key, record.key_len);
            *value_len = record.value_len;
            return OK;
        }
    }
    return ERR_END;
}

void kvstore_info(const struct kvstore *store, struct kvstore_info *info) {
    size_t sure = (store->flash.num_pages - 1) * (data_bytes(store) - RECORD_BYTES_MAX);
    *info = (struct kvstore_info){
        .num_keys = store->num_keys,
        .used = (uint32_t) store->live,
        .free = (uint32_t) ((store->live < sure) ? sure - store->live : 0),
        .erases_max = page_erases_max(store),
        .erases_min = page_erases_min(store),
        .num_damaged = store->num_damaged,
    };
}

/// Counts what is in a page, and how many of its words are neither a record nor blank nor cleared.
static void survey_page(struct kvstore *store, uint8_t page) {
    struct place place = {.page = page, .at = PAGE_HEADER_WORDS};
    bool in_junk = false;
    while (place.at < page_words(store)) {
        uint32_t word = page_at(store, page)[place.at];
        struct record record;
        if (!read_at(store, place, &record)) {
            bool is_junk = word != 0 && word != WORD_BLANK;
            store->num_damaged += is_junk && !in_junk;
            in_junk = is_junk;
            place.at++;
            continue;
        }
        in_junk = false;
        if (counts(store, place, &record)) {
            store->live += bytes_of(&record);
            store->num_keys++;
            store->num_damaged += record.kind == RECORD_LOST || !is_sound_at(store, place, &record);
        }
        place.at = (uint16_t) (place.at + words_of(&record));
    }
}

static bool is_valid_flash(const struct kvstore_flash *flash) {
    return flash->page_len >= KVSTORE_PAGE_LEN_MIN && flash->page_len <= KVSTORE_PAGE_LEN_MAX
           && flash->page_len % sizeof(uint32_t) == 0 && flash->num_pages >= KVSTORE_PAGES_MIN
           && flash->num_pages <= KVSTORE_PAGES_MAX;
}

error_t kvstore_mount(struct kvstore *store, const struct kvstore_flash *flash) {
    if (!is_valid_flash(flash)) {
        return ERR_INVALID_ARG;
    }

    *store = (struct kvstore){.flash = *flash};
    store->num_damaged = page_find_used(store);
    if (store->used == 0) {
        return page_open(store, page_best_free(store));
    }

    store->active = page_newest(store);
    recover_end(store);
    error_t err = keep_one_free(store);
    for (unsigned page = 0; page < flash->num_pages; page++) {
        if (page_is_used(store, page)) {
            survey_page(store, page);
        }
    }
    return err;
}
