#ifndef __CRC32_H__
#define __CRC32_H__

#include <types.h>

/// The CRC-32 of ISO 3309, as GPT uses it. A checksum of several pieces: `crc` is what the last call returned, 0 for the
/// first piece.
uint32_t crc32(uint32_t crc, const void *data, size_t len);

#endif
