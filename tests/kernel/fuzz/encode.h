#ifndef __FUZZ_ENCODE_H__
#define __FUZZ_ENCODE_H__

/// \file
/// All that knows how the kernel's interface is written down: the registers of SYS_IPC, the bits of
/// a message, where the kernel keeps what is compared.

#include <kernel/task.h>

#include "model.h"

/// The task makes the message system call. The only place that does.
void issue_ipc(task_t tid, const struct call *call);

/// Whether that is the system call that a task is in.
bool is_ipc(const struct task *k);
/// Whether a message has come to a task that goes on.
bool has_received(const struct task *k);

/// What came, as it ought to be in registers.
struct registers {
    int type;
    task_t src;
    uintptr_t words[IPC_WORDS];
};

/// A message as it arrives. Bytes of a payload that are in no register are in `image`, of
/// MESSAGE_SIZE bytes, where they are in a buffer. `payload` is the address of what is out of line.
struct registers encode_mail(const struct mail *mail, vaddr_t payload, void *image);

/// Where in it is what the model doesn't know: the instruction that faulted. 0: nothing of the
/// kind.
size_t encode_ip_offset(const struct mail *mail);

#endif
