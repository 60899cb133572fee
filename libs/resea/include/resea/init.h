#ifndef __RESEA_INIT_H__
#define __RESEA_INIT_H__

#include <types.h>

/// The program's entry point, which each program defines. Returning from it ends the program
/// successfully.
void main(void);

/// Called by the machine's start-up code once there is a stack.
__noreturn void resea_init(void);

/// Prepares malloc. Calls before this one fail.
void malloc_init(void);

#endif
