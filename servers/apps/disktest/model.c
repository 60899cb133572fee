#include "model.h"

#include <resea/printf.h>
#include <string.h>

static uint32_t state;
static uint8_t versions[MODEL_SECTORS];
static bool unflushed[MODEL_SECTORS];

static uint32_t next(uint32_t number) {
    return number * 1664525 + 1013904223;
}

void model_seed(uint32_t seed) {
    state = seed;
}

uint32_t model_random(uint32_t limit) {
    state = next(state);
    return (state >> 8) % limit;
}

void model_write(uint32_t sector) {
    versions[sector]++;
    unflushed[sector] = true;
}

void model_fill(uint32_t sector, uint8_t *buf) {
    uint32_t word = sector * 256 + versions[sector];
    for (size_t i = 0; i < MODEL_SECTOR_LEN; i += sizeof(word)) {
        memcpy(&buf[i], &word, sizeof(word));
        word = next(word);
    }
}

bool model_check(uint32_t sector, const uint8_t *buf) {
    uint8_t expected[MODEL_SECTOR_LEN];
    model_fill(sector, expected);
    if (memcmp(buf, expected, sizeof(expected)) == 0) {
        return true;
    }
    uint32_t word;
    memcpy(&word, buf, sizeof(word));
    printf("disktest: sector %u: expected version %u, found that of sector %u, version %u\n",
           sector, versions[sector], word / 256, word % 256);
    return false;
}

bool model_is_unflushed(uint32_t sector) {
    return unflushed[sector];
}

void model_flushed(void) {
    memset(unflushed, 0, sizeof(unflushed));
}
