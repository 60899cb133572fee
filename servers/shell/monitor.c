#include <config.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#include "builtin.h"

/// What a command of the kernel debugger may print at most.
#define KDEBUG_OUTPUT_LEN 8192

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

static const char *name_of(task_t tid, struct task_info *info) {
    error_t err = sys_info(INFO_TASK, TASK_SLOT(tid), info, sizeof(*info));
    return IS_OK(err) && info->tid == tid ? info->name : "?";
}

static void print_task(const struct task_info *task, const struct kernel_info *kernel) {
    struct task_info peer;
    const char *waits_for = "-";
    if (task->state == TASK_SENDING || task->state == TASK_RECEIVING) {
        waits_for = task->waits_for == IPC_ANY ? "any" : name_of(task->waits_for, &peer);
    }

    uint64_t ms = task->cycles / MAX(kernel->clock_hz / 1000, (uint64_t) 1);
    printf("%8d %-18s %-8s %-18s %3d %4d %8llu %9llu\n", task->tid, task->name,
           state_name(task->state), waits_for, task->cpu, task->priority, (unsigned long long) ms,
           (unsigned long long) task->ipc_count);
}

int monitor_ps(const struct command *command __unused) {
    struct kernel_info kernel;
    if (!get_kernel_info(&kernel)) {
        return 1;
    }

    printf("%8s %-18s %-8s %-18s %3s %4s %8s %9s\n", "TASK", "NAME", "STATE", "WAITS FOR", "CPU",
           "PRIO", "TIME/ms", "MESSAGES");
    for (unsigned slot = 1; slot <= kernel.num_tasks; slot++) {
        struct task_info task;
        if (IS_OK(sys_info(INFO_TASK, slot, &task, sizeof(task)))) {
            print_task(&task, &kernel);
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

int monitor_log(const struct command *command __unused) {
    // All of it first: what we print may go into the log, too.
    char *buf = malloc(CONFIG_KLOG_SIZE);
    if (buf == NULL) {
        printf("shell: log: out of memory\n");
        return 1;
    }

    uint32_t position = 0;
    size_t len = 0;
    int piece = 1;
    while (piece > 0 && len < CONFIG_KLOG_SIZE) {
        piece = sys_klog_read(&buf[len], CONFIG_KLOG_SIZE - len, &position);
        len += (size_t) MAX(piece, 0);
    }

    printf("%.*s\n", (int) len, buf);
    free(buf);
    if (piece < 0) {
        printf("shell: log: the kernel doesn't tell: %s\n", error_name(piece));
    }

    return piece < 0;
}

int monitor_kdebug(const struct command *command) {
    char *buf = malloc(KDEBUG_OUTPUT_LEN);
    if (buf == NULL) {
        printf("shell: kdebug: out of memory\n");
        return 1;
    }

    // The debugger's command is what follows the word kdebug.
    const char *cmd = strstr(command->text, command->argv[1]);
    int len = sys_kdebug(cmd, strlen(cmd), buf, KDEBUG_OUTPUT_LEN);
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

void monitor_print_boot_metrics(void) {
    struct kernel_info kernel;
    size_t total, free;
    if (!get_kernel_info(&kernel) || call_vm_stats(INIT_TASK, &total, &free) != OK) {
        return;
    }

    METRIC("boot.to_shell", busy_cycles(), "cycles");
    METRIC("mem.idle", kernel.ram_bytes - free * PAGE_SIZE, "bytes");
}
