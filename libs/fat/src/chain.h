#ifndef __CHAIN_H__
#define __CHAIN_H__

/// \file
/// Which cluster has which part of a file.

#include "volume.h"

/// The cluster number `index` of a file's chain, and how many come one behind the other from there on: up to `wanted`, but
/// at least one. ERR_IO: the chain is shorter, or damaged.
error_t __mustuse chain_find(struct fat_node *node, uint32_t index, uint32_t wanted,
                             uint32_t *cluster, uint32_t *count);
/// Forgets what is known of the chain: it was cut.
void chain_forget(struct fat_node *node);

#endif
