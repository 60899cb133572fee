#ifndef __ERROR_NAME_H__
#define __ERROR_NAME_H__

#include <types.h>

/// "ERR_NOT_FOUND" for ERR_NOT_FOUND, "OK" for what is no error, "unknown error" for the rest.
const char *error_name(error_t err);

#endif
