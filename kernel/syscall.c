#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/info.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/kdebug.h>
#include <kernel/loan.h>
#include <kernel/memory.h>
#include <kernel/rights.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

// ---- Light system calls: they never wait, nor are they made again --------------------------------

static intptr_t light_none(uintptr_t a0 __unused, uintptr_t a1 __unused) {
    return ERR_INVALID_ARG;
}

static intptr_t light_nop(uintptr_t a0 __unused, uintptr_t a1 __unused) {
    return OK;
}

#ifndef ARCH_LIGHT_SYSCALLS
static intptr_t light_notify(uintptr_t a0, uintptr_t a1) {
    sharing_begin(this_cpu());
    intptr_t result = ipc_notify((task_t) a0, (notifications_t) a1);
    sharing_end(this_cpu());
    return result;
}
#endif

static intptr_t light_timer_set(uintptr_t a0, uintptr_t a1 __unused) {
    return timer_set((msec_t) a0);
}

static intptr_t light_task_self(uintptr_t a0 __unused, uintptr_t a1 __unused) {
    return current_task()->tid;
}

static intptr_t light_clock(uintptr_t a0, uintptr_t a1 __unused) {
    return (intptr_t) (a0 == CLOCK_CYCLES ? arch_cycles() : timer_uptime_ms());
}

intptr_t (*const light_syscalls[])(uintptr_t a0, uintptr_t a1) = {
    [SYS_NOP] = light_nop,
    [SYS_IPC] = light_none,  // With no flags: the entry code hands it over like the others.
#ifndef ARCH_LIGHT_SYSCALLS
    [SYS_NOTIFY] = light_notify,
#endif
    [SYS_TIMER_SET] = light_timer_set,
    [SYS_TASK_SELF] = light_task_self,
    [SYS_CLOCK] = light_clock,
};
STATIC_ASSERT(sizeof(light_syscalls) == SYS_FIRST_FULL * sizeof(light_syscalls[0]),
              "a light system call lacks its function");

// ---- The others -------------------------------------------------------------------------------------

/// The arguments of all of them.
#define ARGS                                                                                    \
    uintptr_t a0 __unused, uintptr_t a1 __unused, uintptr_t a2 __unused, uintptr_t a3 __unused, \
        uintptr_t a4 __unused, uintptr_t a5 __unused
typedef intptr_t (*handler_t)(ARGS);

static intptr_t do_console_write(ARGS) {
    return console_write(a0, a1);
}

static intptr_t do_console_read(ARGS) {
    return console_read(a0, a1);
}

static intptr_t do_irq_acquire(ARGS) {
    return irq_acquire((unsigned) a0);
}

static intptr_t do_irq_release(ARGS) {
    return irq_release((unsigned) a0);
}

static intptr_t do_task_create(ARGS) {
    return task_create((task_t) a0, a1, a2, (task_t) a3, (unsigned) a4, a5);
}

static intptr_t do_task_destroy(ARGS) {
    return task_destroy((task_t) a0);
}

static intptr_t do_task_exit(ARGS) {
    task_stop(EXP_EXIT, (int) a0, 0);
    return SYSCALL_PENDING;
}

static intptr_t do_task_schedule(ARGS) {
    return task_schedule((task_t) a0, (int) a1);
}

static intptr_t do_vm_map(ARGS) {
    return a5 ? memory_map_pages((task_t) a0, a1, a2, a3, (unsigned) a4, a5)
              : memory_map((task_t) a0, a1, a2, a3, (unsigned) a4);
}

static intptr_t do_vm_unmap(ARGS) {
    return memory_unmap((task_t) a0, a1);
}

static intptr_t do_grant(ARGS) {
    return rights_grant((task_t) a0, (unsigned) a1, a2, a3);
}

static intptr_t do_kdebug(ARGS) {
    return kdebug_syscall(a0, a1, a2, a3);
}

static intptr_t do_klog_read(ARGS) {
    return klog_read(a0, a1, a2);
}

static intptr_t do_power(ARGS) {
    if (!(current_task()->flags & TASK_RIGHT_POWER)) {
        return ERR_NOT_PERMITTED;
    }
    switch (a0) {
    case POWER_OFF:
        board_power_off((int) MIN(a1, (uintptr_t) BOARD_STATUS_PANIC - 1));
    case POWER_REBOOT:
        board_reboot();
    default:
        return ERR_INVALID_ARG;
    }
}

static intptr_t do_info(ARGS) {
    return info_syscall((unsigned) a0, (unsigned) a1, a2, a3);
}

#ifdef CONFIG_MMU
static intptr_t do_trace(ARGS) {
    return trace_syscall((unsigned) a0, a1, a2, a3);
}

static intptr_t do_accept_loans(ARGS) {
    return loan_accept(a0, a1);
}

static intptr_t do_console_feed(ARGS) {
    return console_feed(a0, a1);
}
#    define NUM_HANDLED NUM_SYSCALLS
#else
// The last ones can't be had, and small parts have no room for saying so.
#    define NUM_HANDLED SYS_TRACE
#endif

static const handler_t handlers[NUM_HANDLED - SYS_FIRST_FULL] = {
    [SYS_CONSOLE_WRITE - SYS_FIRST_FULL] = do_console_write,
    [SYS_CONSOLE_READ - SYS_FIRST_FULL] = do_console_read,
    [SYS_IRQ_ACQUIRE - SYS_FIRST_FULL] = do_irq_acquire,
    [SYS_IRQ_RELEASE - SYS_FIRST_FULL] = do_irq_release,
    [SYS_TASK_CREATE - SYS_FIRST_FULL] = do_task_create,
    [SYS_TASK_DESTROY - SYS_FIRST_FULL] = do_task_destroy,
    [SYS_TASK_EXIT - SYS_FIRST_FULL] = do_task_exit,
    [SYS_TASK_SCHEDULE - SYS_FIRST_FULL] = do_task_schedule,
    [SYS_VM_MAP - SYS_FIRST_FULL] = do_vm_map,
    [SYS_VM_UNMAP - SYS_FIRST_FULL] = do_vm_unmap,
    [SYS_GRANT - SYS_FIRST_FULL] = do_grant,
    [SYS_KDEBUG - SYS_FIRST_FULL] = do_kdebug,
    [SYS_KLOG_READ - SYS_FIRST_FULL] = do_klog_read,
    [SYS_POWER - SYS_FIRST_FULL] = do_power,
    [SYS_INFO - SYS_FIRST_FULL] = do_info,
#ifdef CONFIG_MMU
    [SYS_TRACE - SYS_FIRST_FULL] = do_trace,
    [SYS_ACCEPT_LOANS - SYS_FIRST_FULL] = do_accept_loans,
    [SYS_CONSOLE_FEED - SYS_FIRST_FULL] = do_console_feed,
#endif
};

static intptr_t full_syscall(struct task *task, uintptr_t number) {
    return handlers[number - SYS_FIRST_FULL](arch_syscall_arg(task, 0), arch_syscall_arg(task, 1),
                                             arch_syscall_arg(task, 2), arch_syscall_arg(task, 3),
                                             arch_syscall_arg(task, 4), arch_syscall_arg(task, 5));
}

void kernel_syscall(void) {
    struct task *task = current_task();
    uintptr_t number = arch_syscall_number(task);
    intptr_t result = ERR_INVALID_ARG;
    if ((number & ((1u << IPC_FLAGS_SHIFT) - 1)) == SYS_IPC) {
        sharing_begin(this_cpu());
        result = ipc_syscall();
        sharing_end(this_cpu());
#ifndef ARCH_LIGHT_SYSCALLS
    } else if (number < SYS_FIRST_FULL) {
        result = light_syscalls[number](arch_syscall_arg(task, 0), arch_syscall_arg(task, 1));
#endif
    } else if (number < NUM_HANDLED) {
        result = full_syscall(task, number);
    }
    // A call that is pending has its result set by whoever completes it.
    if (result != SYSCALL_PENDING) {
        arch_syscall_set_result(task, result);
    }
}
