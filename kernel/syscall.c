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

// ---- Light system calls: they never wait, nor are they made again --------------------------------

static intptr_t light_none(uintptr_t a0 __unused, uintptr_t a1 __unused) {
    return ERR_INVALID_ARG;
}

static intptr_t light_nop(uintptr_t a0 __unused, uintptr_t a1 __unused) {
    return OK;
}

static intptr_t light_notify(uintptr_t a0, uintptr_t a1) {
    return ipc_notify((task_t) a0, (notifications_t) a1);
}

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
    [SYS_NOTIFY] = light_notify,
    [SYS_TIMER_SET] = light_timer_set,
    [SYS_TASK_SELF] = light_task_self,
    [SYS_CLOCK] = light_clock,
};
STATIC_ASSERT(sizeof(light_syscalls) == SYS_FIRST_FULL * sizeof(light_syscalls[0]),
              "a light system call lacks its function");

// ---- The others -------------------------------------------------------------------------------------

typedef uintptr_t args_t[6];
typedef intptr_t (*handler_t)(const args_t a);

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

static intptr_t do_task_schedule(const args_t a) {
    return task_schedule((task_t) a[0], (int) a[1]);
}

static intptr_t do_vm_map(const args_t a) {
    return a[5] ? memory_map_pages((task_t) a[0], a[1], a[2], a[3], (unsigned) a[4], a[5])
                : memory_map((task_t) a[0], a[1], a[2], a[3], (unsigned) a[4]);
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

static intptr_t do_trace(const args_t a) {
    return trace_syscall((unsigned) a[0], a[1], a[2], a[3]);
}

static const handler_t handlers[NUM_SYSCALLS - SYS_FIRST_FULL] = {
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
    [SYS_TRACE - SYS_FIRST_FULL] = do_trace,
};

static intptr_t full_syscall(struct task *task, uintptr_t number) {
    args_t args;
    for (int i = 0; i < 6; i++) {
        args[i] = arch_syscall_arg(task, i);
    }
    return handlers[number - SYS_FIRST_FULL](args);
}

void kernel_syscall(void) {
    struct task *task = current_task();
    uintptr_t number = arch_syscall_number(task);
    intptr_t result = ERR_INVALID_ARG;
    if ((number & ((1u << IPC_FLAGS_SHIFT) - 1)) == SYS_IPC) {
        result = ipc_syscall();
    } else if (number < SYS_FIRST_FULL) {
        result = light_syscalls[number](arch_syscall_arg(task, 0), arch_syscall_arg(task, 1));
    } else if (number < NUM_SYSCALLS) {
        result = full_syscall(task, number);
    }
    // A call that is pending has its result set by whoever completes it.
    if (result != SYSCALL_PENDING) {
        arch_syscall_set_result(task, result);
    }
}
