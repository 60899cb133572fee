#ifndef __RESEA_HANDLE_H__
#define __RESEA_HANDLE_H__

/// \file
/// Handles: the numbers by which clients name what a server keeps for them (an open file). A handle is
/// good for its owner only, and once freed for nobody: what a client sends can be passed to these
/// functions unchecked.

#include <types.h>

/// What a client can have at a time.
#define HANDLES_PER_OWNER 1024

/// A new handle, whose data is NULL. ERR_NO_MEMORY: the owner has too many, or malloc failed.
handle_t handle_alloc(task_t owner);
/// A new handle for a client, with its data, and has vm tell when the client ends: see async_take_exits, and call handle_free_all
/// then. ERR_INVALID_TASK: it has ended. Leaves nothing behind after an error.
error_t __mustuse handle_give(task_t client, void *data, handle_t *handle);
/// The handle's data; NULL if the owner has no such handle.
void *handle_get(task_t owner, handle_t handle);
/// ERR_NOT_FOUND if the owner has no such handle.
error_t handle_set(task_t owner, handle_t handle, void *data);
/// Does nothing if the owner has no such handle. Freeing the data is the caller's business.
void handle_free(task_t owner, handle_t handle);
/// Frees all of the owner's handles, as when it has exited. `before_free`, if not NULL, is called with
/// the data of each.
void handle_free_all(task_t owner, void (*before_free)(void *data));

#endif
