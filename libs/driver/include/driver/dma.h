#ifndef __DRIVER_DMA_H__
#define __DRIVER_DMA_H__

/// \file
/// Memory that a device reads and writes on its own: in one piece, page-aligned, filled with zeroes.
///
///     the device writes:  (device is done)  dma_flush_read(dma)   then read the buffer
///     the device reads:   fill the buffer   dma_flush_write(dma)  then start the device

#include <types.h>

typedef struct dma *dma_t;

/// The device reads it, writes it, or both (combine them with |).
#define DMA_ALLOC_TO_DEV   (1u << 0)
#define DMA_ALLOC_FROM_DEV (1u << 1)

/// NULL: there is no such piece of memory left.
dma_t dma_alloc(size_t len, unsigned flags);
/// The device must have stopped using it: nothing else keeps it from writing to memory that is already
/// somebody else's. dma_free(NULL) does nothing.
void dma_free(dma_t dma);

/// The address as the device sees it.
paddr_t dma_daddr(dma_t dma);
vaddr_t dma_vaddr(dma_t dma);
uint8_t *dma_buf(dma_t dma);

/// Makes what the device has written visible to the CPU.
void dma_flush_read(dma_t dma);
/// Makes what the CPU has written visible to the device.
void dma_flush_write(dma_t dma);

/// The same for pages that the driver has from somebody else: a client's, say. A range begins and ends with cache
/// lines, or else its neighbours must not be in use.
void dma_flush_read_at(const void *buf, size_t len);
void dma_flush_write_at(const void *buf, size_t len);

#endif
