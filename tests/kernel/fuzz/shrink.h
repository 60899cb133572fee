#ifndef __FUZZ_SHRINK_H__
#define __FUZZ_SHRINK_H__

/// \file
/// Delta debugging: looks for a shorter and simpler sequence that still fails.

#include "op.h"

typedef bool (*fails_t)(const struct setup *setup, const struct op *ops, size_t num);

/// Leaves steps out of `ops` and makes numbers 0, for a minute at most. Returns how many steps
/// are left.
size_t shrink(const struct setup *setup, struct op *ops, size_t num, fails_t fails);

#endif
