#ifndef __ARCH_SYSCALL_H__
#define __ARCH_SYSCALL_H__

/// \file
/// How the library's code enters the kernel where it runs under test: a fake one, the test's own.

#include <kernel_abi.h>
#include <message.h>

error_t arch_ipc(unsigned flags, task_t peer, struct message *m, const struct ool_buffer *ool);

#endif
