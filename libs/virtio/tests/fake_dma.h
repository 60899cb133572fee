#ifndef __FAKE_DMA_H__
#define __FAKE_DMA_H__

/// \file
/// <driver/dma.h> for tests.

#include <types.h>

/// Where the byte is that a device knows by this address.
uint8_t *fake_dma_host(uint64_t daddr);
/// How many pieces of memory there are that nobody has freed.
unsigned fake_dma_allocated(void);
/// Lets dma_alloc fail, or work again.
void fake_dma_none_left(bool none);
/// Frees what a device that didn't stop has kept.
void fake_dma_free_all(void);

#endif
