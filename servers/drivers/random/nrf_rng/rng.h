#ifndef __RNG_H__
#define __RNG_H__

/// \file
/// The generator, by interrupt: a byte at a time into a small pool. It runs while the pool isn't full.

#include <types.h>

/// The generator makes a byte within this time, or is broken.
#define RNG_BYTE_TIMEOUT_MS 100

/// ERR_NOT_PERMITTED: the manifest doesn't give us the device.
error_t rng_init(void);

/// Takes 4 bytes from the pool, which are never given again. ERR_EMPTY: there aren't as many yet.
/// ERR_UNAVAILABLE: the generator is broken.
error_t rng_take(uint32_t *number);

/// After an interrupt: takes the byte. Returns whether there was one.
bool rng_interrupt(void);

/// There has been no byte for too long: gives the generator up.
void rng_timed_out(void);

/// Whether a byte is to come.
bool rng_is_running(void);

#endif
