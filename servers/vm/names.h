#ifndef __VM_NAMES_H__
#define __VM_NAMES_H__

/// \file
/// Comparing names, as every search through a table does.

#include <string.h>

/// Whether two names are the same. Most names differ in the first character already.
static inline __attribute__((always_inline)) bool is_same_name(const char *a, const char *b) {
    return a[0] == b[0] && !strcmp(a, b);
}

#endif
