#include <config.h>
#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/kdebug.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <kernel/timer.h>
#include <string.h>

#ifdef CONFIG_KDEBUG_COMMANDS

// The commands read without locks: the debugger must answer when a lock is what is wrong.

static const char *const state_names[] = {
    [TASK_UNUSED] = "unused",   [TASK_READY] = "ready",         [TASK_RUNNING] = "running",
    [TASK_SENDING] = "sending", [TASK_RECEIVING] = "receiving", [TASK_FAULTED] = "faulted",
    [TASK_STOPPED] = "stopped", [TASK_SYNCING] = "syncing",     [TASK_DYING] = "dying",
    [TASK_CREATED] = "created",
};

/// Whom a task waits for, or 0.
static task_t waits_for(const struct task *task) {
    if (task->state == TASK_FAULTED || task->state == TASK_STOPPED) {
        return task->pager;
    }
    return (task->state == TASK_SENDING || task->state == TASK_RECEIVING) ? task->waits_for : 0;
}

static const struct task *find(task_t tid) {
    const struct task *task = tid ? task_slot(TASK_SLOT(tid)) : NULL;
    return task && task->tid == tid ? task : NULL;
}

/// Where a command is: it prints a line or so at a time, so that interrupts needn't wait for all of them.
/// Zero at the beginning. What a command keeps in it may have been changed by the program that asks.
struct progress {
    uintptr_t at;   ///< Most often the number of what the next line is about.
    uintptr_t sub;  ///< Where it is within that.
};

/// The first task from the slot `at` (counted from 0) on, where it leaves `at`; NULL: none.
static const struct task *next_task(struct progress *p) {
    for (; p->at < CONFIG_NUM_TASKS; p->at++) {
        if (tasks[p->at].tid) {
            return &tasks[p->at];
        }
    }
    return NULL;
}

/// The end of a task's line.
static void print_wait(const struct task *task) {
    task_t target = waits_for(task);
    const struct task *other = find(target);
    if (other) {
        printk(", %s #%d %s", task->state == TASK_RECEIVING ? "from" : "to", target, other->name);
    }
    if (task->notifications) {
        printk(", pending=0x%x", task->notifications);
    }
    printk("\n");
}

/// `sub` is 0 at the beginning of a task's line, 1 in it; then the slot, counted from 2, from which on tasks that wait
/// to send to this one are to be printed, below the line.
static bool cmd_ps(struct progress *p) {
    const struct task *task = next_task(p);
    if (!task) {
        return false;
    }
    if (!p->sub) {
        printk("#%d %s: state=%s, cpu=%u, priority=%u", task->tid, task->name,
               state_names[task->state], task->cpu, task->priority);
        p->sub = 1;
        return true;
    }
    if (p->sub == 1) {
        print_wait(task);
        p->sub = 2;
        return true;
    }
    while (p->sub < CONFIG_NUM_TASKS + 2) {
        const struct task *sender = &tasks[p->sub++ - 2];
        if (sender->tid && sender->state == TASK_SENDING && sender->waits_for == task->tid) {
            printk("    - #%d %s\n", sender->tid, sender->name);
            return true;
        }
    }
    p->at++;
    p->sub = 0;
    return true;
}

/// Whether `start` is in a circle of waiting tasks, and the lowest of them.
static bool is_first_in_circle(const struct task *start) {
    const struct task *task = start;
    for (int steps = 0; steps < CONFIG_NUM_TASKS; steps++) {
        task = find(waits_for(task));
        if (!task || task->tid < start->tid) {
            return false;
        }
        if (task == start) {
            return true;
        }
    }
    return false;
}

// For cmd_deadlock(): `sub` is the slot of the next member of the circle to be printed, or 0; and this bit.
#    define FOUND_CIRCLE ((uintptr_t) 1 << TASK_SLOT_BITS)

static bool print_circle_member(struct progress *p, const struct task *start) {
    const struct task *task = task_slot((int) (p->sub & ~FOUND_CIRCLE));
    const struct task *next = task ? find(waits_for(task)) : NULL;
    if (task) {
        printk(" -> #%d %s", task->tid, task->name);
    }
    p->sub = FOUND_CIRCLE;
    if (next && task != start) {
        p->sub |= TASK_SLOT((unsigned) next->tid);
    } else {
        printk("\n");
        p->at++;
    }
    return true;
}

static bool cmd_deadlock(struct progress *p) {
    const struct task *start = next_task(p);
    if (!start) {
        if (!p->sub) {
            printk("no tasks wait for each other in a circle\n");
        }
        return false;
    }
    if (p->sub & ~FOUND_CIRCLE) {
        return print_circle_member(p, start);
    }
    if (is_first_in_circle(start)) {
        printk("deadlock: #%d %s", start->tid, start->name);
        p->sub = FOUND_CIRCLE | TASK_SLOT((unsigned) waits_for(start));
    } else {
        p->at++;
    }
    return true;
}

/// What there is to tell of memory without pages.
static bool print_stack(struct progress *p) {
    const struct task *task = next_task(p);
    if (!task) {
        return false;
    }
    uint32_t size, used;
    memory_stack_usage(task, &size, &used);
    printk("#%d %s: %u of %u bytes of stack used\n", task->tid, task->name, used, size);
    p->at++;
    return true;
}

/// `at` is a page's number; `sub` has the two counts of those before it.
static bool cmd_mem(struct progress *p) {
    if (!memory_num_pages()) {
        return print_stack(p);
    }
    const unsigned half = 4 * sizeof(p->sub);
    size_t mapped = p->sub & (((uintptr_t) 1 << half) - 1), tables = p->sub >> half;
    if (memory_count(&p->at, &mapped, &tables)) {
        p->sub = mapped | (tables << half);
        return true;
    }
    printk("pages: %zu for tasks, %zu mapped, %zu page tables; kernel took %zu KiB at boot\n",
           memory_num_pages(), mapped, tables, memory_boot_bytes() / 1024);
    return false;
}

static bool cmd_irq(struct progress *p) {
    if (p->at >= CONFIG_NUM_IRQS) {
        return false;
    }
    unsigned irq = (unsigned) p->at++;
    task_t tid;
    uint32_t count = irq_count(irq, &tid);
    if (count || tid) {
        const struct task *owner = find(tid);
        printk("irq %u: %u interrupts, owner %s\n", irq, count,
               owner ? owner->name : ((int) irq == board_console_irq() ? "console" : "none"));
    }
    return true;
}

static bool cmd_ipc(struct progress *p) {
    const struct task *task = next_task(p);
    if (!task) {
        return false;
    }
    printk(
        "#%d %s: %llu messages, %llu ms of CPU time\n", task->tid, task->name,
        (unsigned long long) task->ipc_count,
        (unsigned long long) (((uint64_t) task->cpu_time << CPU_TIME_SHIFT) / timer_cycles_per_ms));
    p->at++;
    return true;
}

static size_t num_ready(const struct cpu *cpu) {
    size_t num = 0;
    for (int i = 0; i < NUM_PRIORITIES; i++) {
        num += list_len(&cpu->queues[i]);
    }
    return num;
}

static bool cmd_cpu(struct progress *p) {
    if (p->at >= num_cpus) {
        return false;
    }
    const struct cpu *cpu = &cpus[p->at];
    const struct task *task = cpu->current;
    printk("cpu %u: %s, %zu ready, %llu switches, idle for %llu ms\n", (unsigned) p->at,
           task ? task->name : "idle", num_ready(cpu), (unsigned long long) cpu->switches,
           (unsigned long long) (cpu->idle_cycles / timer_cycles_per_ms));
    p->at++;
    return true;
}

static bool cmd_bt(struct progress *p) {
    return backtrace_frame(p->at++);
}

static bool cmd_panic(struct progress *p __unused) {
    PANIC("asked for in the kernel debugger");
}

static bool cmd_reboot(struct progress *p __unused) {
    board_reboot();
}

static bool cmd_help(struct progress *p);

static const struct command {
    const char *name;
    const char *help;
    /// Goes on for a while. False: that was the end.
    bool (*step)(struct progress *p);
} commands[] = {
    {"help", "this list", cmd_help},
    {"ps", "tasks, and who waits for whom", cmd_ps},
    {"deadlock", "tasks that wait for each other in a circle", cmd_deadlock},
    {"mem", "physical pages", cmd_mem},
    {"irq", "interrupt lines", cmd_irq},
    {"ipc", "messages and CPU time of each task", cmd_ipc},
    {"cpu", "what the CPUs do", cmd_cpu},
    {"bt", "the kernel's call stack", cmd_bt},
    {"panic", "end in a kernel panic", cmd_panic},
    {"reboot", "reboot", cmd_reboot},
};

#    define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool cmd_help(struct progress *p) {
    if (p->at >= NUM_COMMANDS) {
        return false;
    }
    printk("%-10s %s\n", commands[p->at].name, commands[p->at].help);
    p->at++;
    return true;
}

/// NULL: there is no such command.
static const struct command *find_command(const char *line) {
    for (size_t i = 0; i < NUM_COMMANDS; i++) {
        if (!strcmp(line, commands[i].name)) {
            return &commands[i];
        }
    }
    return NULL;
}

/// From the beginning to the end: in the debugger, and in a panic, nothing else goes on.
static void run(bool (*step)(struct progress *p)) {
    struct progress progress = {0, 0};
    while (step(&progress)) {}
}

void kdebug_print_tasks(void) {
    run(cmd_ps);
}

#    ifdef CONFIG_KDEBUG

#        define CTRL_K '\v'
#        define PROMPT "kdebug> "

static bool is_open;
static char line[32];
static size_t line_len;

static void run_line(void) {
    line[line_len] = '\0';
    line_len = 0;
    printk("\n");
    if (!strcmp(line, "q")) {
        is_open = false;
        return;
    }
    const struct command *command = find_command(line);
    if (command) {
        run(command->step);
    } else if (line[0]) {
        printk("kdebug: no command '%s': 'help' lists them, 'q' leaves\n", line);
    }
    printk(PROMPT);
}

bool kdebug_input(char c) {
    if (!is_open) {
        if (c != CTRL_K) {
            return false;
        }
        is_open = true;
        printk("\nkernel debugger: 'help' lists the commands, 'q' leaves\n" PROMPT);
        return true;
    }
    if (c == '\r' || c == '\n') {
        run_line();
    } else if ((c == '\b' || c == 0x7f) && line_len) {
        line_len--;
        printk("\b \b");
    } else if (c >= ' ' && c < 0x7f && line_len < sizeof(line) - 1) {
        line[line_len++] = c;
        printk("%c", c);
    }
    return true;
}

#    else

bool kdebug_input(char c __unused) {
    return false;
}

#    endif

/// Reads the name of a command. OK, ERR_NOT_FOUND, or a fault.
static error_t read_command(vaddr_t cmd, size_t cmd_len, const struct command **command) {
    char name[32];
    if (cmd_len >= sizeof(name)) {
        return ERR_NOT_FOUND;
    }
    if (!arch_copy_from_user(name, cmd, cmd_len)) {
        return syscall_fault();
    }
    name[cmd_len] = '\0';
    *command = find_command(name);
    return *command ? OK : ERR_NOT_FOUND;
}

#    ifdef CONFIG_MMU

// The system call is made again after each step. What it has to remember is in its arguments: the first two, which
// aren't needed any more once the command is known, are the progress; the last two, 0 at first, are the command's
// number, counted from 1, and how much has been printed.
#        define ARG_COMMAND 4
#        define ARG_PRINTED 5

/// What a step prints, at most; the end of a longer line is lost.
#        define STEP_OUTPUT 256

/// Only one task at a time may collect its output.
static struct spinlock output_busy;

/// Lets a command go on, and hands what it prints to the program. False: there was a fault.
static bool __mustuse print_step(const struct command *command, struct progress *p, vaddr_t buf,
                                 size_t *len, bool *more) {
    char output[STEP_OUTPUT];
    spin_lock(&output_busy);
    console_capture(output, sizeof(output));
    *more = command->step(p);
    size_t printed = MIN(console_end_capture(), sizeof(output));
    spin_unlock(&output_busy);
    *len = MIN(*len, printed);
    return arch_copy_to_user(buf, output, *len);
}

static error_t go_on(struct task *task, size_t number, struct progress p, vaddr_t buf,
                     size_t buf_len) {
    size_t printed = arch_syscall_arg(task, ARG_PRINTED);
    size_t len = buf_len - MIN(printed, buf_len);
    bool more;
    if (!print_step(&commands[number], &p, buf + printed, &len, &more)) {
        return syscall_fault();
    }
    printed += len;
    if (!more || printed >= buf_len) {
        return (error_t) MIN(printed, buf_len);
    }
    arch_syscall_set_arg(task, 0, p.at);
    arch_syscall_set_arg(task, 1, p.sub);
    arch_syscall_set_arg(task, ARG_COMMAND, number + 1);
    arch_syscall_set_arg(task, ARG_PRINTED, printed);
    arch_syscall_restart(task);
    return SYSCALL_PENDING;
}

static error_t run_for_task(struct task *task, vaddr_t cmd, size_t cmd_len, vaddr_t buf,
                            size_t buf_len) {
    size_t number = arch_syscall_arg(task, ARG_COMMAND);
    buf_len = MIN(buf_len, (size_t) CONFIG_KDEBUG_OUTPUT);
    if (number > NUM_COMMANDS) {
        return ERR_INVALID_ARG;
    }
    if (number) {
        return go_on(task, number - 1, (struct progress){cmd, cmd_len}, buf, buf_len);
    }
    const struct command *command = NULL;
    error_t err = read_command(cmd, cmd_len, &command);
    if (err != OK) {
        return err;
    }
    return go_on(task, (size_t) (command - commands), (struct progress){0, 0}, buf, buf_len);
}

#    else

/// The output is collected where it is wanted.
static error_t run_for_task(struct task *task, vaddr_t cmd, size_t cmd_len, vaddr_t buf,
                            size_t buf_len) {
    const struct command *command = NULL;
    error_t err = read_command(cmd, cmd_len, &command);
    if (err != OK) {
        return err;
    }
    if (!memory_may_write(task, buf, buf_len, 1)) {
        return syscall_fault();
    }
    console_capture((char *) buf, buf_len);
    run(command->step);
    return (error_t) MIN(console_end_capture(), buf_len);
}

#    endif

error_t kdebug_syscall(vaddr_t cmd, size_t cmd_len, vaddr_t buf, size_t buf_len) {
    struct task *task = current_task();
    return (task->flags & TASK_RIGHT_DEBUG) ? run_for_task(task, cmd, cmd_len, buf, buf_len)
                                            : ERR_NOT_PERMITTED;
}

#else

void kdebug_print_tasks(void) {}

bool kdebug_input(char c __unused) {
    return false;
}

error_t kdebug_syscall(vaddr_t cmd __unused, size_t cmd_len __unused, vaddr_t buf __unused,
                       size_t buf_len __unused) {
    return (current_task()->flags & TASK_RIGHT_DEBUG) ? ERR_UNAVAILABLE : ERR_NOT_PERMITTED;
}

#endif
