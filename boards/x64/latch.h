#ifndef __LATCH_H__
#define __LATCH_H__

/// \file
/// An interrupt line on which something is told once, by an edge or a message. The machine forgets what comes while
/// such a line is masked, so it stays open there, and what comes is remembered here until the line is unmasked.

#include <types.h>

enum latch_state {
    LATCH_SHUT = 0,  ///< Masked in the machine, too: it has not been unmasked yet.
    LATCH_MASKED,
    LATCH_OPEN,
    LATCH_ARRIVED  ///< Masked, and something has come. More needn't come: a pin is masked in the machine, too.
};

struct latch {
    uint8_t state;  ///< LATCH_*, written by any CPU.
};

/// Masks the line. What has come stays.
static inline void latch_mask(struct latch *latch) {
    uint8_t expected = LATCH_OPEN;
    __atomic_compare_exchange_n(&latch->state, &expected, LATCH_MASKED, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
}

/// Unmasks the line. Returns what it was before: of LATCH_ARRIVED the caller makes an interrupt.
static inline enum latch_state latch_unmask(struct latch *latch) {
    return (enum latch_state) __atomic_exchange_n(&latch->state, LATCH_OPEN, __ATOMIC_SEQ_CST);
}

/// Something has come. False: the line is masked, so it is remembered.
static inline bool latch_arrive(struct latch *latch) {
    uint8_t state = __atomic_load_n(&latch->state, __ATOMIC_RELAXED);
    while (UNLIKELY(state != LATCH_OPEN)) {
        if (__atomic_compare_exchange_n(&latch->state, &state, LATCH_ARRIVED, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return false;
        }
    }
    return true;
}

static inline bool latch_has_arrived(const struct latch *latch) {
    return __atomic_load_n(&latch->state, __ATOMIC_SEQ_CST) == LATCH_ARRIVED;
}

#endif
