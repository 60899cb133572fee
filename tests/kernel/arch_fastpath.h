#ifndef __ARCH_FASTPATH_H__
#define __ARCH_FASTPATH_H__

/// \file
/// What kernel/fastpath.c needs of the simulated machine (see kernel/hal.h).

#include <kernel/task.h>

#define ARCH_FAST_PARAMS
#define ARCH_FAST_ARGS
#define ARCH_FAST_BEGIN                    \
    struct cpu *cpu __unused = this_cpu(); \
    struct task *task = cpu->current

#define arch_fast_goto(function, ...) \
    do {                              \
        function(__VA_ARGS__);        \
        return;                       \
    } while (0)

void arch_lazy_off(struct cpu *cpu);
uint64_t arch_fast_cpu_time(void);
__noreturn void arch_fast_bail(uintptr_t type, uintptr_t word0, uintptr_t word1);
__noreturn void arch_fast_resume(struct task *next, task_t src, uintptr_t type, uintptr_t word0,
                                 uintptr_t word1);
__noreturn void arch_fast_leave(void);
void arch_fast_switch(struct cpu *cpu, struct task *next);

bool arch_fast_reachable(vaddr_t a, vaddr_t b);
void arch_fast_open(void);
void arch_fast_close(void);
bool arch_fast_read(struct task *dst, vaddr_t from, uint32_t type);
bool arch_fast_write(const struct task *task, vaddr_t to, uint32_t type);
uint8_t *arch_fast_run(struct aspace *as, vaddr_t vaddr, bool write, size_t *len);

#endif
