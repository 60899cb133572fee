#ifndef __TESTS_CUT_H__
#define __TESTS_CUT_H__

#include "model.h"

/// \file
/// Power cuts: at every sector that is written, the disk as it is then, and as it may be if its own cache loses some of what
/// wasn't flushed, goes to a file. `fsck.fat -a` repairs it, until it has no complaint, and what was flushed must be
/// there.

struct cut {
    struct model *model;
    const char *scratch;  ///< The file.
    unsigned every;       ///< Only one of so many writes.
    uint32_t random;
    uint8_t *image;
    int fd;
    uint64_t writes, cuts, files, repaired, again;
};

/// Makes so many steps of the model.
void cut_run(struct cut *cut, uint64_t steps);

#endif
