#ifndef __PROGRAMS_H__
#define __PROGRAMS_H__

/// \file
/// The programs that can be launched: what vm finds in bootfs.

#include <types.h>

void programs_init(void);
/// The name of a program, counted from 0; NULL if there are no more.
const char *program_at(size_t index);

#endif
