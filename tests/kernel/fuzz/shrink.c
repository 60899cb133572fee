#include "shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/// Seconds. Sequences that hang take a while each.
#define LIMIT 60

static time_t end;

/// Leaves out `len` steps from `at` on, if what is left fails.
static bool leave_out(const struct setup *setup, struct op *ops, size_t num, size_t at, size_t len,
                      fails_t fails) {
    struct op *rest = malloc(num * sizeof(*ops));
    memcpy(rest, ops, at * sizeof(*ops));
    memcpy(rest + at, ops + at + len, (num - at - len) * sizeof(*ops));
    bool good = fails(setup, rest, num - len);
    if (good) {
        memcpy(ops, rest, (num - len) * sizeof(*ops));
    }
    free(rest);
    return good;
}

/// Goes through the sequence from its end, leaving out pieces of `len` steps.
static size_t leave_out_pieces(const struct setup *setup, struct op *ops, size_t num, size_t len,
                               fails_t fails) {
    size_t at = num;
    while (at > 0 && time(NULL) < end) {
        size_t piece = len < at ? len : at;
        at -= piece;
        if (leave_out(setup, ops, num, at, piece, fails)) {
            num -= piece;
        }
    }
    return num;
}

static size_t leave_out_steps(const struct setup *setup, struct op *ops, size_t num,
                              fails_t fails) {
    size_t before = num + 1;
    for (size_t len = num / 2; len > 1; len /= 2) {
        num = leave_out_pieces(setup, ops, num, len, fails);
    }
    while (num < before) {
        before = num;
        num = leave_out_pieces(setup, ops, num, 1, fails);
    }
    return num;
}

/// Tries 0, then half of a number.
static bool simplify_number(const struct setup *setup, struct op *ops, size_t num, int *value,
                            fails_t fails) {
    const int old = *value, tries[] = {0, old / 2};
    for (size_t i = 0; old && i < 2; i++) {
        *value = tries[i];
        if (tries[i] != old && fails(setup, ops, num)) {
            return true;
        }
    }
    *value = old;
    return false;
}

static bool simplify(const struct setup *setup, struct op *ops, size_t num, fails_t fails) {
    bool any = false;
    for (size_t i = 0; i < num && time(NULL) < end; i++) {
        int *value;
        for (unsigned n = 0; (value = op_field(&ops[i], n)) != NULL; n++) {
            any |= simplify_number(setup, ops, num, value, fails);
        }
    }
    return any;
}

size_t shrink(const struct setup *setup, struct op *ops, size_t num, fails_t fails) {
    end = time(NULL) + LIMIT;
    num = leave_out_steps(setup, ops, num, fails);
    for (int round = 0; round < 8 && simplify(setup, ops, num, fails); round++) {
        num = leave_out_steps(setup, ops, num, fails);
    }
    return num;
}
