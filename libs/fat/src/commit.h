#ifndef __COMMIT_H__
#define __COMMIT_H__

/// \file
/// Writing changes to the disk, in an order that survives a power cut at any time.

#include "volume.h"

/// Something is about to be changed.
error_t __mustuse commit_begin_change(struct fat *fat);
/// All changes so far are durable when this returns OK, and pending clusters are free. Otherwise everything that was changed
/// is told to what is open.
error_t __mustuse commit(struct fat *fat);
/// Whether there is anything for a commit to do.
bool commit_is_due(const struct fat *fat);
/// The same, if the cache has little room left for what has to be written in order.
error_t __mustuse commit_if_tight(struct fat *fat);
/// The same, but writes nothing except for the table: for use within a commit.
error_t __mustuse commit_table_if_tight(struct fat *fat);
/// Frees a chain from `first` on, or what comes behind `keep`, with the next commit. May commit right now.
error_t __mustuse commit_free_later(struct fat *fat, uint32_t first, uint32_t keep);

/// Whether what comes behind `keep` is to be freed with the next commit.
bool commit_will_cut(const struct fat *fat, uint32_t keep);

#endif
