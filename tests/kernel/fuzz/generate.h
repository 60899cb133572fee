#ifndef __FUZZ_GENERATE_H__
#define __FUZZ_GENERATE_H__

/// \file
/// Makes up steps that mostly lead somewhere, out of random numbers or of a fuzzer's bytes.

#include "op.h"

struct source {
    uint64_t state;       ///< Of the random numbers, if there are no bytes.
    const uint8_t *data;  ///< Bytes that decide instead.
    size_t len;           ///< How many are left; when there are none, all is 0.
};

struct source source_from_seed(uint64_t seed);

struct setup generate_setup(struct source *source);
struct op generate_op(struct source *source);

#endif
