#include "arm64.h"
#include <kernel/sched.h>
#include <kernel/task.h>
#include <string.h>

STATIC_ASSERT(offsetof(struct task, arch) == 0, "a task begins with its frame: FRAME_OF");
STATIC_ASSERT(IPC_CALL_NUMBER == SYS_IPC_WITH(IPC_CALL), "trap.S compares it");
STATIC_ASSERT(IPC_SERVE_NUMBER == SYS_IPC_WITH(IPC_SERVE), "trap.S compares it");
STATIC_ASSERT(SYS_FIRST_FULL_NUMBER == SYS_FIRST_FULL, "trap.S compares it");
STATIC_ASSERT(sizeof(struct task) % 16 == 0, "frames are aligned");

/// A task's is by its slot.
struct fpu_state {
    uint64_t q[64];
    uint64_t fpcr;
    uint64_t fpsr;
} __aligned(16);

STATIC_ASSERT(sizeof(struct fpu_state) == ARCH_TASK_EXTRA_BYTES, "two words for each register");

static struct fpu_state fpu_states[CONFIG_NUM_TASKS];

static struct fpu_state *fpu_of(struct task *task) {
    return &fpu_states[task - tasks];
}

void arch_task_init(struct task *task, vaddr_t ip) {
    // PSTATE 0: EL0, 64-bit, nothing masked.
    memset(&task->arch, 0, sizeof(task->arch));
    task->arch.frame.pc = ip;
    memset(fpu_of(task), 0, sizeof(struct fpu_state));
}

void arch_task_exit(struct task *task) {
    for (int i = 0; i < CONFIG_NUM_CPUS; i++) {
        if (arm64_cpus[i].fpu_owner == task) {
            arm64_cpus[i].fpu_owner = NULL;
        }
    }
}

bool arch_task_movable(struct task *task) {
    return arm64_cpus[task->cpu].fpu_owner != task;
}

void arch_ports_changed(struct task *task __unused) {}

// ---- FPU: a task has the registers from its first use until another one's -----------------------

/// A return to user mode follows, so that no isb is needed.
static void set_fpu_off(struct arm64_cpu *cpu, bool off) {
    if (cpu->fpu_off != off) {
        cpu->fpu_off = off;
        cpu->cpu->lazy_on = !off;
        arm64_write_cpacr_el1(off ? CPACR_FPU_KERNEL : CPACR_FPU_ALL);
    }
}

void arm64_fpu_save(struct fpu_state *state);
void arm64_fpu_restore(const struct fpu_state *state);

void arm64_fpu_load(void) {
    struct arm64_cpu *cpu = arm64_this_cpu();
    // Under the lock: whether a task may move depends on the owner.
    cpu_acquire(this_cpu());
    struct task *task = current_task();
    set_fpu_off(cpu, false);
    if (cpu->fpu_owner != task) {
        if (cpu->fpu_owner) {
            arm64_fpu_save(fpu_of(cpu->fpu_owner));
        }
        arm64_fpu_restore(fpu_of(task));
        cpu->fpu_owner = task;
    }
    cpu_release();
}

// ---- Switching ----------------------------------------------------------------------------------

static void load_ttbr0(uint64_t ttbr0) {
    if (arm64_read_ttbr0_el1() != ttbr0) {
        arm64_write_ttbr0_el1(ttbr0);
        arm64_context_changed();
    }
}

void arch_switch(struct task *next) {
    struct arm64_cpu *cpu = arm64_this_cpu();
    arm64_write_tpidr_el0(next->arch.frame.tpidr);
    set_fpu_off(cpu, cpu->fpu_owner != next);
    load_ttbr0(next->aspace->arch.ttbr0);
}

void arch_leave_aspace(void) {
    load_ttbr0(arm64_empty_table);
}

// ---- User memory --------------------------------------------------------------------------------

bool arm64_copy_from_user(void *dst, vaddr_t src, size_t len);
bool arm64_copy_to_user(vaddr_t dst, const void *src, size_t len);

static bool check_range(vaddr_t vaddr, size_t len, unsigned fault) {
    if (vaddr < USER_END && len <= USER_END - vaddr) {
        return true;
    }
    struct arm64_cpu *cpu = arm64_this_cpu();
    cpu->copy_fault_vaddr = vaddr;
    cpu->copy_fault_flags = fault | FAULT_PRESENT;
    return false;
}

bool arch_copy_from_user(void *dst, vaddr_t src, size_t len) {
    return check_range(src, len, 0) && arm64_copy_from_user(dst, src, len);
}

bool arch_copy_to_user(vaddr_t dst, const void *src, size_t len) {
    return check_range(dst, len, FAULT_WRITE) && arm64_copy_to_user(dst, src, len);
}

vaddr_t arch_copy_fault(unsigned *fault) {
    struct arm64_cpu *cpu = arm64_this_cpu();
    *fault = cpu->copy_fault_flags;
    return cpu->copy_fault_vaddr;
}

void arch_task_backtrace(struct task *task, void (*callback)(vaddr_t addr, void *arg), void *arg,
                         int max) {
    uint64_t frame[2] = {task->arch.frame.x[29], task->arch.frame.pc};
    while (max-- > 0) {
        callback(frame[1], arg);
        // Programs with frame pointers (debug builds) begin with none: x29 is 0 there.
        vaddr_t at = frame[0];
        if (!at || !arch_copy_from_user(frame, at, sizeof(frame)) || frame[0] <= at) {
            return;
        }
    }
}
