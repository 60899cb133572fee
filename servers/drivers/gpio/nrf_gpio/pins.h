#ifndef __PINS_H__
#define __PINS_H__

/// \file
/// The pins that anybody may use. Errors are those of idl/gpio.idl.

#include <message.h>
#include <types.h>

/// Takes all pins out of whatever state they are in. ERR_NOT_PERMITTED: the manifest doesn't give us the
/// port.
error_t pins_init(void);
error_t pins_set_mode(unsigned pin, int mode);
error_t pins_set(unsigned pin, bool high);
error_t pins_get(unsigned pin, bool *high, int *mode);

#endif
