#ifndef __KERNEL_TRACE_H__
#define __KERNEL_TRACE_H__

/// \file
/// Who sent what to whom: events that are kept in a ring until a program reads them. A kernel without
/// CONFIG_TRACE has none of this; one that has it but doesn't record tests a flag per message.

#include <config.h>
#include <kernel/task.h>

#ifdef CONFIG_TRACE

extern bool trace_enabled;

/// Whether events are being recorded: a path that can't tell of its messages is to be left then.
static inline bool trace_on(void) {
    return __builtin_expect(trace_enabled, false);
}

// What trace_message() and its sisters do while events are recorded.
void trace_record_message(struct task *src, struct task *dst, bool delivered);
void trace_record_receive(struct task *dst);
void trace_record_report(struct task *task, bool delivered);
void trace_record(enum trace_kind kind, task_t src, task_t dst, uint32_t value);
void trace_record_created(task_t creator, const struct task *task);

/// SYS_TRACE.
intptr_t __mustuse trace_syscall(unsigned what, uintptr_t index, vaddr_t buf, size_t len);

#else

static inline bool trace_on(void) {
    return false;
}

static inline void trace_record_message(struct task *src __unused, struct task *dst __unused,
                                        bool delivered __unused) {}
static inline void trace_record_receive(struct task *dst __unused) {}
static inline void trace_record_report(struct task *task __unused, bool delivered __unused) {}
static inline void trace_record(enum trace_kind kind __unused, task_t src __unused,
                                task_t dst __unused, uint32_t value __unused) {}
static inline void trace_record_created(task_t creator __unused, const struct task *task __unused) {
}

static inline intptr_t __mustuse trace_syscall(unsigned what __unused, uintptr_t index __unused,
                                               vaddr_t buf __unused, size_t len __unused) {
    return ERR_UNAVAILABLE;
}

#endif

/// `src`, in SYS_IPC, has sent a message: it is `delivered` in the `msg` of `dst`, or waits in its own.
static inline void trace_message(struct task *src, struct task *dst, bool delivered) {
    if (trace_on()) {
        trace_record_message(src, dst, delivered);
    }
}

/// `dst` has taken what is in its `msg` now from somebody who waited.
static inline void trace_receive(struct task *dst) {
    if (trace_on()) {
        trace_record_receive(dst);
    }
}

/// `task` has faulted or stopped; its pager has been told, or will be.
static inline void trace_report(struct task *task, bool delivered) {
    if (trace_on()) {
        trace_record_report(task, delivered);
    }
}

/// What has no message: TRACE_NOTIFY, TRACE_RESUME, TRACE_ABORT, TRACE_DESTROY.
static inline void trace_event(enum trace_kind kind, task_t src, task_t dst, uint32_t value) {
    if (trace_on()) {
        trace_record(kind, src, dst, value);
    }
}

static inline void trace_created(task_t creator, const struct task *task) {
    if (trace_on()) {
        trace_record_created(creator, task);
    }
}

#endif
