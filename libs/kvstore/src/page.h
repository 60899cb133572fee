#ifndef __PAGE_H__
#define __PAGE_H__

/// \file
/// The header of a page, four words, of which the first is written last when the page is opened, and
/// cleared first when it is given up:
///
///     0  PAGE_MAGIC
///     1  how often the page has been erased
///     2  its sequence number: the log goes from page to page in this order
///     3  CRC-32 of words 1 and 2
///
/// A page without all that has no records, whatever it looks like: it is erased before it is used. Even
/// one that looks erased: an erase that was cut short may leave bits that read as set for now.

#include <kvstore.h>

#define PAGE_MAGIC        0x314f564bu
#define PAGE_HEADER_WORDS 4

size_t page_words(const struct kvstore *store);
/// Word 0 of a page.
const uint32_t *page_at(const struct kvstore *store, unsigned page);
bool page_is_used(const struct kvstore *store, unsigned page);
uint32_t page_sequence(const struct kvstore *store, unsigned page);

unsigned page_num_free(const struct kvstore *store);
/// The page in use with the lowest or highest sequence number. There must be one.
unsigned page_oldest(const struct kvstore *store);
unsigned page_newest(const struct kvstore *store);
/// The free page that was erased least. There must be one.
unsigned page_best_free(const struct kvstore *store);
/// The highest number of erases of any page; of a page whose counter was lost, this is assumed.
uint32_t page_erases_max(const struct kvstore *store);
/// The lowest number of erases of any page in use.
uint32_t page_erases_min(const struct kvstore *store);

/// Looks at all headers. Returns how many are damaged.
unsigned page_find_used(struct kvstore *store);
/// Erases a free page and makes it the newest one. ERR_UNAVAILABLE: the flash doesn't take it.
error_t page_open(struct kvstore *store, unsigned page);
/// From now on the page is free. ERR_UNAVAILABLE as above.
error_t page_give_up(struct kvstore *store, unsigned page);

#endif
