#ifndef __FIFO_H__
#define __FIFO_H__

/// \file
/// The data port: a file of its own, so that the loops are short, and that unit tests have another one.

#include <driver/io.h>

/// Reads `words` 32-bit words from the data port. `buf` is aligned to 4 bytes.
void fifo_read(io_t io, uint32_t *buf, size_t words);
/// Writes them.
void fifo_write(io_t io, const uint32_t *buf, size_t words);

#endif
