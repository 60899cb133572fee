#ifndef __DM_FILTER_H__
#define __DM_FILTER_H__

/// \file
/// What a driver may do to its device's configuration.

#include "bus.h"

/// ERR_INVALID_ARG: there is nothing of that size at that offset.
error_t filter_check_read(offset_t offset, unsigned size) __mustuse;

/// ERR_NOT_PERMITTED: the write would change where the device answers, how it interrupts or whether it may access
/// memory; or reset it, which does all of that. ERR_INVALID_ARG as above.
error_t filter_check_write(const struct pci_device *device, offset_t offset, unsigned size,
                           uint32_t value) __mustuse;

#endif
