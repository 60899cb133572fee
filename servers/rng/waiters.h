#ifndef __WAITERS_H__
#define __WAITERS_H__

/// \file
/// Clients who wait until the generator is seeded.

#include <types.h>

/// More than there are programs that need something random while the system starts.
#define WAITERS_MAX 32

/// `len` bytes are wanted; 0: a number. ERR_TRY_AGAIN: too many wait.
error_t __mustuse waiters_add(task_t client, size_t len);
/// Takes the one that has waited longest. False: there is none.
bool waiters_take(task_t *client, size_t *len);

#endif
