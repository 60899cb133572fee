#ifndef __LOOKUP_H__
#define __LOOKUP_H__

/// \file
/// From paths to entries.

#include "node.h"

/// Where a path leads.
struct target {
    bool is_root;                 ///< The rest means nothing then.
    uint32_t directory;           ///< In which the last name is, or would be.
    struct place_for_name place;  ///< `place.name` is that name.
};

/// Finds the directory that the last name of a path is in. ERR_NOT_FOUND; ERR_NOT_ACCEPTABLE: the path leads through a file, or
/// through the directory that begins with the cluster `forbidden`.
error_t __mustuse lookup_parent(struct fat *fat, const char *path, uint32_t forbidden,
                                struct target *target);
/// The same, and finds the name itself: target->place.entries stands at it.
error_t __mustuse lookup(struct fat *fat, const char *path, struct target *target);
/// Where the entry is that the walk stands at.
void lookup_location(const struct target *target, struct location *location);

#endif
