#ifndef __FUZZ_SEQUENCE_H__
#define __FUZZ_SEQUENCE_H__

/// \file
/// Runs whole sequences, each in a process of its own from its boot on, so that it always comes out
/// the same; shows those that fail as short as they get.

#include "generate.h"
#include "op.h"
#include "user.h"

/// Steps of one sequence.
#define SEQUENCE_LEN 10000

/// What a child has come to, where its parent sees it.
struct progress {
    struct setup setup;
    size_t num;          ///< Steps begun.
    size_t done;         ///< Those of them that made sense.
    size_t calls, fast;  ///< Calls and answers that might have taken the fast path, that have.
    struct op ops[SEQUENCE_LEN];
    uint32_t seen[SEQUENCE_LEN][NUM_SLOTS + 1];  ///< exec_seen() after each step.
};

/// Once, before all else. NULL: there is no memory for it.
const struct progress *sequence_init(void);

/// Makes up a sequence. `at_end`, if it isn't NULL, is called in the child when all is well.
/// Returns whether it failed.
bool sequence_make_up(struct source source, void (*at_end)(void));

/// Runs one that is known.
bool sequence_fails(const struct setup *setup, const struct op *ops, size_t num);

/// Shows one that fails, as short as it gets.
void sequence_show(const struct setup *setup, struct op *ops, size_t num);
/// The same for the one that was made up last.
void sequence_show_last(void);

#endif
