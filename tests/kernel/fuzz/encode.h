#ifndef __FUZZ_ENCODE_H__
#define __FUZZ_ENCODE_H__

/// \file
/// All that knows how the kernel's interface is written down: the arguments of SYS_IPC, the bits of
/// a message, where the kernel keeps what is compared. A new encoding changes this file and no
/// other.

#include "model.h"

/// The task makes the message system call. The only place that does. `fast`: on the fast path.
void issue_ipc(task_t tid, const struct call *call, bool fast);

/// The bytes of a message as they are in a buffer, MESSAGE_SIZE at most; returns how many.
/// `payload` is the address of what is out of line.
size_t encode_mail(const struct mail *mail, vaddr_t payload, void *image);

/// Where in it is what the model doesn't know: the instruction that faulted. 0: nothing of the
/// kind.
size_t encode_ip_offset(const struct mail *mail);

#endif
