#include "x64.h"
#include <kernel/rights.h>
#include <kernel/task.h>
#include <string.h>

STATIC_ASSERT(offsetof(struct task, arch) == 0, "a task begins with its frame: FRAME_OF");
STATIC_ASSERT(IPC_CALL_NUMBER == SYS_IPC_WITH(IPC_CALL), "trap.S compares it");
STATIC_ASSERT(IPC_SERVE_NUMBER == SYS_IPC_WITH(IPC_SERVE), "trap.S compares it");
STATIC_ASSERT(SYS_FIRST_FULL_NUMBER == SYS_FIRST_FULL, "trap.S compares it");
STATIC_ASSERT(TASK_WORK == offsetof(struct task, work), "trap.S reads it");
STATIC_ASSERT(CPU_RESCHED == offsetof(struct cpu, resched), "trap.S reads it");
STATIC_ASSERT(offsetof(struct arch_frame, rip) == 136, "trap.S has them all");
STATIC_ASSERT(sizeof(struct task) % 16 == 0, "frames are aligned");

/// What fxsave stores (SDM volume 1, 10.5.1). A task's is by its slot.
struct fpu_state {
    uint16_t fcw;
    uint8_t unused[22];
    uint32_t mxcsr;
    uint8_t rest[484];
} __aligned(16);

STATIC_ASSERT(sizeof(struct fpu_state) == ARCH_TASK_EXTRA_BYTES, "fxsave's size");

static struct fpu_state fpu_states[CONFIG_NUM_TASKS];

static struct fpu_state *fpu_of(struct task *task) {
    return &fpu_states[task - tasks];
}

void arch_task_init(struct task *task, vaddr_t ip) {
    memset(&task->arch, 0, sizeof(task->arch));
    struct arch_frame *frame = &task->arch.frame;
    // A non-canonical address must fault in user mode, not in our iretq.
    frame->rip = ip < USER_END ? ip : 0;
    frame->cs = SEG_USER_CODE;
    frame->ss = SEG_USER_DATA;
    frame->rflags = RFLAGS_USER;
    struct fpu_state *fpu = fpu_of(task);
    memset(fpu, 0, sizeof(*fpu));
    fpu->fcw = 0x37f;  // All exceptions masked, as after finit.
    fpu->mxcsr = 0x1f80;
}

void arch_task_exit(struct task *task) {
    for (int i = 0; i < CONFIG_NUM_CPUS; i++) {
        if (x64_cpus[i].fpu_owner == task) {
            x64_cpus[i].fpu_owner = NULL;
        }
        if (x64_cpus[i].io_owner == task) {
            x64_cpus[i].io_owner = NULL;
        }
    }
}

bool arch_task_movable(struct task *task) {
    return x64_cpus[task->cpu].fpu_owner != task;
}

// ---- FPU: a task has the registers from its first use until another one's -----------------------

static void note_lazy(struct x64_cpu *cpu) {
    cpu->cpu->lazy_on = !cpu->fpu_off || cpu->tss->iomap_base != IOMAP_NONE;
}

static void set_fpu_off(struct x64_cpu *cpu, bool off) {
    if (cpu->fpu_off != off) {
        cpu->fpu_off = off;
        if (off) {
            x64_write_cr0(x64_read_cr0() | CR0_TS);
        } else {
            __asm__ __volatile__("clts");
        }
    }
    note_lazy(cpu);
}

static void allow_iomap(struct x64_cpu *cpu, bool allowed) {
    cpu->tss->iomap_base = allowed ? offsetof(struct x64_tss, iomap) : IOMAP_NONE;
    note_lazy(cpu);
}

__attribute__((preserve_most)) void x64_lazy_off(void) {
    struct x64_cpu *cpu = x64_this_cpu();
    if (!cpu->fpu_off) {
        cpu->fpu_off = true;
        x64_write_cr0(x64_read_cr0() | CR0_TS);
    }
    cpu->tss->iomap_base = IOMAP_NONE;
    cpu->cpu->lazy_on = false;
}

void x64_fpu_load(void) {
    struct x64_cpu *cpu = x64_this_cpu();
    // Under the lock: whether a task may move depends on the owner.
    cpu_acquire(this_cpu());
    struct task *task = current_task();
    set_fpu_off(cpu, false);
    if (cpu->fpu_owner != task) {
        if (cpu->fpu_owner) {
            __asm__ __volatile__("fxsave64 %0" : "=m"(*fpu_of(cpu->fpu_owner)));
        }
        __asm__ __volatile__("fxrstor64 %0" ::"m"(*fpu_of(task)));
        cpu->fpu_owner = task;
    }
    cpu_release();
}

// ---- I/O ports: loaded into the TSS when a task first uses one ----------------------------------

static void allow_ports(uint64_t base, uint64_t len, void *arg) {
    uint8_t *iomap = arg;
    uint64_t first = base / 8, last = (base + len) / 8;
    uint8_t below = (uint8_t) ((1u << (base % 8)) - 1);              // Of the first byte.
    uint8_t from_end = (uint8_t) ~((1u << ((base + len) % 8)) - 1);  // Of the last one.
    if (first == last) {
        iomap[first] &= below | from_end;
        return;
    }
    iomap[first] &= below;
    memset(&iomap[first + 1], 0, last - first - 1);
    iomap[last] &= from_end;
}

static void note_range(uint64_t base __unused, uint64_t len __unused, void *arg) {
    *(bool *) arg = true;
}

bool x64_ports_load(void) {
    struct x64_cpu *cpu = x64_this_cpu();
    struct task *task = current_task();
    if (cpu->io_owner == task && cpu->io_owner_tid == task->tid) {
        bool were_off = cpu->tss->iomap_base == IOMAP_NONE;
        allow_iomap(cpu, true);
        return were_off;
    }
    bool has_ports = false;
    rights_for_each(task, GRANT_PORTS, note_range, &has_ports);
    if (!has_ports) {
        return false;
    }
    memset(cpu->tss->iomap, 0xff, sizeof(cpu->tss->iomap));
    rights_for_each(task, GRANT_PORTS, allow_ports, cpu->tss->iomap);
    cpu->io_owner = task;
    cpu->io_owner_tid = task->tid;
    allow_iomap(cpu, true);
    return true;
}

void arch_ports_changed(struct task *task) {
    for (int i = 0; i < CONFIG_NUM_CPUS; i++) {
        if (x64_cpus[i].io_owner == task) {
            x64_cpus[i].io_owner = NULL;
        }
    }
}

// ---- Switching ----------------------------------------------------------------------------------

static ALWAYS_INLINE void load_aspace(const struct task *next) {
    paddr_t pml4 = next->aspace->arch.pml4;
    if (pml4 != x64_read_cr3()) {
        x64_write_cr3(pml4);
    }
}

/// Leaves on the FPU and the ports of a task that owns them.
static __noinline void switch_lazy(struct task *next) {
    struct x64_cpu *cpu = x64_this_cpu();
    allow_iomap(cpu, cpu->io_owner == next && cpu->io_owner_tid == next->tid);
    set_fpu_off(cpu, cpu->fpu_owner != next);
    load_aspace(next);
}

void arch_switch(struct task *next) {
    struct x64_cpu *cpu = x64_this_cpu();
    cpu->task = next;
    cpu->rsp0->value = (uint64_t) (&next->arch.frame + 1);
    // Mostly nobody had either, nor will.
    if (UNLIKELY(cpu->cpu->lazy_on) || UNLIKELY(cpu->fpu_owner == next)
        || UNLIKELY(cpu->io_owner == next)) {
        switch_lazy(next);
    } else {
        load_aspace(next);
    }
}

void arch_leave_aspace(void) {
    x64_write_cr3(x64_kernel_pml4);
}

// ---- User memory --------------------------------------------------------------------------------

bool x64_copy_user(void *dst, const void *src, size_t len);

static bool check_range(vaddr_t vaddr, size_t len, unsigned fault) {
    if (vaddr < USER_END && len <= USER_END - vaddr) {
        return true;
    }
    struct x64_cpu *cpu = x64_this_cpu();
    cpu->copy_fault_vaddr = vaddr;
    cpu->copy_fault_flags = fault | FAULT_PRESENT;
    return false;
}

bool arch_copy_from_user(void *dst, vaddr_t src, size_t len) {
    return check_range(src, len, 0) && x64_copy_user(dst, (const void *) src, len);
}

bool arch_copy_to_user(vaddr_t dst, const void *src, size_t len) {
    return check_range(dst, len, FAULT_WRITE) && x64_copy_user((void *) dst, src, len);
}

void arch_task_backtrace(struct task *task, void (*callback)(vaddr_t addr, void *arg), void *arg,
                         int max) {
    uint64_t frame[2] = {task->arch.frame.rbp, task->arch.frame.rip};
    while (max-- > 0) {
        callback(frame[1], arg);
        // Programs with frame pointers (debug builds) begin with none: rbp is 0 there.
        vaddr_t at = frame[0];
        if (!at || !arch_copy_from_user(frame, at, sizeof(frame)) || frame[0] <= at) {
            return;
        }
    }
}

vaddr_t arch_copy_fault(unsigned *fault) {
    struct x64_cpu *cpu = x64_this_cpu();
    *fault = cpu->copy_fault_flags;
    return cpu->copy_fault_vaddr;
}
