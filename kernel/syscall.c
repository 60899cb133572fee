#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/info.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/kdebug.h>
#include <kernel/memory.h>
#include <kernel/rights.h>
#include <kernel/timer.h>
#include <kernel/trace.h>

typedef uintptr_t args_t[6];
typedef intptr_t (*handler_t)(const args_t a);

static intptr_t do_nop(const args_t a __unused) {
    return OK;
}

static intptr_t do_ipc(const args_t a __unused) {
    return ipc_syscall();
}

static intptr_t do_notify(const args_t a) {
    return ipc_notify((task_t) a[0], (notifications_t) a[1]);
}

static intptr_t do_timer_set(const args_t a) {
    return timer_set((msec_t) a[0]);
}

static intptr_t do_console_write(const args_t a) {
    return console_write(a[0], a[1]);
}

static intptr_t do_console_read(const args_t a) {
    return console_read(a[0], a[1]);
}

static intptr_t do_irq_acquire(const args_t a) {
    return irq_acquire((unsigned) a[0]);
}

static intptr_t do_irq_release(const args_t a) {
    return irq_release((unsigned) a[0]);
}

static intptr_t do_task_create(const args_t a) {
    return task_create((task_t) a[0], a[1], a[2], (task_t) a[3], (unsigned) a[4], a[5]);
}

static intptr_t do_task_destroy(const args_t a) {
    return task_destroy((task_t) a[0]);
}

static intptr_t do_task_exit(const args_t a) {
    task_stop(EXP_EXIT, (int) a[0], 0);
    return SYSCALL_PENDING;
}

static intptr_t do_task_self(const args_t a __unused) {
    return current_task()->tid;
}

static intptr_t do_task_schedule(const args_t a) {
    return task_schedule((task_t) a[0], (int) a[1]);
}

static intptr_t do_vm_map(const args_t a) {
    return memory_map((task_t) a[0], a[1], a[2], a[3], (unsigned) a[4]);
}

static intptr_t do_vm_unmap(const args_t a) {
    return memory_unmap((task_t) a[0], a[1]);
}

static intptr_t do_grant(const args_t a) {
    return rights_grant((task_t) a[0], (unsigned) a[1], a[2], a[3]);
}

static intptr_t do_kdebug(const args_t a) {
    return kdebug_syscall(a[0], a[1], a[2], a[3]);
}

static intptr_t do_klog_read(const args_t a) {
    return klog_read(a[0], a[1], a[2]);
}

static intptr_t do_power(const args_t a) {
    if (!(current_task()->flags & TASK_RIGHT_POWER)) {
        return ERR_NOT_PERMITTED;
    }
    switch (a[0]) {
    case POWER_OFF:
        board_power_off((int) MIN(a[1], (uintptr_t) BOARD_STATUS_PANIC - 1));
    case POWER_REBOOT:
        board_reboot();
    default:
        return ERR_INVALID_ARG;
    }
}

static intptr_t do_info(const args_t a) {
    return info_syscall((unsigned) a[0], (unsigned) a[1], a[2], a[3]);
}

static intptr_t do_clock(const args_t a) {
    return (intptr_t) (a[0] == CLOCK_CYCLES ? arch_cycles() : timer_uptime_ms());
}

static intptr_t do_trace(const args_t a) {
    return trace_syscall((unsigned) a[0], a[1], a[2], a[3]);
}

static const handler_t handlers[NUM_SYSCALLS] = {
    [SYS_NOP] = do_nop,
    [SYS_IPC] = do_ipc,
    [SYS_NOTIFY] = do_notify,
    [SYS_TIMER_SET] = do_timer_set,
    [SYS_CONSOLE_WRITE] = do_console_write,
    [SYS_CONSOLE_READ] = do_console_read,
    [SYS_IRQ_ACQUIRE] = do_irq_acquire,
    [SYS_IRQ_RELEASE] = do_irq_release,
    [SYS_TASK_CREATE] = do_task_create,
    [SYS_TASK_DESTROY] = do_task_destroy,
    [SYS_TASK_EXIT] = do_task_exit,
    [SYS_TASK_SELF] = do_task_self,
    [SYS_TASK_SCHEDULE] = do_task_schedule,
    [SYS_VM_MAP] = do_vm_map,
    [SYS_VM_UNMAP] = do_vm_unmap,
    [SYS_GRANT] = do_grant,
    [SYS_KDEBUG] = do_kdebug,
    [SYS_KLOG_READ] = do_klog_read,
    [SYS_POWER] = do_power,
    [SYS_INFO] = do_info,
    [SYS_CLOCK] = do_clock,
    [SYS_TRACE] = do_trace,
};

void kernel_syscall(void) {
    struct task *task = current_task();
    uintptr_t number = arch_syscall_number(task);
    intptr_t result = ERR_INVALID_ARG;
    if (number < NUM_SYSCALLS) {
        args_t args;
        for (int i = 0; i < 6; i++) {
            args[i] = arch_syscall_arg(task, i);
        }
        result = handlers[number](args);
    }
    // A call that is pending has its result set by whoever completes it.
    if (result != SYSCALL_PENDING) {
        arch_syscall_set_result(task, result);
    }
}
