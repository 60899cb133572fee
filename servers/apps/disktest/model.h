#ifndef __MODEL_H__
#define __MODEL_H__

/// \file
/// What should be on the disk. The contents of a sector follow from its number and from how often it has been written, and a
/// whole run from its seed: tests/x64/disks.py knows the same rules, and so what the image must look like afterwards.

#include <types.h>

#define MODEL_SECTOR_LEN 512
/// Sectors from the disk's first one on that are used.
#define MODEL_SECTORS 16384

/// Which random numbers follow.
void model_seed(uint32_t seed);
/// A number from 0 to `limit` - 1.
uint32_t model_random(uint32_t limit);

/// Counts the sector as written once more.
void model_write(uint32_t sector);
/// Fills in what the sector should have.
void model_fill(uint32_t sector, uint8_t *buf);
/// Whether it has that. Prints what is wrong otherwise.
bool model_check(uint32_t sector, const uint8_t *buf);

/// Whether the sector was written since the last model_flushed.
bool model_is_unflushed(uint32_t sector);
void model_flushed(void);

#endif
