#include <arch_syscall.h>
#include <config.h>
#include <resea/syscall.h>
#include <string.h>

static long syscall1(int number, long a0) {
    return arch_syscall(number, a0, 0, 0, 0, 0, 0);
}

static long syscall2(int number, long a0, long a1) {
    return arch_syscall(number, a0, a1, 0, 0, 0, 0);
}

static long syscall3(int number, long a0, long a1, long a2) {
    return arch_syscall(number, a0, a1, a2, 0, 0, 0);
}

static long syscall4(int number, long a0, long a1, long a2, long a3) {
    return arch_syscall(number, a0, a1, a2, a3, 0, 0);
}

static long syscall5(int number, long a0, long a1, long a2, long a3, long a4) {
    return arch_syscall(number, a0, a1, a2, a3, a4, 0);
}

error_t sys_nop(void) {
    return (error_t) arch_light_syscall(SYS_NOP, 0, 0);
}

error_t sys_timer_set(msec_t timeout) {
    return (error_t) arch_light_syscall(SYS_TIMER_SET, timeout, 0);
}

uint64_t sys_clock(void) {
    unsigned long now = (unsigned long) arch_light_syscall(SYS_CLOCK, CLOCK_MS, 0);
#if UINTPTR_MAX == UINT64_MAX
    return now;
#else
    // The kernel tells the low half of it. That has gone round once if it is less than last time.
    static unsigned long last;
    static unsigned high;
    high += (now < last);
    last = now;
    return ((uint64_t) high << 32) | now;
#endif
}

int sys_console_write(const char *buf, size_t len) {
    return (int) syscall2(SYS_CONSOLE_WRITE, (long) buf, (long) len);
}

int sys_console_read(char *buf, size_t len) {
    return (int) syscall2(SYS_CONSOLE_READ, (long) buf, (long) len);
}

error_t sys_irq_acquire(unsigned irq) {
    return (error_t) syscall1(SYS_IRQ_ACQUIRE, (long) irq);
}

error_t sys_irq_release(unsigned irq) {
    return (error_t) syscall1(SYS_IRQ_RELEASE, (long) irq);
}

error_t sys_task_create(task_t tid, const char *name, vaddr_t ip, task_t pager, unsigned flags,
                        const struct task_memory *memory) {
#ifdef CONFIG_MMU
    // The kernel reads a whole name's length: it mustn't run off the end of a short one's page.
    char padded[TASK_NAME_LEN] = {0};
    strncpy2(padded, name, sizeof(padded));
    name = padded;
#endif
    return (error_t) arch_syscall(SYS_TASK_CREATE, tid, (long) name, (long) ip, pager, (long) flags,
                                  (long) memory);
}

error_t sys_task_destroy(task_t tid) {
    return (error_t) syscall1(SYS_TASK_DESTROY, tid);
}

__noreturn void sys_task_exit(int status) {
    syscall1(SYS_TASK_EXIT, status);
    __builtin_trap();
}

task_t sys_task_self(void) {
    return (task_t) arch_light_syscall(SYS_TASK_SELF, 0, 0);
}

error_t sys_task_schedule(task_t tid, int priority) {
    return (error_t) syscall2(SYS_TASK_SCHEDULE, tid, priority);
}

error_t sys_vm_map(task_t tid, vaddr_t vaddr, uintptr_t src, uintptr_t kpage, unsigned flags) {
    return (error_t) syscall5(SYS_VM_MAP, tid, (long) vaddr, (long) src, (long) kpage,
                              (long) flags);
}

intptr_t sys_vm_map_pages(task_t tid, vaddr_t vaddr, uintptr_t src, size_t num_pages,
                          const uintptr_t *kpages, unsigned flags) {
    return arch_syscall(SYS_VM_MAP, tid, (long) vaddr, (long) src, (long) kpages, (long) flags,
                        (long) num_pages);
}

error_t sys_vm_unmap(task_t tid, vaddr_t vaddr) {
    return (error_t) syscall2(SYS_VM_UNMAP, tid, (long) vaddr);
}

error_t sys_grant(task_t tid, int kind, uintptr_t base, size_t len) {
    return (error_t) syscall4(SYS_GRANT, tid, kind, (long) base, (long) len);
}

int sys_kdebug(const char *cmd, size_t cmd_len, char *buf, size_t buf_len) {
    return (int) syscall4(SYS_KDEBUG, (long) cmd, (long) cmd_len, (long) buf, (long) buf_len);
}

int sys_klog_read(char *buf, size_t len, uint32_t *position) {
    return (int) syscall3(SYS_KLOG_READ, (long) buf, (long) len, (long) position);
}

error_t sys_power(int how, int status) {
    return (error_t) syscall2(SYS_POWER, how, status);
}

int sys_info(int kind, unsigned index, void *buf, size_t len) {
    return (int) syscall4(SYS_INFO, kind, (long) index, (long) buf, (long) len);
}

int sys_trace(int what, uintptr_t index, void *buf, size_t len) {
    return (int) syscall4(SYS_TRACE, what, (long) index, (long) buf, (long) len);
}

error_t sys_accept_loans(vaddr_t window, size_t len) {
    return (error_t) syscall2(SYS_ACCEPT_LOANS, (long) window, (long) len);
}

error_t sys_console_feed(const char *buf, size_t len) {
    return (error_t) syscall2(SYS_CONSOLE_FEED, (long) buf, (long) len);
}
