#ifndef __ARCH_H__
#define __ARCH_H__

/// \file
/// x64's part of the kernel's structs, and the HAL calls that are worth inlining (see kernel/hal.h).

// Offsets into struct x64_cpu, which %gs points to in the kernel: what is read here and in trap.S.
#define GS_CPU_ID   0
#define GS_TASK     8
#define GS_STACK    16
#define GS_USER_RSP 24
#define GS_CPU      32
#define GS_RSP0     40
#define GS_SELF     48

#define FRAME_SYSCALL 0x100

/// Interrupt line n of the board is vector VECTOR_IRQ_BASE + n.
#define VECTOR_IRQ_BASE 32

// The numbers of <kernel_abi.h>, for trap.S: task.c compares them.
#define IPC_CALL_NUMBER       0xc1
#define IPC_SERVE_NUMBER      0x6c1
#define SYS_FIRST_FULL_NUMBER 6
/// What a program's flags are after a system call: interrupts are enabled.
#define RFLAGS_USER 0x202
/// Offset of struct cpu's `resched`.
#define CPU_RESCHED 17
/// Offset of struct task's `work`.
#define TASK_WORK 186

#ifndef __ASSEMBLER__

#    include <types.h>

#    define ARCH_CACHE_LINE 64
/// A task's FPU state lies outside its struct.
#    define ARCH_TASK_EXTRA_BYTES 512

/// A task's registers as the entry code (trap.S) leaves them. The processor itself writes the last
/// five when it takes an interrupt: TSS.rsp0 points right behind them.
struct arch_frame {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
    uint64_t vector;  ///< Or FRAME_SYSCALL.
    uint64_t error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct arch_task {
    struct arch_frame frame;
};

struct arch_aspace {
    paddr_t pml4;       ///< The kernel's own as long as nothing is mapped.
    vaddr_t torn_down;  ///< How far arch_aspace_teardown() has come.
    uint64_t top_used;  ///< PTE_USED of that table, which no entry leads to.
    uint64_t leaf_of;   ///< What the last table that was looked for maps; 0: none.
    uint64_t *leaf;
    uint64_t *leaf_parent;  ///< The entry that leads to it.
};

static inline bool arch_is_user_page(vaddr_t vaddr) {
    // Not the last page either: see arch_resume.
    return vaddr >= USER_BASE && vaddr < USER_END - PAGE_SIZE;
}
#    define arch_is_user_page arch_is_user_page

static inline void arch_copy_ram(void *dst, const void *src, size_t len) {
    size_t words = len / 8, bytes = len % 8;
    __asm__ __volatile__("rep movsq" : "+D"(dst), "+S"(src), "+c"(words)::"memory");
    __asm__ __volatile__("rep movsb" : "+D"(dst), "+S"(src), "+c"(bytes)::"memory");
}
#    define arch_copy_ram arch_copy_ram

static inline unsigned arch_cpu_id(void) {
    unsigned id;
    // The compiler may not keep the value over a call, but between calls nothing moves us.
    __asm__("mov %%gs:%c1, %0" : "=r"(id) : "i"(GS_CPU_ID));
    return id;
}
#    define arch_cpu_id arch_cpu_id

struct cpu;

static inline struct cpu *arch_this_cpu(void) {
    struct cpu *cpu;
    __asm__("mov %%gs:%c1, %0" : "=r"(cpu) : "i"(GS_CPU));
    return cpu;
}
#    define arch_this_cpu arch_this_cpu

static inline uint64_t arch_cycles(void) {
    uint64_t low, high;  // The instruction clears their upper halves.
    __asm__ __volatile__("rdtsc" : "=a"(low), "=d"(high));
    return (high << 32) | low;
}
#    define arch_cycles arch_cycles

/// An instruction less than with an exchange: the old bit comes in a flag.
static inline bool arch_try_lock(uint16_t *word) {
    bool was_set;
    __asm__ __volatile__("lock btsw $0, %1" : "=@ccc"(was_set), "+m"(*word) : : "memory", "cc");
    return !was_set;
}
#    define arch_try_lock arch_try_lock

static inline void arch_relax(void) {
    __asm__ __volatile__("pause" ::: "memory");
}
#    define arch_relax arch_relax

// A task begins with its frame: see struct task.
#    define FRAME_OF(task) ((struct arch_frame *) (void *) (task))

struct task;

static inline uintptr_t arch_syscall_number(struct task *task) {
    return FRAME_OF(task)->rax;
}

static inline void arch_syscall_set_number(struct task *task, uintptr_t number) {
    FRAME_OF(task)->rax = number;
}
#    define arch_syscall_number arch_syscall_number

/// The registers of the arguments: rdi, rsi, rdx, r10, r8, r9.
static inline uint64_t *arch_syscall_arg_ptr(struct task *task, int n) {
    struct arch_frame *f = FRAME_OF(task);
    switch (n) {
    case 0:
        return &f->rdi;
    case 1:
        return &f->rsi;
    case 2:
        return &f->rdx;
    case 3:
        return &f->r10;
    case 4:
        return &f->r8;
    default:
        return &f->r9;
    }
}

static inline uintptr_t arch_syscall_arg(struct task *task, int n) {
    return *arch_syscall_arg_ptr(task, n);
}

static inline void arch_syscall_set_arg(struct task *task, int n, uintptr_t value) {
    *arch_syscall_arg_ptr(task, n) = value;
}

static inline void arch_syscall_set_result(struct task *task, intptr_t value) {
    FRAME_OF(task)->rax = (uint64_t) value;
}

/// The `syscall` instruction is two bytes long; rax still has the number of the call.
static inline void arch_syscall_restart(struct task *task) {
    FRAME_OF(task)->rip -= 2;
}

static inline vaddr_t arch_task_ip(struct task *task) {
    return FRAME_OF(task)->rip;
}

#endif
#endif
