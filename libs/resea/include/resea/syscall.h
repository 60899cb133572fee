#ifndef __RESEA_SYSCALL_H__
#define __RESEA_SYSCALL_H__

/// \file
/// The system calls as they are: each enters the kernel once and returns what it returns. Programs use
/// the friendlier <resea/ipc.h>, <resea/task.h>, <resea/timer.h> and <resea/printf.h> for most of them.
/// <kernel_abi.h> defines the flags and structs.
///
/// An error is one of the ERR_* values. A buffer that isn't the caller's to read (or write) faults as
/// if the program had touched it itself. Only sys_ipc (<resea/sys_ipc.h>, like
/// sys_notify) waits for other tasks. Destroying a task and unmapping a page wait until the other CPUs have taken note.

#include <kernel_abi.h>
#include <message.h>
#include <resea/sys_ipc.h>
#include <types.h>

/// Does nothing, successfully.
error_t sys_nop(void);

/// In milliseconds; 0 stops the timer.
error_t sys_timer_set(msec_t timeout);
/// Milliseconds since boot. On 32-bit machines, the program must ask once in 49 days to get more than the
/// low 32 bits right.
uint64_t sys_clock(void);

/// Returns how many bytes were written.
int sys_console_write(const char *buf, size_t len);
/// Returns how many bytes were read. If that is 0, NOTIFY_CONSOLE follows once there is input.
/// ERR_NOT_PERMITTED: the manifest doesn't give the task the right "console".
int sys_console_read(char *buf, size_t len);

error_t sys_irq_acquire(unsigned irq);
error_t sys_irq_release(unsigned irq);

/// `memory`: NULL with an MMU. Without one, it is the task's, and `name` must lie in flash.
error_t sys_task_create(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags,
                        const struct task_memory *memory);
error_t sys_task_destroy(task_t tid);
__noreturn void sys_task_exit(int status);
task_t sys_task_self(void);
error_t sys_task_schedule(task_t tid, int priority);

/// Returns 1 if it took `kpage` for a page table. See vm_map in <resea/task.h>.
error_t sys_vm_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags);
/// See vm_map_pages in <resea/task.h>.
intptr_t sys_vm_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                          const uintptr_t *kpages, unsigned flags);
error_t sys_vm_unmap(task_t tid, vaddr_t vaddr);

/// `kind` is a GRANT_*.
error_t sys_grant(task_t tid, int kind, uintptr_t base, size_t len);

/// Runs a command of the kernel debugger. Returns how many bytes of its output went to `buf`.
int sys_kdebug(const char *cmd, size_t cmd_len, char *buf, size_t buf_len);
/// Reads the kernel log from *position on (0: from its oldest byte) and moves *position behind what
/// was read. Returns how many bytes that was. With a `len` of 0, NOTIFY_CONSOLE follows once there is
/// something behind *position; ERR_NOT_PERMITTED: the task hasn't got the right "console". One task is
/// told: the last one that asked.
int sys_klog_read(char *buf, size_t len, uint32_t *position);
/// `how` is POWER_OFF or POWER_REBOOT. Returns only if it fails.
error_t sys_power(int how, int status);
/// `kind` is an INFO_*. Returns how many bytes of the answer went to `buf`.
int sys_info(int kind, unsigned index, void *buf, size_t len);
/// `what` is a TRACE_*. Returns how many bytes of an event went to `buf`.
int sys_trace(int what, uintptr_t index, void *buf, size_t len);
/// Pages that are lent to the task are mapped in the `len` bytes from `window` on. See ipc_accept_loans in
/// <resea/ipc.h>.
error_t sys_accept_loans(vaddr_t window, size_t len);
/// Types on the console, for keyboards: whoever reads it finds the characters as if they had come over the
/// serial line. All of them or, with an error, none. ERR_WOULD_BLOCK: so much has been typed ahead that there
/// is no room for them. ERR_TOO_LARGE: more than CONFIG_CONSOLE_CHUNK. ERR_NOT_PERMITTED: the manifest doesn't
/// give the task the right "console". ERR_INVALID_ARG without an MMU.
error_t sys_console_feed(const char *buf, size_t len);

#endif
