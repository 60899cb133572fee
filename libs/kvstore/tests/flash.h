#ifndef __TESTS_FLASH_H__
#define __TESTS_FLASH_H__

#include <kvstore.h>
#include <setjmp.h>

/// \file
/// Flash as it is at its worst: writes only clear bits, a word takes two writes between erases (a second
/// one only to clear it), and power goes when the test says so, in the middle of a write or an erase.

#define FLASH_PAGE_LEN 1024
#define FLASH_WORDS    (FLASH_PAGE_LEN / sizeof(uint32_t))

/// Blank pages, without a power cut to come.
void flash_init(unsigned num_pages);
const struct kvstore_flash *flash_get(void);
/// The memory itself, to damage it.
uint32_t *flash_words(void);
/// Fills all pages with what was copied from flash_words() at a time without a power cut.
void flash_load(const uint32_t *image);

/// Cuts power in the middle of step number `steps` from now (1: the next one), by a longjmp to `where`.
void flash_cut_after(unsigned steps, jmp_buf *where);
void flash_cut_never(void);
/// Words written and pages erased so far; pages erased.
unsigned flash_steps(void);
unsigned flash_erases(void);
/// What half a step leaves depends on this.
void flash_seed(uint32_t seed);
/// From now on writes to this word do nothing (SIZE_MAX: none).
void flash_break_word(size_t index);

#endif
