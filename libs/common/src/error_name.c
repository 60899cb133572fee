#include <error_name.h>

#define NAME(err) [-(err)] = #err

static const char *const names[] = {
    NAME(ERR_NO_MEMORY),      NAME(ERR_NOT_PERMITTED), NAME(ERR_WOULD_BLOCK),
    NAME(ERR_ABORTED),        NAME(ERR_TOO_LARGE),     NAME(ERR_TOO_SMALL),
    NAME(ERR_NOT_FOUND),      NAME(ERR_INVALID_ARG),   NAME(ERR_INVALID_TASK),
    NAME(ERR_ALREADY_EXISTS), NAME(ERR_UNAVAILABLE),   NAME(ERR_NOT_ACCEPTABLE),
    NAME(ERR_EMPTY),          NAME(DONT_REPLY),        NAME(ERR_IN_USE),
    NAME(ERR_TRY_AGAIN),      NAME(ERR_END),           NAME(ERR_IO),
    NAME(ERR_NO_SPACE),
};

const char *error_name(error_t err) {
    if (IS_OK(err)) {
        return "OK";
    }

    const int count = sizeof(names) / sizeof(names[0]);
    return (err > -count) ? names[-err] : "unknown error";
}
