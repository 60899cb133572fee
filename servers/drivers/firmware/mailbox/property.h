#ifndef __PROPERTY_H__
#define __PROPERTY_H__

/// \file
/// The property interface: tags, each a question or an order, travel to the firmware in one buffer,
/// in which it leaves its answers.

#include <types.h>

/// What a buffer has room for; more is an ERR_TOO_LARGE.
#define PROPERTY_WORDS_MAX 128

struct property_tag {
    uint32_t id;
    /// The value buffer: what is asked, and, after property_call, what was answered.
    uint32_t *values;
    size_t num_values;
    /// Of those, how many the answer must have at least. Firmware that knows a tag only by name
    /// answers with less.
    size_t num_answers;
};

/// Maps the registers, allocates the buffer, and drops answers that nobody waits for. ERR_NO_MEMORY.
error_t __mustuse property_init(void);

/// Asks the firmware. Blocks, for PROPERTY_TIMEOUT_MS at most: then, or while the answer to an older
/// request is due, ERR_TRY_AGAIN. ERR_UNAVAILABLE: the firmware doesn't know one of the tags (others
/// may have been carried out). ERR_NOT_ACCEPTABLE: it couldn't make sense of the buffer.
error_t __mustuse property_call(const struct property_tag *tags, size_t num_tags);

/// Switching a device on and waiting until its power is stable takes the longest.
#define PROPERTY_TIMEOUT_MS 1000

#endif
