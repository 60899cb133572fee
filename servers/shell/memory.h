#ifndef __MEMORY_H__
#define __MEMORY_H__

/// \file
/// Where there is an MMU: what memory each task has.

#include "builtin.h"

/// The command `mem`.
int memory_list(const struct command *command);

#endif
