#ifndef __TABLE_H__
#define __TABLE_H__

/// \file
/// The file allocation table: which cluster comes behind which.

#include "volume.h"

#define TABLE_FREE 0
/// The last one of a chain.
#define TABLE_END 0x0fffffffu
/// Anything that is neither free, nor the end, nor a cluster of the volume.
#define TABLE_BAD 0x0ffffff7u

/// What the table says of a cluster: TABLE_* or the next one.
error_t __mustuse table_get(struct fat *fat, uint32_t cluster, uint32_t *value);
/// The next one of a chain, or TABLE_END. ERR_IO: the chain is damaged.
error_t __mustuse table_next(struct fat *fat, uint32_t cluster, uint32_t *next);
/// ERR_NO_MEMORY: the cache has to be written first.
error_t __mustuse table_set(struct fat *fat, uint32_t cluster, uint32_t value);
/// Allocates a chain of `count` clusters behind `last` (0: a new one); all or nothing. ERR_NO_SPACE. May commit.
error_t __mustuse table_extend(struct fat *fat, uint32_t last, uint32_t count, uint32_t *first);
/// Frees a chain. Stops without an error where it is damaged. May commit, unless `in_commit`.
error_t __mustuse table_free(struct fat *fat, uint32_t first);
/// Frees what comes behind a cluster of a chain.
error_t __mustuse table_cut(struct fat *fat, uint32_t keep);
error_t __mustuse table_count_free(struct fat *fat);
/// The flag in the table that says whether the volume is clean (ClnShutBitMask); FAT12 hasn't got it.
error_t __mustuse table_mark(struct fat *fat, bool clean);
bool __mustuse table_is_clean(struct fat *fat);

#endif
