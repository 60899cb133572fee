#ifndef __VM_LAUNCH_H__
#define __VM_LAUNCH_H__

/// \file
/// Starts programs.

#include "task.h"

/// Starts a program with the rights of its manifest entry.
/// \param cmdline   The program's name, and its arguments after a space; shorter than
///                  USER_ARGS_LEN.
/// \param launcher  Who asked for it.
/// \return  The new task's ID, or ERR_NOT_FOUND (no such program), ERR_NOT_PERMITTED (no manifest
///          entry stands for it), ERR_INVALID_ARG (the command line, or the program, is malformed),
///          ERR_TOO_LARGE (the command line), ERR_NO_MEMORY, ERR_UNAVAILABLE (no task slot is
///          free), ERR_IN_USE (its RAM is: without an MMU). Nothing is left behind then.
task_t launch(const char *cmdline, task_t launcher) __mustuse;

#endif
