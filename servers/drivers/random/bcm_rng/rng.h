#ifndef __RNG_H__
#define __RNG_H__

#include <types.h>

/// Between two words. The generator makes about a million bits a second.
#define RNG_TIMEOUT_MS 100
/// How often in a row a word may come again: a fair source does so once in 2^64 words.
#define RNG_REPEATS_MAX 2
/// Words of the self test.
#define RNG_TEST_WORDS 64

/// Maps the registers and starts the generator. ERR_NO_MEMORY, ERR_NOT_PERMITTED.
error_t __mustuse rng_init(void);

/// Whether there is a word: after the start it takes some hundred milliseconds until there is one.
bool rng_has_word(void);

/// Draws RNG_TEST_WORDS words, which it throws away: each bit must have been both 0 and 1, which fails
/// by mere chance once in 2^58. Errors as those of rng_read. To be called when rng_has_word() says so.
error_t __mustuse rng_self_test(void);

/// Waits for a word, RNG_TIMEOUT_MS at most. ERR_UNAVAILABLE: none came, or more than RNG_REPEATS_MAX
/// repetitions. The generator is broken then, and must not be asked again.
error_t __mustuse rng_read(uint32_t *word);

#endif
