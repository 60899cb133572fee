#ifndef __SUGGEST_H__
#define __SUGGEST_H__

/// \file
/// Finds what the user may have meant by a name that doesn't exist.

#include <types.h>

/// Bytes of the longest name, its NUL included. Longer ones are cut.
#define SUGGEST_NAME_LEN 24

/// Keeps the best of the names it is offered.
struct suggestion {
    const char *wanted;
    /// The closest one so far, empty if none is close.
    char best[SUGGEST_NAME_LEN];
    unsigned distance;
};

/// Names with more differences than this aren't suggested.
#define SUGGEST_MAX_DISTANCE 2

void suggest_init(struct suggestion *suggestion, const char *wanted);
/// Offers a name.
void suggest_offer(struct suggestion *suggestion, const char *name);

#endif
