#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

#include "builtin.h"

/// What is read of the log at a time.
#define LOG_PIECE 32

#ifdef CONFIG_MMU
#    define SHOWS_STACKS false
#else
#    define SHOWS_STACKS true
#endif

static bool get_kernel_info(struct kernel_info *kernel) {
    error_t err = sys_info(INFO_KERNEL, 0, kernel, sizeof(*kernel));
    if (IS_ERROR(err)) {
        printf("shell: the kernel doesn't tell about itself: %s\n", error_name(err));
    }

    return IS_OK(err);
}

static const char *state_name(int state) {
    static const char *const names[] = {
        [TASK_UNUSED] = "unused",   [TASK_READY] = "ready",     [TASK_RUNNING] = "running",
        [TASK_SENDING] = "sending", [TASK_RECEIVING] = "recv",  [TASK_FAULTED] = "faulted",
        [TASK_STOPPED] = "stopped", [TASK_SYNCING] = "syncing", [TASK_DYING] = "dying",
        [TASK_CREATED] = "created",
    };
    bool known = state >= 0 && (size_t) state < sizeof(names) / sizeof(names[0]);
    return known ? names[state] : "?";
}

void monitor_name_of(task_t tid, char name[TASK_NAME_LEN]) {
    struct task_info info;
    error_t err = sys_info(INFO_TASK, TASK_SLOT(tid), &info, sizeof(info));
    strncpy2(name, IS_OK(err) && info.tid == tid ? info.name : "?", TASK_NAME_LEN);
}

static void print_task(const struct task_info *task, uint64_t cycles_per_ms) {
    char waits_for[TASK_NAME_LEN] = "-";
    if (task->state == TASK_SENDING || task->state == TASK_RECEIVING) {
        if (task->waits_for == IPC_ANY) {
            strncpy2(waits_for, "any", sizeof(waits_for));
        } else {
            monitor_name_of(task->waits_for, waits_for);
        }
    }

    printf("%8d %-18s %-8s %-14s %3d %4d %8llu %9llu", task->tid, task->name,
           state_name(task->state), waits_for, task->cpu, task->priority,
           (unsigned long long) (task->cycles / cycles_per_ms),
           (unsigned long long) task->ipc_count);
    if (SHOWS_STACKS) {
        printf(" %5u/%u", (unsigned) task->stack_used, (unsigned) task->stack_size);
    }
    printf("\n");
}

/// A function of its own: what the kernel tells takes more of the stack than what is needed of it.
static bool get_numbers(unsigned *num_tasks, uint64_t *cycles_per_ms) {
    struct kernel_info kernel;
    if (!get_kernel_info(&kernel)) {
        return false;
    }

    *num_tasks = kernel.num_tasks;
    *cycles_per_ms = MAX(kernel.clock_hz / 1000, (uint64_t) 1);
    return true;
}

int monitor_ps(const struct command *command __unused) {
    unsigned num_tasks;
    uint64_t cycles_per_ms;
    if (!get_numbers(&num_tasks, &cycles_per_ms)) {
        return 1;
    }

    printf("%8s %-18s %-8s %-14s %3s %4s %8s %9s%s\n", "TASK", "NAME", "STATE", "WAITS FOR", "CPU",
           "PRIO", "TIME/ms", "MESSAGES", SHOWS_STACKS ? "      STACK" : "");
    for (unsigned slot = 1; slot <= num_tasks; slot++) {
        struct task_info task;
        if (IS_OK(sys_info(INFO_TASK, slot, &task, sizeof(task)))) {
            print_task(&task, cycles_per_ms);
        }
    }

    return 0;
}

int monitor_free(const struct command *command __unused) {
    struct kernel_info kernel;
    size_t total, free;
    error_t err = call_vm_stats(INIT_TASK, &total, &free);
    if (err != OK || !get_kernel_info(&kernel)) {
        printf("shell: free: vm doesn't tell: %s\n", error_name(err));
        return 1;
    }

    size_t page_kib = PAGE_SIZE / 1024;
    printf("%-16s %10zu KiB\n", "RAM", (size_t) (kernel.ram_bytes / 1024));
    printf("%-16s %10zu KiB\n", "kernel", (size_t) (kernel.kernel_ram_bytes / 1024));
    printf("%-16s %10zu KiB\n", "used by tasks", (total - free) * page_kib);
    printf("%-16s %10zu KiB\n", "free", free * page_kib);
    return 0;
}

int monitor_uptime(const struct command *command __unused) {
    uint64_t ms = sys_clock();
    printf("up %llu:%02llu:%02llu.%03llu\n", (unsigned long long) (ms / 3600000),
           (unsigned long long) (ms / 60000 % 60), (unsigned long long) (ms / 1000 % 60),
           (unsigned long long) (ms % 1000));
    return 0;
}

/// Reads the log from `*position` on, at most up to `end`, or only moves on if it isn't to be printed.
/// Returns the number of bytes, 0 at the end, or an error.
static int read_log(uint32_t *position, uint32_t end, bool print) {
    char piece[LOG_PIECE];
    int len = sys_klog_read(piece, MIN(sizeof(piece), end - *position), position);
    if (len > 0 && print) {
        printf("%.*s", len, piece);
    }
    return len;
}

int monitor_log(const struct command *command __unused) {
    // What we print goes into the log, too: look for its end first.
    uint32_t end = 0;
    int len;
    while ((len = read_log(&end, UINT32_MAX, false)) > 0) {}

    // What is overwritten meanwhile is skipped: the position may even jump beyond that end.
    uint32_t position = 0;
    while (len >= 0 && (int32_t) (end - position) > 0) {
        len = read_log(&position, end, true);
        if (len == 0) {
            break;
        }
    }

    printf("\n");
    if (len < 0) {
        printf("shell: log: the kernel doesn't tell: %s\n", error_name(len));
    }

    return len < 0;
}

#ifdef CONFIG_KDEBUG_OUTPUT
int monitor_kdebug(const struct command *command) {
    char *buf = malloc(CONFIG_KDEBUG_OUTPUT);
    if (buf == NULL) {
        printf("shell: kdebug: out of memory\n");
        return 1;
    }

    // The debugger's command is what follows the word kdebug.
    const char *cmd = strstr(command->text, command->argv[1]);
    int len = sys_kdebug(cmd, strlen(cmd), buf, CONFIG_KDEBUG_OUTPUT);
    if (len < 0) {
        printf("shell: kdebug: %s; is it a debug build, and does the manifest give the shell the "
               "right 'debug'?\n",
               error_name(len));
    } else {
        printf("%.*s", len, buf);
    }

    free(buf);
    return len < 0;
}
#endif

/// What all CPUs have done since they came up. Waiting for the disk or a timer isn't work: with
/// instruction counting it would count, too.
static uint64_t busy_cycles(void) {
    struct cpu_info cpu;
    uint64_t sum = 0;
    for (unsigned i = 0; IS_OK(sys_info(INFO_CPU, i, &cpu, sizeof(cpu))); i++) {
        sum += cpu.busy_cycles;
    }
    return sum;
}

void monitor_print_boot_metrics(unsigned instruction_ns) {
    struct kernel_info kernel;
    size_t total, free;
    if (!get_kernel_info(&kernel) || call_vm_stats(INIT_TASK, &total, &free) != OK) {
        return;
    }

    uint64_t cycles = busy_cycles();
    if (instruction_ns != 0) {
        cycles = cycles * 1000000000 / (kernel.clock_hz * instruction_ns);
    }
    METRIC("boot.to_shell", cycles, "cycles");
    METRIC("mem.idle", kernel.ram_bytes - free * PAGE_SIZE, "bytes");
}
