#include <config.h>
#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/kdebug.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <sanitizer.h>

static bool in_panic;

bool panicked(void) {
    return __atomic_load_n(&in_panic, __ATOMIC_RELAXED);
}

#ifdef CONFIG_BACKTRACE

#    define FRAMES_MAX 32

/// The frames that are printed, from the innermost on: that one, or all.
struct frames {
    uintptr_t seen;
    uintptr_t wanted;
};
#    define ALL_FRAMES UINTPTR_MAX

static void print_frame(vaddr_t addr, void *arg) {
    struct frames *frames = arg;
    uintptr_t n = frames->seen++;
    if (frames->wanted != ALL_FRAMES && frames->wanted != n) {
        return;
    }
    size_t offset;
    const char *name = symbol_find(addr, &offset);
    if (name) {
        WARN("    #%u: %p %s()+0x%zx", (unsigned) n, (void *) addr, name, offset);
    } else {
        WARN("    #%u: %p", (unsigned) n, (void *) addr);
    }
}

bool backtrace_frame(uintptr_t n) {
    struct frames frames = {0, n};
    arch_backtrace(print_frame, &frames, FRAMES_MAX);
    return n < frames.seen;
}

void backtrace(void) {
    WARN("Backtrace:");
    backtrace_frame(ALL_FRAMES);
}

/// What was running, without taking any lock.
static void print_state(void) {
    unsigned id = arch_cpu_id();
    struct task *task = cpus[id].current;
    if (task) {
        struct frames frames = {0, ALL_FRAMES};
        WARN("on CPU %u; the stack of task #%d %s:", id, task->tid, task->name);
        arch_task_backtrace(task, print_frame, &frames, 16);
    } else {
        WARN("on CPU %u; no task was running", id);
    }
}

#else

void backtrace(void) {}

bool backtrace_frame(uintptr_t n __unused) {
    return false;
}

static void print_state(void) {
    struct task *task = current_task();
    if (task) {
        WARN("in task #%d %s, ip %p", task->tid, task->name, (void *) arch_task_ip(task));
    }
}

#endif

__noreturn void panic(const char *fmt, ...) {
    if (atomic_swap_bool(&in_panic, true)) {
        arch_halt();  // A second one: the first is being told of.
    }
    board_stop_cpus();
    console_panic();
    va_list ap;
    va_start(ap, fmt);
    printk("\n[kernel] ");
    vprintk(fmt, ap);
    printk("\n");
    va_end(ap);
    print_state();
    backtrace();
    kdebug_print_tasks();
#ifdef CONFIG_PANIC_REBOOT
    board_reboot();
#else
    board_power_off(BOARD_STATUS_PANIC);
#endif
}

void ubsan_report(const char *what, const char *file, unsigned line, unsigned column) {
    if (!panicked()) {
        panic("BUG: %s:%u:%u: undefined behaviour: %s", file, line, column, what);
    }
}

__noreturn void stack_smashed(void) {
    panic("BUG: a function has overrun its stack frame");
}
