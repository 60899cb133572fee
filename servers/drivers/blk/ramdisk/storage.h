#ifndef __STORAGE_H__
#define __STORAGE_H__

/// \file
/// What is on the RAM disk. Memory is taken in chunks, each when something is written to it for the first time; what was
/// never written is zero.

#include <types.h>

/// The size of a chunk in bytes.
#define STORAGE_CHUNK (64 * 1024)

/// ERR_NO_MEMORY: not even for the table of chunks.
error_t __mustuse storage_init(uint64_t len);

/// `offset` and `len`, in bytes, must be inside the disk.
void storage_read(uint64_t offset, void *buf, size_t len);
/// ERR_NO_MEMORY: there is none for another chunk. A part may have been written.
error_t __mustuse storage_write(uint64_t offset, const void *buf, size_t len);

#endif
