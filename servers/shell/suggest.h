#ifndef __SUGGEST_H__
#define __SUGGEST_H__

/// \file
/// Finds what the user may have meant by a name that doesn't exist.

#include <types.h>

/// Keeps the best of the names it is offered.
struct suggestion {
    const char *wanted;
    const char *best;
    unsigned distance;
};

/// Names with more differences than this aren't suggested.
#define SUGGEST_MAX_DISTANCE 2

void suggest_init(struct suggestion *suggestion, const char *wanted);
/// Offers a name, which must stay valid. Afterwards, `best` is the closest one so far, or NULL if none
/// is close.
void suggest_offer(struct suggestion *suggestion, const char *name);

#endif
