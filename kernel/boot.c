#include <div64.h>
#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/timer.h>
#include <kernel/transfer.h>
#include <sanitizer.h>

static void start_init(void) {
    struct task *task = task_create_init();
    memory_load_init(task);
    cpu_acquire(this_cpu());
    sched_wake(task);
    cpu_release();
}

/// Nobody can know the canaries of stack frames beforehand. No caller of this function ever returns.
__no_stack_protector static void init_stack_guard(void) {
#ifdef __SSP_STRONG__
    __stack_chk_guard ^= (uintptr_t) arch_cycles() * 0x9e3779b97f4a7c15u;
#endif
}

__noreturn __no_stack_protector void kernel_boot(void) {
    init_stack_guard();
    board_early_init();
    printk("\nResea, %u tasks at most\n", CONFIG_NUM_TASKS);
    memory_init();
    board_init();
    timer_init();
    task_init();
    for (unsigned i = 0; i < CONFIG_NUM_CPUS; i++) {
        cpus[i].id = i;
    }
    sched_init(&cpus[0], 0);
#if CONFIG_NUM_CPUS > 1
    num_cpus = board_start_cpus();
#endif
    unsigned kib = (unsigned) (memory_ram_bytes() >> 10);
    uint64_t mhz = board_clock_hz();
    (void) div64(&mhz, 1000000);
    // Machines with small pointers have small memories.
    bool is_large = sizeof(uintptr_t) > sizeof(uint32_t) && kib >= 1024;
    INFO("%u CPU%s, %u %s of RAM, %u MHz", num_cpus, num_cpus == 1 ? "" : "s",
         is_large ? kib >> 10 : kib, is_large ? "MiB" : "KiB", (unsigned) mhz);
    console_init();
    start_init();
    // Booting was work, not idleness.
    this_cpu()->idle_since = arch_cycles();
    kernel_resume();
}

__noreturn void kernel_boot_secondary(void) {
    board_init_secondary();
    unsigned id = arch_cpu_id();
    sched_init(&cpus[id], id);
    kernel_resume();
}

/// What the current task has to do before it goes on. False: it can't go on.
static bool do_work(struct task *task __unused) {
#ifdef CONFIG_MMU
    if (!task->work) {
        return true;
    }
    if (!(task->work & WORK_FAULT)) {
        if (transfer_deliver()) {
            task->work = 0;
            return true;
        }
        memory_note_fault(task);  // It is delivered when the page is there.
    }
    task->work &= ~WORK_FAULT;
    ipc_report(TASK_FAULTED);
    return false;
#else
    return true;
#endif
}

#ifdef CONFIG_MMU
void kernel_page_fault(vaddr_t vaddr, unsigned fault) {
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    task->fault.vaddr = vaddr;
    task->fault.flags = fault;
    fastpath_fault(cpu, task);
}
#endif

void kernel_exception(int exception, int value, vaddr_t addr) {
    task_stop(exception, value, addr);
}

/// Asks the scheduler, and does what the current task has to do in the kernel, as long as need be.
static __noreturn void resume_after_work(struct cpu *cpu) {
    while (true) {
        if (__atomic_load_n(&cpu->resched, FOR_OTHER_CPUS(__ATOMIC_ACQUIRE)) || !cpu->current) {
            sched_pick();
            continue;
        }
        struct task *task = cpu->current;
        if (!task->work || do_work(task)) {
            arch_resume(task);
        }
    }
}

#ifdef CONFIG_MMU
/// Out of line, so that the common case needs no registers for it.
static __noreturn __noinline void resume_other(struct cpu *cpu) {
    if (cpu->woken) {
        fastpath_go_to_woken(cpu);
        kernel_resume();
    }
    resume_after_work(cpu);
}

__noreturn void kernel_resume(void) {
    struct cpu *cpu = this_cpu();
    struct task *task = cpu->current;
    if (LIKELY(!__atomic_load_n(&cpu->resched, __ATOMIC_ACQUIRE)) && LIKELY(task)
        && LIKELY(!task->work)) {
        arch_resume(task);
    }
    resume_other(cpu);
}
#else
__noreturn void kernel_resume(void) {
    resume_after_work(this_cpu());
}
#endif
