#include "pages.h"

#include <arch_user.h>
#include <driver/dma.h>
#include <resea/malloc.h>

struct dma {
    struct pages pages;
    size_t len;
};

dma_t dma_alloc(size_t len, unsigned flags __unused) {
    struct dma *dma = malloc(sizeof(*dma));
    if (dma == NULL) {
        return NULL;
    }
    if (IS_ERROR(pages_alloc(len, 0, &dma->pages))) {
        free(dma);
        return NULL;
    }
    dma->len = len;
    // vm's zeroes may be in the cache yet, to be written to memory over what the device will put
    // there.
    dma_flush_write(dma);
    return dma;
}

void dma_free(dma_t dma) {
    if (dma != NULL) {
        pages_free(&dma->pages);
    }
    free(dma);
}

paddr_t dma_daddr(dma_t dma) {
    return dma->pages.paddr;
}

vaddr_t dma_vaddr(dma_t dma) {
    return dma->pages.vaddr;
}

uint8_t *dma_buf(dma_t dma) {
    return (uint8_t *) dma->pages.vaddr;
}

void dma_flush_read(dma_t dma) {
    arch_dma_flush_read(dma->pages.vaddr, dma->len);
}

void dma_flush_write(dma_t dma) {
    arch_dma_flush_write(dma->pages.vaddr, dma->len);
}

void dma_flush_read_at(const void *buf, size_t len) {
    arch_dma_flush_read((vaddr_t) buf, len);
}

void dma_flush_write_at(const void *buf, size_t len) {
    arch_dma_flush_write((vaddr_t) buf, len);
}
