#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// arm64's part of the kernel's structs, and the HAL calls that are worth inlining (see
/// kernel/hal.h).

#include <arch_cache.h>
#include <types.h>

#define ARCH_CACHE_LINE 64
/// A task's FPU state lies outside its struct.
#define ARCH_TASK_EXTRA_BYTES 528

/// A task's registers as the entry code (trap.S) leaves them.
struct arch_frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t tpidr;  ///< The program's own (TPIDR_EL0); loaded by arch_switch.
    uint64_t reserved;
};

struct arch_task {
    struct arch_frame frame;
};

struct arch_aspace {
    paddr_t root;       ///< The top table; 0: none yet, nothing is mapped.
    uint64_t top_used;  ///< PTE_USED of that table, which no entry leads to.
    uint64_t leaf_of;   ///< What the last table that was looked for maps; 0: none.
    uint64_t *leaf;
    uint64_t *leaf_parent;  ///< The entry that leads to it.
    uint64_t asid;          ///< Names its entries in the TLBs; never 0.
    uint64_t ttbr0;         ///< What makes it current.
    vaddr_t torn_down;      ///< How far arch_aspace_teardown() has come.
};

/// What TPIDR_EL1 points to in the kernel. trap.S and the board's head.S know the offsets of the
/// first four.
struct arm64_cpu {
    uint64_t id;
    uint64_t kernel_stack;     ///< Its top.
    struct cpu *cpu;           ///< The portable kernel's struct.
    uint64_t emergency_stack;  ///< The top of the one that a kernel stack overflow is told on.
    vaddr_t copy_fault_vaddr;
    unsigned copy_fault_flags;
    bool fpu_off;            ///< Programs trap when they use the FPU.
    struct task *fpu_owner;  ///< Whose state is in the registers.
};

static inline struct arm64_cpu *arm64_this_cpu(void) {
    struct arm64_cpu *cpu;
    // The compiler may not keep the value over a call, but between calls nothing moves us.
    __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

static inline bool arch_is_user_page(vaddr_t vaddr) {
    return vaddr >= USER_BASE && vaddr < USER_END;
}
#define arch_is_user_page arch_is_user_page

static inline unsigned arch_cpu_id(void) {
    return (unsigned) arm64_this_cpu()->id;
}
#define arch_cpu_id arch_cpu_id

struct cpu;

static inline struct cpu *arch_this_cpu(void) {
    return arm64_this_cpu()->cpu;
}
#define arch_this_cpu arch_this_cpu

/// A cycle is a 16th of the counter's tick, so that it is about as long as elsewhere (1 ns in QEMU,
/// 3 ns on a Raspberry Pi): milliseconds and time slices are whole numbers of many cycles.
#define ARM64_CYCLES_SHIFT 4

/// CPU time is counted in ticks.
#define ARCH_CPU_TIME_SHIFT ARM64_CYCLES_SHIFT

static inline uint64_t arch_cycles(void) {
    return arm64_read_counter() << ARM64_CYCLES_SHIFT;
}
#define arch_cycles arch_cycles

static inline void arch_relax(void) {
    __asm__ __volatile__("yield" ::: "memory");
}
#define arch_relax arch_relax

// A task begins with its frame: see struct task.
#define FRAME_OF(task) ((struct arch_frame *) (void *) (task))

struct task;

static inline uintptr_t arch_syscall_number(struct task *task) {
    return FRAME_OF(task)->x[8];
}
#define arch_syscall_number arch_syscall_number

static inline uintptr_t arch_syscall_arg(struct task *task, int n) {
    return FRAME_OF(task)->x[n];
}

static inline void arch_syscall_set_number(struct task *task, uintptr_t number) {
    FRAME_OF(task)->x[8] = number;
}

static inline void arch_syscall_set_arg(struct task *task, int n, uintptr_t value) {
    FRAME_OF(task)->x[n] = value;
}

static inline void arch_syscall_set_result(struct task *task, intptr_t value) {
    FRAME_OF(task)->x[0] = (uint64_t) value;
}

/// All instructions are four bytes long; x8 and the arguments are what they were.
static inline void arch_syscall_restart(struct task *task) {
    FRAME_OF(task)->pc -= 4;
}

static inline vaddr_t arch_task_ip(struct task *task) {
    return FRAME_OF(task)->pc;
}

#endif
