#ifndef __PROGRAMS_H__
#define __PROGRAMS_H__

/// \file
/// The programs that can be launched.

#include <types.h>

/// Asks vm for the name of a program, counted from 0; NULL if there are no more. The name is valid
/// until the next call.
const char *program_at(unsigned index);

#endif
