#ifndef __FAKE_DMA_H__
#define __FAKE_DMA_H__

/// \file
/// The DMA controller of fake_card.h's machine.

#include <types.h>

#include "../dma_registers.h"

#define FAKE_DMA_PADDR DMA_PADDR
#define FAKE_DMA_LEN   DMA_LEN
/// The channel that the tests let the driver have.
#define FAKE_DMA_CHANNEL 2u

void fake_dma_reset(void);
uint32_t fake_dma_read(offset_t offset);
void fake_dma_write(offset_t offset, uint32_t value);

/// The data port: whether the card has words, or takes them; and moving some.
bool fake_has_data(bool to_card);
void fake_move_words(uint32_t *words, size_t count);

#endif
