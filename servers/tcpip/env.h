#ifndef __ENV_H__
#define __ENV_H__

/// \file
/// What <inet/env.h> asks of the server: time, one timer, random numbers.

#include <types.h>

/// Time will have passed when the next message has come: at a turn's end.
void env_new_turn(void);
/// Does what is due of the protocols.
void env_run_due(void);
/// Whether something is due already.
bool env_is_due(void);
/// Before waiting: sets the task's timer if it isn't set already, for what the protocols want.
void env_arm_timer(void);
/// The task's timer has run out.
void env_timer_ran_out(void);

#endif
