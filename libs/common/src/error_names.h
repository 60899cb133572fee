#ifndef __ERROR_NAMES_H__
#define __ERROR_NAMES_H__

/// \file
/// What the two error_name()s have in common: boards without an MMU have no room for names of errors that they
/// never see.

#include <error_name.h>

/// Entries of a table by number; who includes this defines NAME(err), an entry.
#define NAMES_OF_ALL_BOARDS                                                                   \
    NAME(ERR_NO_MEMORY), NAME(ERR_NOT_PERMITTED), NAME(ERR_WOULD_BLOCK), NAME(ERR_ABORTED),   \
        NAME(ERR_TOO_LARGE), NAME(ERR_TOO_SMALL), NAME(ERR_NOT_FOUND), NAME(ERR_INVALID_ARG), \
        NAME(ERR_INVALID_TASK), NAME(ERR_ALREADY_EXISTS), NAME(ERR_UNAVAILABLE),              \
        NAME(ERR_NOT_ACCEPTABLE), NAME(ERR_EMPTY), NAME(DONT_REPLY), NAME(ERR_IN_USE),        \
        NAME(ERR_TRY_AGAIN), NAME(ERR_END), NAME(ERR_IO), NAME(ERR_NO_SPACE)

static inline const char *error_name_in(const char *const *names, int count, error_t err) {
    if (IS_OK(err)) {
        return "OK";
    }
    return (err > -count) ? names[-err] : "unknown error";
}

#endif
