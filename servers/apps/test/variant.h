#ifndef __VARIANT_H__
#define __VARIANT_H__

/// \file
/// What is different with an MMU (paging.c) and without (fixed_memory.c).

#include <types.h>

/// Creates the kernel's task for the thread number `index`, so that it runs thread_entry; `pager` is the
/// main task but in tests of errors.
error_t __mustuse variant_create_task(unsigned index, task_t tid, task_t pager, unsigned flags);

/// See thread_page_in().
bool variant_page_in(unsigned index, task_t tid, vaddr_t vaddr, unsigned fault);

/// There are no threads any more.
void variant_all_ended(void);

/// Without an MMU: the first of the guard words of a thread's stack.
volatile uint32_t *variant_stack_bottom(unsigned index);

/// CONFIG_OOL_MAX + 1 bytes to send.
const uint8_t *variant_payload(void);

/// Addresses that a program must not read, and must not write. The kernel refuses them, whatever the
/// length (but for 0) of what is there.
extern const uintptr_t variant_unreadable[], variant_unwritable[];
extern const unsigned variant_num_unreadable, variant_num_unwritable;

/// The crashes that test_crasher knows; NULL at the end.
extern const char *const variant_crashes[];

#endif
