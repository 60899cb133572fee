#ifndef __FUZZ_COMPARE_H__
#define __FUZZ_COMPARE_H__

/// \file
/// Whether the kernel's tasks are what the model's are: what SYS_INFO tells of each, the result of
/// its last system call, what is in its memory.

#include "model.h"

/// After a step. Ends in fuzz_failed() if something differs.
void compare_all(void);

/// The task's buffers are to be looked at, too.
void compare_buffers(struct model_task *task);

#endif
