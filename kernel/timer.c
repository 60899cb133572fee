#include <div64.h>
#include <kernel/board.h>
#include <kernel/ipc.h>
#include <kernel/sched.h>
#include <kernel/timer.h>

uint32_t timer_cycles_per_ms;

void timer_init(void) {
    uint64_t khz = board_clock_hz();
    (void) div64(&khz, 1000);
    timer_cycles_per_ms = MAX((uint32_t) khz, 1u);
}

uint64_t timer_uptime_ms(void) {
    uint64_t time = arch_cycles() - board_boot_cycles();
    (void) div64(&time, timer_cycles_per_ms);
    return time;
}

/// Makes sure that the hardware timer fires at `deadline` or before.
static void arm(struct cpu *cpu, uint64_t deadline) {
    if (!cpu->timer_armed || deadline < cpu->timer_armed) {
        cpu->timer_armed = deadline;
        board_timer_set(deadline);
    }
}

void timer_start_slice(struct cpu *cpu) {
    cpu->slice_end = arch_cycles() + timer_slice();
    struct task *task = cpu->current;
    if (task && (cpu->ready_mask & READY_BIT(task->priority))) {
        arm(cpu, cpu->slice_end);
    }
}

void timer_arm_slice(struct cpu *cpu) {
    arm(cpu, cpu->slice_end);
}

static void insert(struct cpu *cpu, struct task *task) {
    struct task **at = &cpu->timers;
    while (*at && (*at)->timer_deadline <= task->timer_deadline) {
        at = &(*at)->timer_next;
    }
    task->timer_next = *at;
    *at = task;
#if CONFIG_NUM_CPUS > 1
    task->timer_cpu = cpu->id;
#endif
}

/// Whose list a task's timer is, or was last, in.
static struct cpu *timer_cpu(const struct task *task __unused) {
#if CONFIG_NUM_CPUS > 1
    return &cpus[task->timer_cpu];
#else
    return this_cpu();
#endif
}

static void remove(struct task *task) {
    struct task **at = &timer_cpu(task)->timers;
    while (*at && *at != task) {
        at = &(*at)->timer_next;
    }
    if (*at) {
        *at = task->timer_next;
    }
    task->timer_deadline = 0;
}

void timer_cancel(struct task *task) {
    if (task->timer_deadline) {
        remove(task);
    }
}

void timer_stop(void) {
    struct task *task = current_task();
    cpu_acquire(timer_cpu(task));
    timer_cancel(task);
    cpu_release();
}

error_t timer_set(msec_t ms) {
    if (ms < 0) {
        return ERR_INVALID_ARG;
    }
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    timer_stop();
    if (ms > 0) {
        cpu_acquire(cpu);
        task->timer_deadline = arch_cycles() + mul64((uint32_t) ms, timer_cycles_per_ms);
        insert(cpu, task);
        arm(cpu, task->timer_deadline);
        cpu_release();
    }
    return OK;
}

/// Takes the first timer that is due from this CPU's list. 0 if there is none.
static task_t pop_expired(struct cpu *cpu, uint64_t now) {
    task_t tid = 0;
    cpu_acquire(cpu);
    struct task *task = cpu->timers;
    if (task && task->timer_deadline <= now) {
        cpu->timers = task->timer_next;
        task->timer_deadline = 0;
        tid = task->tid;
    }
    cpu_release();
    return tid;
}

/// Tasks that one interrupt wakes, at most. If more are due, the next one follows at once.
#define WAKES_AT_ONCE 8
/// Of so few tasks all.
#define WAKES_ALL (CONFIG_NUM_TASKS <= 2 * WAKES_AT_ONCE)

void kernel_timer(void) {
    struct cpu *cpu = this_cpu();
    uint64_t now = arch_cycles();
    cpu->timer_armed = 0;
    task_t tid;
    for (int i = 0; (WAKES_ALL || i < WAKES_AT_ONCE) && (tid = pop_expired(cpu, now)) != 0; i++) {
        ipc_notify_from_kernel(tid, NOTIFY_TIMER);
    }
    cpu_acquire(cpu);
    sched_check_slice(now);
    if (cpu->timers) {
        arm(cpu, cpu->timers->timer_deadline);
    }
    struct task *task = cpu->current;
    if (task && (cpu->ready_mask & READY_BIT(task->priority)) && now < cpu->slice_end) {
        arm(cpu, cpu->slice_end);
    }
    cpu_release();
}
