// ATA/ATAPI-6 (T13/1410D), section 8.15; sector sizes: ATA/ATAPI-7, section 6.17.

#include "identify.h"

#include <string.h>

#include "registers.h"

#define WORD_CONFIGURATION  0
#define CONFIGURATION_ATAPI (1u << 15)
#define WORD_MODEL          27
#define MODEL_WORDS         20
#define WORD_CAPABILITIES   49
#define CAPABILITY_DMA      (1u << 8)
#define CAPABILITY_LBA      (1u << 9)
#define WORD_SECTORS        60
#define WORD_MULTIWORD_DMA  63
#define MULTIWORD_SELECTED  0x0700u
#define WORD_COMMANDS       83
#define COMMANDS_VALID_MASK 0xc000u
#define COMMANDS_VALID      0x4000u
#define COMMANDS_LBA48      (1u << 10)
#define COMMANDS_FLUSH      (1u << 12)
#define COMMANDS_FLUSH_EXT  (1u << 13)
#define WORD_ULTRA_DMA      88
#define ULTRA_SELECTED      0x7f00u
#define WORD_SECTORS_EXT    100
#define WORD_SECTOR_SIZE    106
#define SECTOR_SIZE_LONG    (1u << 12)
#define WORD_SECTOR_WORDS   117

/// The most that LBA48 can name.
#define SECTORS_MAX 0x1000000000000ull

static uint64_t number_at(const uint16_t *words, unsigned first, unsigned count) {
    uint64_t number = 0;
    for (unsigned i = count; i > 0; i--) {
        number = number << 16 | words[first + i - 1];
    }
    return number;
}

/// Words whose top bits say that they mean something.
static uint16_t valid_word(const uint16_t *words, unsigned index) {
    bool valid = (words[index] & COMMANDS_VALID_MASK) == COMMANDS_VALID;
    return valid ? words[index] : 0;
}

static uint32_t get_sector_size(const uint16_t *words) {
    if (!(valid_word(words, WORD_SECTOR_SIZE) & SECTOR_SIZE_LONG)) {
        return 512;
    }
    uint64_t size = number_at(words, WORD_SECTOR_WORDS, 2) * 2;
    bool good = size >= 512 && size <= PAGE_SIZE && (size & (size - 1)) == 0;
    return good ? (uint32_t) size : 0;
}

/// Text has its first character in a word's upper byte.
static void get_model(const uint16_t *words, char *model) {
    size_t len = 0;
    for (unsigned i = 0; i < MODEL_WORDS; i++) {
        model[len++] = (char) (words[WORD_MODEL + i] >> 8);
        model[len++] = (char) (words[WORD_MODEL + i] & 0xff);
    }
    model[len] = '\0';
}

error_t identify_parse(const uint16_t words[IDENTIFY_WORDS], struct identity *identity) {
    uint16_t capabilities = words[WORD_CAPABILITIES];
    uint16_t commands = valid_word(words, WORD_COMMANDS);
    bzero(identity, sizeof(*identity));
    identity->lba48 = commands & COMMANDS_LBA48;
    identity->num_sectors =
        identity->lba48 ? number_at(words, WORD_SECTORS_EXT, 4) : number_at(words, WORD_SECTORS, 2);
    identity->sector_size = get_sector_size(words);
    identity->dma = (capabilities & CAPABILITY_DMA)
                    && ((words[WORD_MULTIWORD_DMA] & MULTIWORD_SELECTED)
                        || (words[WORD_ULTRA_DMA] & ULTRA_SELECTED));
    identity->flush = commands & COMMANDS_FLUSH;
    identity->flush_ext = identity->lba48 && (commands & COMMANDS_FLUSH_EXT);
    get_model(words, identity->model);

    uint64_t most = identity->lba48 ? SECTORS_MAX : LBA28_SECTORS;
    bool usable = !(words[WORD_CONFIGURATION] & CONFIGURATION_ATAPI)
                  && (capabilities & CAPABILITY_LBA) && identity->sector_size != 0
                  && identity->num_sectors > 0 && identity->num_sectors <= most;
    return usable ? OK : ERR_NOT_ACCEPTABLE;
}
