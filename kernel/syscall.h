#ifndef __KERNEL_SYSCALL_H__
#define __KERNEL_SYSCALL_H__

#include <types.h>

/// A system call's user memory has faulted, as arch_copy_fault() tells: the task's pager hears of it,
/// then the task makes the call again. Returns SYSCALL_PENDING.
error_t __mustuse syscall_fault(void);

/// SYS_INFO, with a user address.
error_t __mustuse info_syscall(unsigned kind, unsigned index, vaddr_t buf, size_t len);

#endif
