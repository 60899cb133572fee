#include "fake_dma.h"

#include <driver/dma.h>
#include <stdlib.h>
#include <unittest.h>

struct dma {
    uint8_t *memory;
    size_t len;
    paddr_t daddr;
    struct dma *next;
};

static struct dma *all;

/// Far enough apart, but where a legacy device can find it.
#define DADDR_STEP 0x1000000

static unsigned num_allocated;
static paddr_t next_daddr = DADDR_STEP;
static bool none_left;

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    if (none_left) {
        return NULL;
    }
    struct dma *dma = malloc(sizeof(*dma));
    size_t rounded = ALIGN_UP(len, (size_t) 4096);
    dma->memory = aligned_alloc(4096, rounded);
    dma->len = len;
    dma->daddr = next_daddr;
    next_daddr += DADDR_STEP;
    // What lies behind `len` in the last page isn't zeroed: nobody may rely on it.
    for (size_t i = 0; i < rounded; i++) {
        dma->memory[i] = (i < len) ? 0 : 0xa5;
    }
    num_allocated++;
    dma->next = all;
    all = dma;
    return dma;
}

void dma_free(dma_t dma) {
    if (dma != NULL) {
        struct dma **link = &all;
        while (*link != dma) {
            link = &(*link)->next;
        }
        *link = dma->next;
        free(dma->memory);
        free(dma);
        num_allocated--;
    }
}

paddr_t dma_daddr(dma_t dma) {
    return dma->daddr;
}

uint8_t *dma_buf(dma_t dma) {
    return dma->memory;
}

uint8_t *fake_dma_host(uint64_t daddr) {
    for (struct dma *dma = all; dma != NULL; dma = dma->next) {
        if (daddr >= dma->daddr && daddr < dma->daddr + dma->len) {
            return dma->memory + (daddr - dma->daddr);
        }
    }
    TEST_EXPECT_EQ(daddr, 0);
    abort();
}

unsigned fake_dma_allocated(void) {
    return num_allocated;
}

void fake_dma_none_left(bool none) {
    none_left = none;
}

void fake_dma_free_all(void) {
    while (all != NULL) {
        dma_free(all);
    }
}
