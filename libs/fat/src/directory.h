#ifndef __DIRECTORY_H__
#define __DIRECTORY_H__

/// \file
/// What is in a directory: looking for it, adding to it, removing from it.

#include "entries.h"

/// Where an entry is.
struct location {
    uint32_t directory;
    uint32_t first;  ///< The first entry of its long name, or `index`.
    uint32_t index;
    uint64_t place;
};

/// A name that is to be in a directory.
struct place_for_name {
    struct name name;
    uint8_t alias[SHORT_LEN];  ///< The short name it would have.
    bool needs_number;
    struct entries entries;  ///< If it is there, the walk stands at it.
};

/// Looks for a name. ERR_NOT_FOUND: the walk has come to the end.
error_t __mustuse directory_find(struct fat *fat, uint32_t directory, const struct name *name,
                                 struct entries *entries);
/// Looks for place->name, and notes where it could be added. ERR_NOT_FOUND: it isn't there. `ignored`: the entry number that is to
/// vanish when the name is added; NO_INDEX: none.
error_t __mustuse directory_prepare(struct fat *fat, uint32_t directory, uint32_t ignored,
                                    struct place_for_name *place);
/// Gives the entry its short name: an alias that no other one has.
error_t __mustuse directory_choose_alias(struct fat *fat, uint32_t directory,
                                         struct place_for_name *place, uint8_t *entry);
/// Adds the name with an entry, whose short name has been chosen. ERR_NO_SPACE.
error_t __mustuse directory_add(struct fat *fat, uint32_t directory,
                                const struct place_for_name *place, const uint8_t *entry,
                                struct location *added);
/// Writes the entries of a name, from one on.
error_t __mustuse directory_put(struct fat *fat, uint32_t directory, uint32_t first,
                                const struct name *name, const uint8_t *entry,
                                struct location *added);
/// Marks entries as deleted.
error_t __mustuse directory_remove(struct fat *fat, uint32_t directory, uint32_t first,
                                   uint32_t last);
/// ERR_NOT_ACCEPTABLE: it isn't empty.
error_t __mustuse directory_check_empty(struct fat *fat, uint32_t directory);
/// Allocates a cluster for a directory and clears it. `parent`: it gets the entries `.` and `..`; NO_INDEX: it doesn't, as
/// it is another one's next cluster.
error_t __mustuse directory_new_cluster(struct fat *fat, uint32_t parent, uint32_t *cluster);

#endif
