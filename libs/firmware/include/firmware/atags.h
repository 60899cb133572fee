#ifndef __FIRMWARE_ATAGS_H__
#define __FIRMWARE_ATAGS_H__

/// \file
/// Reads a tagged list (ATAGs): what ARM boot loaders pass where there is no device tree ("Booting
/// ARM Linux", section 4).

#include <types.h>

/// What a list says. Strings are into the list.
struct atags {
    unsigned num_ranges;  ///< Of RAM; more than fit are left out.
    struct {
        uint64_t base;
        uint64_t len;
    } ranges[4];
    const char *cmdline;  ///< "" if there is none.
};

/// Reads the list at `list`, which is 4-byte-aligned and ends within `max_len` bytes. False: there
/// is none, or it is damaged.
bool atags_read(const void *list, size_t max_len, struct atags *atags);

#endif
