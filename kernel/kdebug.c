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

static void print_task(const struct task *task) {
    task_t target = waits_for(task);
    const struct task *other = find(target);
    printk("#%d %s: state=%s, cpu=%u, priority=%u", task->tid, task->name, state_names[task->state],
           task->cpu, task->priority);
    if (other) {
        printk(", %s #%d %s", task->state == TASK_RECEIVING ? "from" : "to", target, other->name);
    }
    if (task->notifications) {
        printk(", pending=0x%x", task->notifications);
    }
    printk("\n");
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        const struct task *sender = task_slot(slot);
        if (sender->tid && sender->state == TASK_SENDING && sender->waits_for == task->tid) {
            printk("    - #%d %s\n", sender->tid, sender->name);
        }
    }
}

void kdebug_print_tasks(void) {
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        if (task_slot(slot)->tid) {
            print_task(task_slot(slot));
        }
    }
}

/// Prints the circle of waiting tasks that `start` is in, if it is the lowest of them.
static bool print_circle(const struct task *start) {
    const struct task *task = start;
    for (int steps = 0; steps < CONFIG_NUM_TASKS; steps++) {
        task = find(waits_for(task));
        if (!task || task->tid < start->tid) {
            return false;
        }
        if (task == start) {
            break;
        }
    }
    if (task != start) {
        return false;
    }
    printk("deadlock: #%d %s", start->tid, start->name);
    do {
        task = find(waits_for(task));
        printk(" -> #%d %s", task ? task->tid : 0, task ? task->name : "?");
    } while (task && task != start);
    printk("\n");
    return true;
}

static void cmd_deadlock(void) {
    bool found = false;
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        if (task_slot(slot)->tid) {
            found |= print_circle(task_slot(slot));
        }
    }
    if (!found) {
        printk("no tasks wait for each other in a circle\n");
    }
}

/// What there is to tell of memory without pages.
static void print_stacks(void) {
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        const struct task *task = task_slot(slot);
        uint32_t size, used;
        if (task->tid) {
            memory_stack_usage(task, &size, &used);
            printk("#%d %s: %u of %u bytes of stack used\n", task->tid, task->name, used, size);
        }
    }
}

static void cmd_mem(void) {
    size_t mapped, tables, total;
    memory_count(&mapped, &tables, &total);
    if (total) {
        printk("pages: %zu for tasks, %zu mapped, %zu page tables; kernel took %zu KiB at boot\n",
               total, mapped, tables, memory_boot_bytes() / 1024);
    } else {
        print_stacks();
    }
}

static void cmd_irq(void) {
    for (unsigned irq = 0; irq < CONFIG_NUM_IRQS; irq++) {
        task_t tid;
        uint32_t count = irq_count(irq, &tid);
        if (count || tid) {
            const struct task *owner = find(tid);
            printk("irq %u: %u interrupts, owner %s\n", irq, count,
                   owner ? owner->name : ((int) irq == board_console_irq() ? "console" : "none"));
        }
    }
}

static void cmd_ipc(void) {
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        const struct task *task = task_slot(slot);
        if (task->tid) {
            printk("#%d %s: %llu messages, %llu ms of CPU time\n", task->tid, task->name,
                   (unsigned long long) task->ipc_count,
                   (unsigned long long) (((uint64_t) task->cpu_time << CPU_TIME_SHIFT)
                                         / timer_cycles_per_ms()));
        }
    }
}

static size_t num_ready(const struct cpu *cpu) {
    size_t num = 0;
    for (int i = 0; i < NUM_PRIORITIES; i++) {
        num += list_len(&cpu->queues[i]);
    }
    return num;
}

static void cmd_cpu(void) {
    for (unsigned i = 0; i < num_cpus; i++) {
        const struct task *task = cpus[i].current;
        printk("cpu %u: %s, %zu ready, %llu switches, idle for %llu ms\n", i,
               task ? task->name : "idle", num_ready(&cpus[i]),
               (unsigned long long) cpus[i].switches,
               (unsigned long long) (cpus[i].idle_cycles / timer_cycles_per_ms()));
    }
}

static void cmd_panic(void) {
    PANIC("asked for in the kernel debugger");
}

static void cmd_reboot(void) {
    board_reboot();
}

static void cmd_help(void);

static const struct command {
    const char *name;
    const char *help;
    void (*run)(void);
} commands[] = {
    {"help", "this list", cmd_help},
    {"ps", "tasks, and who waits for whom", kdebug_print_tasks},
    {"deadlock", "tasks that wait for each other in a circle", cmd_deadlock},
    {"mem", "physical pages", cmd_mem},
    {"irq", "interrupt lines", cmd_irq},
    {"ipc", "messages and CPU time of each task", cmd_ipc},
    {"cpu", "what the CPUs do", cmd_cpu},
    {"bt", "the kernel's call stack", backtrace},
    {"panic", "end in a kernel panic", cmd_panic},
    {"reboot", "reboot", cmd_reboot},
};

#    define NUM_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void cmd_help(void) {
    for (size_t i = 0; i < NUM_COMMANDS; i++) {
        printk("%-10s %s\n", commands[i].name, commands[i].help);
    }
}

static bool run(const char *line) {
    for (size_t i = 0; i < NUM_COMMANDS; i++) {
        if (!strcmp(line, commands[i].name)) {
            commands[i].run();
            return true;
        }
    }
    return false;
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
    if (line[0] && !run(line)) {
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

#    ifdef CONFIG_MMU
/// One task at a time may collect a command's output here.
static char output[CONFIG_KDEBUG_OUTPUT];
static struct spinlock output_busy;

static error_t run_for_task(const char *command, vaddr_t buf, size_t buf_len) {
    spin_lock(&output_busy);
    console_capture(output, sizeof(output));
    bool known = run(command);
    size_t len = MIN(MIN(console_end_capture(), sizeof(output)), buf_len);
    error_t err = known ? (error_t) len : ERR_NOT_FOUND;
    if (known && !arch_copy_to_user(buf, output, len)) {
        err = syscall_fault();
    }
    spin_unlock(&output_busy);
    return err;
}
#    else
/// The output is collected where it is wanted.
static error_t run_for_task(const char *command, vaddr_t buf, size_t buf_len) {
    if (!memory_may_write(current_task(), buf, buf_len, 1)) {
        return syscall_fault();
    }
    console_capture((char *) buf, buf_len);
    bool known = run(command);
    size_t len = MIN(console_end_capture(), buf_len);
    return known ? (error_t) len : ERR_NOT_FOUND;
}
#    endif

error_t kdebug_syscall(vaddr_t cmd, size_t cmd_len, vaddr_t buf, size_t buf_len) {
    char command[32];
    if (!(current_task()->flags & TASK_RIGHT_DEBUG)) {
        return ERR_NOT_PERMITTED;
    }
    if (cmd_len >= sizeof(command)) {
        return ERR_NOT_FOUND;
    }
    if (!arch_copy_from_user(command, cmd, cmd_len)) {
        return syscall_fault();
    }
    command[cmd_len] = '\0';
    return run_for_task(command, buf, buf_len);
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
