#ifndef __HOST_MACHINE_H__
#define __HOST_MACHINE_H__

/// \file
/// What the parts of the simulated machine share.

#include "host.h"
#include <kernel/sched.h>
#include <kernel/smp.h>

extern uint8_t host_ram[HOST_RAM_SIZE];

/// The kernel did what no hardware would forgive: ends the program.
void host_die(const char *what);

/// Tells the listener, if there is one.
void host_tell(enum host_event event, struct task *task);

/// The current task executes its system call instruction. For host_enter().
void host_make_syscall(void);

/// Calls `callback` for all page-table pages and all mapped pages.
void host_for_each_page(struct aspace *as, void (*callback)(paddr_t paddr, bool is_table));

#endif
