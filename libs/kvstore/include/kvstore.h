#ifndef __KVSTORE_H__
#define __KVSTORE_H__

/// \file
/// Keys and values in flash memory that survive a power cut at any time: during a write, an erase, a
/// compaction, or the recovery from the last power cut.
///
/// It asks of the flash what all NOR flash can do: words are written once, which clears bits, and pages
/// are erased, which sets them. A write that power cuts short leaves any of its bits cleared, an erase
/// any bits set; no other word is harmed. Nothing is kept in RAM but struct kvstore.
///
/// How it works, and why each step may be the last one: see src/kvstore.c.

#include <types.h>

/// The longest key, and the longest value, in bytes. A key has no NUL.
#define KVSTORE_KEY_MAX   15
#define KVSTORE_VALUE_MAX 128
#define KVSTORE_PAGES_MIN 2
#define KVSTORE_PAGES_MAX 32
/// A page holds at least three of the longest records.
#define KVSTORE_PAGE_LEN_MIN 512
#define KVSTORE_PAGE_LEN_MAX 65536

/// The flash. All pages lie one behind the other in memory; they are read directly.
struct kvstore_flash {
    const uint32_t *words;
    /// In bytes: what is erased at once.
    size_t page_len;
    unsigned num_pages;
    /// Writes word `index`, counted from the first page's first word. Both return when the flash can be
    /// read again. They need not verify: this is done here.
    void (*write)(size_t index, uint32_t value);
    void (*erase)(unsigned page);
};

struct kvstore {
    struct kvstore_flash flash;
    /// Bit n: page n has records. At least one page has none, but during a compaction.
    uint32_t used;
    /// Where the next record goes: a page, and a word within it.
    unsigned active;
    size_t end;
    /// Bytes of the records that count: the last one of each key that exists.
    size_t live;
    uint32_t num_keys;
    uint32_t num_damaged;
};

struct kvstore_info {
    uint32_t num_keys;
    /// Bytes, keys and record headers included.
    uint32_t used;
    /// Bytes that are sure to fit, record headers included: a value needs up to 11 bytes more than its
    /// key and itself.
    uint32_t free;
    /// Of the page with the most erases.
    uint32_t erases_max;
    /// Of the page with the fewest, of those that are in use.
    uint32_t erases_min;
    /// Records, or headers of pages, that were damaged when the store was mounted.
    uint32_t num_damaged;
};

/// Finds what is in the flash, and finishes what a power cut has interrupted. Flash without a store,
/// with whatever else in it, becomes an empty store. ERR_INVALID_ARG: the flash's page length or number
/// of pages is out of range. ERR_UNAVAILABLE: the flash can't be erased or written.
error_t kvstore_mount(struct kvstore *store, const struct kvstore_flash *flash);

/// The value of a key: points into the flash, and is valid until the next set or delete.
/// ERR_NOT_FOUND; ERR_NOT_ACCEPTABLE: it was damaged. ERR_INVALID_ARG: a key without or with too many
/// characters.
error_t kvstore_get(const struct kvstore *store, const char *key, size_t key_len,
                    const void **value, size_t *value_len);

/// Sets a value. Setting what is there already writes nothing. ERR_NO_MEMORY: the store is full.
/// ERR_TOO_LARGE: the value is longer than KVSTORE_VALUE_MAX. ERR_INVALID_ARG: as above.
/// ERR_UNAVAILABLE: the flash doesn't take it; the old value is still there.
error_t kvstore_set(struct kvstore *store, const char *key, size_t key_len, const void *value,
                    size_t value_len);

/// Errors as those of get and set. A store that is full still has room for this.
error_t kvstore_delete(struct kvstore *store, const char *key, size_t key_len);

/// Key number `index`, in the order of the flash. `key` gets KVSTORE_KEY_MAX + 1 bytes, padded with
/// NULs. ERR_END: there are no more.
error_t kvstore_key(const struct kvstore *store, unsigned index, char *key, size_t *value_len);

void kvstore_info(const struct kvstore *store, struct kvstore_info *info);

#endif
