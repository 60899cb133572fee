#include <kernel/board.h>
#include <kernel/info.h>
#include <kernel/memory.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <string.h>

extern char __text[], __code_end[], __data[], __bss_end[];

static void fill_kernel_info(struct kernel_info *info) {
    info->num_cpus = num_cpus;
    info->num_tasks = CONFIG_NUM_TASKS;
    info->clock_hz = board_clock_hz();
    info->cycles_at_boot = board_boot_cycles();
    info->cycles_now = arch_cycles();
    info->uptime_ms = timer_uptime_ms();
    info->kernel_text_bytes = (uint64_t) (__code_end - __text);
    info->kernel_ram_bytes = (uint64_t) (__bss_end - __data) + memory_boot_bytes();
    info->ram_bytes = memory_ram_bytes();
    info->task_bytes = sizeof(struct task) + ARCH_TASK_EXTRA_BYTES;
#ifdef CONFIG_MMU
    info->task_bytes += sizeof(struct aspace);
#endif
}

static void fill_task_info(struct task_info *info, const struct task *task) {
    info->tid = task->tid;
    info->pager = task->pager;
    bool waits = task->state == TASK_SENDING || task->state == TASK_RECEIVING;
    info->waits_for = waits ? task->waits_for : 0;
    info->state = task->state;
    info->priority = task->priority;
    info->cpu = task->cpu;
    info->server = task->server;
    info->flags = task->flags;
    info->pending = task->notifications;
    info->cycles = (uint64_t) sched_cpu_time(task) << CPU_TIME_SHIFT;
    info->ipc_count = task->ipc_count;
    memory_stack_usage(task, &info->stack_size, &info->stack_used);
    memcpy(info->name, task->name, sizeof(info->name));
}

/// When a CPU came up.
static uint64_t started(const struct cpu *cpu __unused) {
#if CONFIG_NUM_CPUS > 1
    return cpu->started;
#else
    return board_boot_cycles();
#endif
}

/// Idle time up to now: a CPU charges it only when it has something to do again.
static void fill_cpu_info(struct cpu_info *info, struct cpu *cpu) {
    uint64_t now = arch_cycles();
    info->running = cpu->current ? cpu->current->tid : 0;
    info->idle_cycles = cpu->idle_cycles;
    if (!info->running && now > cpu->idle_since) {
        info->idle_cycles += now - cpu->idle_since;
    }
    if (cpu->id == 0) {
        info->idle_cycles += board_boot_wait_cycles();
    }
    info->busy_cycles = now - started(cpu) - info->idle_cycles;
    info->switches = cpu->switches;
}

static error_t copy_out(vaddr_t buf, size_t len, const void *info, size_t size) {
    len = MIN(len, size);
    return arch_copy_to_user(buf, info, len) ? (error_t) len : syscall_fault();
}

// Not inlined: there is one stack, and only one of the structs is on it at a time.

static __noinline error_t kernel_info(vaddr_t buf, size_t len) {
    struct kernel_info info = {0};
    fill_kernel_info(&info);
    return copy_out(buf, len, &info, sizeof(info));
}

static __noinline error_t task_info(unsigned slot, vaddr_t buf, size_t len) {
    struct task_info info = {0};
    struct task *task = task_slot((int) slot);
    task = task ? task_acquire(task->tid) : NULL;
    if (!task) {
        return ERR_NOT_FOUND;
    }
    fill_task_info(&info, task);
    cpu_release();
    return copy_out(buf, len, &info, sizeof(info));
}

static __noinline error_t cpu_info(unsigned index, vaddr_t buf, size_t len) {
    struct cpu_info info = {0};
    if (index >= num_cpus) {
        return ERR_NOT_FOUND;
    }
    cpu_acquire(&cpus[index]);
    fill_cpu_info(&info, &cpus[index]);
    cpu_release();
    return copy_out(buf, len, &info, sizeof(info));
}

#ifdef CONFIG_COUNT_SHARING
/// Without the CPU's lock: to take it would show in the count.
static __noinline error_t sharing_info(unsigned index, vaddr_t buf, size_t len) {
    if (index >= num_cpus) {
        return ERR_NOT_FOUND;
    }
    const struct sharing *sharing = &cpus[index].sharing;
    struct sharing_info info = {
        .locks = __atomic_load_n(&sharing->locks, __ATOMIC_RELAXED),
        .writes = __atomic_load_n(&sharing->writes, __ATOMIC_RELAXED),
    };
    return copy_out(buf, len, &info, sizeof(info));
}
#endif

error_t info_syscall(unsigned kind, unsigned index, vaddr_t buf, size_t len) {
    switch (kind) {
    case INFO_KERNEL:
        return kernel_info(buf, len);
    case INFO_TASK:
        return task_info(index, buf, len);
    case INFO_CPU:
        return cpu_info(index, buf, len);
    case INFO_CMDLINE:
        return copy_out(buf, len, memory_cmdline(), strlen(memory_cmdline()) + 1);
#ifdef CONFIG_COUNT_SHARING
    case INFO_SHARING:
        return sharing_info(index, buf, len);
#endif
    default:
        return ERR_INVALID_ARG;
    }
}
