#include "flash.h"

#include "../../common/tests/random.h"

#include <kvstore.h>
#include <string.h>
#include <unittest.h>

#define PAGES_MAX 8

static uint32_t words[PAGES_MAX * FLASH_WORDS];
static uint8_t num_writes[PAGES_MAX * FLASH_WORDS];
static unsigned steps;
static unsigned erases;
static unsigned cut_at;
static jmp_buf *cut_to;
static uint32_t random_state = 1;
static size_t broken_word = SIZE_MAX;

/// Counts a step. True: power goes in the middle of it.
static bool is_cut(void) {
    steps++;
    return cut_to != NULL && steps == cut_at;
}

static void power_goes(void) {
    jmp_buf *where = cut_to;
    flash_cut_never();
    longjmp(*where, 1);
}

static void write(size_t index, uint32_t value) {
    bool cut = is_cut();
    TEST_EXPECT_LT(index, flash_get()->num_pages * FLASH_WORDS);
    TEST_EXPECT_LE(num_writes[index], (value == 0) ? 1 : 0);
    if (index == broken_word) {
        value = UINT32_MAX;
    }
    if (!cut) {
        num_writes[index]++;
        words[index] &= value;
        return;
    }

    // Some of the bits, none, or all. What is written may already be cleared again at the next mount,
    // so such a write doesn't count.
    uint32_t kept = random_next(&random_state);
    switch (random_below(&random_state, 4)) {
    case 0:
        kept = 0;
        break;
    case 1:
        kept = UINT32_MAX;
        break;
    default:
        break;
    }
    words[index] &= value | kept;
    power_goes();
}

static void erase(unsigned page) {
    bool cut = is_cut();
    erases++;
    TEST_EXPECT_LT(page, flash_get()->num_pages);
    // A page is given up before it is erased.
    TEST_EXPECT_NE(words[page * FLASH_WORDS], 0x314f564bu);
    bool some = random_below(&random_state, 4) > 0;
    for (size_t i = page * FLASH_WORDS; i < (page + 1) * FLASH_WORDS; i++) {
        uint32_t set = !cut ? UINT32_MAX : some ? random_next(&random_state) : 0;
        words[i] |= set;
        num_writes[i] = 0;
    }
    if (cut) {
        power_goes();
    }
}

static struct kvstore_flash flash = {
    .words = words, .page_len = FLASH_PAGE_LEN, .write = write, .erase = erase};

void flash_init(unsigned num_pages) {
    memset(words, 0xff, sizeof(words));
    memset(num_writes, 0, sizeof(num_writes));
    flash.num_pages = num_pages;
    steps = 0;
    broken_word = SIZE_MAX;
    flash_cut_never();
}

const struct kvstore_flash *flash_get(void) {
    return &flash;
}

uint32_t *flash_words(void) {
    return words;
}

void flash_cut_after(unsigned num_steps, jmp_buf *where) {
    cut_at = steps + num_steps;
    cut_to = where;
}

void flash_cut_never(void) {
    cut_to = NULL;
}

unsigned flash_steps(void) {
    return steps;
}

unsigned flash_erases(void) {
    return erases;
}

void flash_load(const uint32_t *image) {
    memcpy(words, image, flash.num_pages * FLASH_PAGE_LEN);
    for (size_t i = 0; i < flash.num_pages * FLASH_WORDS; i++) {
        num_writes[i] = words[i] != UINT32_MAX;
    }
}

void flash_seed(uint32_t seed) {
    random_state = seed | 1;
}

void flash_break_word(size_t index) {
    broken_word = index;
}
