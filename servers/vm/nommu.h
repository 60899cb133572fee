#ifndef __VM_NOMMU_H__
#define __VM_NOMMU_H__

/// \file
/// What replaces paging where there is no MMU: programs lie in flash, their RAM is of a fixed size
/// and at a fixed place, and the only question is whether it is free.

#include <program_table.h>

#include "task.h"

/// A program is its entry in the table.
struct program {
    struct program_entry entry;
};

/// Checks the whole table, so that everything else can trust it.
/// \return  NULL if all is well, else what is wrong with it, for a log line.
const char *programs_init(const struct program_table *table);

/// \return  The program, or NULL if there are no more.
const struct program *programs_at(size_t index);

/// \return  The program of that name, or NULL. Never vm.
const struct program *programs_find(const char *name);

/// \return  The task whose RAM has a part of the program's, or NULL.
const struct task *programs_find_user(const struct program *program);

/// Bytes of RAM that the board has, and that neither the kernel nor a task uses.
size_t programs_ram_total(void);
size_t programs_ram_free(void);

#endif
