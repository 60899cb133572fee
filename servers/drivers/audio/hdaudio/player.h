#ifndef __PLAYER_H__
#define __PLAYER_H__

/// \file
/// The stream of one client: what it has asked for that takes time, and what becomes of it. The
/// functions that return DONT_REPLY answer later, by player_reply.

#include <types.h>

struct player_position {
    uint64_t played;
    uint32_t underruns;
};

/// Uses the codecs that controller_codecs tells. ERR_NOT_FOUND: nothing can be heard from any of them. ERR_NO_MEMORY,
/// ERR_IO.
error_t __mustuse player_init(void);

/// ERR_IN_USE, ERR_IO.
error_t __mustuse player_open(task_t client, uint32_t *rate, handle_t *handle);

/// Keeps *frames, which malloc has made, and sets it to NULL if the answer has to wait: DONT_REPLY.
error_t __mustuse player_write(task_t client, handle_t handle, const void **frames, size_t len);
error_t __mustuse player_drain(task_t client, handle_t handle);
error_t __mustuse player_close(task_t client, handle_t handle);
error_t __mustuse player_position(task_t client, handle_t handle, struct player_position *position);

void player_get_volume(unsigned *percent, bool *muted);
error_t __mustuse player_set_volume(unsigned percent, bool muted);

/// The controller has interrupted.
void player_interrupt(void);
/// A client has ended: nobody is answered.
void player_forget(task_t client);
/// Who has the stream; 0: nobody.
task_t player_client(void);

/// Answers a write (`drained`: a drain) that had to wait. The server's.
void player_reply(task_t client, bool drained, error_t err);

#endif
