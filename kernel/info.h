#ifndef __KERNEL_INFO_H__
#define __KERNEL_INFO_H__

/// \file
/// What programs may know about the kernel, the tasks and the CPUs.

#include <types.h>

/// SYS_INFO, with a user address.
error_t __mustuse info_syscall(unsigned kind, unsigned index, vaddr_t buf, size_t len);

#endif
