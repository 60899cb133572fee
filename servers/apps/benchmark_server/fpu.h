#ifndef __FPU_H__
#define __FPU_H__

/// \file
/// What ties a task to a CPU: <arch>.c.

/// Uses the FPU. Its registers stay in this CPU until another task uses them, and the task stays with them.
/// Where there is no FPU there is one CPU.
void fpu_use(void);

#endif
