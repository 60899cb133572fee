// kernel/hal.h for the simulated machine.

#include "host.h"

#include <kernel/fastpath.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_machine.h"

uint8_t host_ram[HOST_RAM_SIZE] __aligned(PAGE_SIZE);

// The "image": a page of text, a page of data, bootfs, at the start of RAM: what a linker
// script tells the kernel. Here it can be told only where host_ram is defined.
__asm__(".globl __kernel_start, __kernel_end, __text, __code_end, __text_end, __data, __bss_end\n"
        ".globl __bootfs, __bootfs_end\n"
        ".set __kernel_start, host_ram\n"
        ".set __text, host_ram\n"
        ".set __code_end, host_ram + 0x1000\n"
        ".set __text_end, host_ram + 0x1000\n"
        ".set __data, host_ram + 0x1000\n"
        ".set __bss_end, host_ram + 0x2000\n"
        ".set __bootfs, host_ram + 0x2000\n"
        ".set __bootfs_end, host_ram + 0x4000\n"
        ".set __kernel_end, host_ram + 0x4000\n");

static jmp_buf out_of_kernel;

static struct host_cpu *this_host_cpu(void) {
    return &host.cpus[host.cpu];
}

void host_die(const char *what) {
    fflush(stdout);
    fprintf(stderr, "the kernel broke its contract with the HAL: %s\n%.*s\n", what,
            (int) host.output_len, host.output);
    abort();
}

void host_tell(enum host_event event, struct task *task) {
    if (host.listener) {
        host.listener(event, task);
    }
}

// ---- The CPU ------------------------------------------------------------------------------------

void host_enter(unsigned cpu, void (*handler)(void)) {
    host.cpu = cpu;
    if (!cpus[cpu].current) {
        // What follows arch_idle() in the kernel: the idle CPU's stack is gone, its wait is over.
        idle_cpus &= ~(1u << cpu);
        cpus[cpu].resched = true;
    }
    if (setjmp(out_of_kernel) == 0) {
        handler();
        kernel_resume();
    }
}

void arch_init(void) {}

unsigned arch_cpu_id(void) {
    return host.cpu;
}

uint64_t arch_cycles(void) {
    return host.still ? host.now : host.now++;
}

void host_note_lock(const uint16_t *word) {
    host.shared_locks += word != &cpus[host.cpu].lock.held[0];
}

void arch_relax(void) {
    host_die("a lock is taken that is held: one CPU runs at a time, nobody will release it");
}

void arch_idle(void) {
    host_tell(HOST_IDLE, this_host_cpu()->loaded);
    longjmp(out_of_kernel, 1);
}

__noreturn void arch_halt(void) {
    host_die("arch_halt() was called");
    abort();
}

void arch_task_backtrace(struct task *task, void (*callback)(vaddr_t addr, void *arg), void *arg,
                         int max) {
    if (max > 0) {
        callback(arch_task_ip(task), arg);
    }
}

void arch_backtrace(void (*callback)(vaddr_t addr, void *arg), void *arg, int max) {
    if (max > 0) {
        callback((vaddr_t) arch_backtrace, arg);
    }
}

// ---- Tasks --------------------------------------------------------------------------------------

#define SYSCALL_INSN_LEN 2
/// What the fast path must not look at.
#define NOTHING 0x5a5a5a5a5a5aul

void arch_task_init(struct task *task, vaddr_t ip) {
    task->arch = (struct arch_task){.ip = ip};
}

void arch_task_exit(struct task *task __unused) {}

static void set_fpu(bool on) {
    this_host_cpu()->fpu = cpus[host.cpu].lazy_on = on;
}

void arch_switch(struct task *next) {
    host_tell(HOST_SWITCH, this_host_cpu()->loaded);
    set_fpu(false);
    this_host_cpu()->loaded = next;
    this_host_cpu()->aspace = next->aspace;
}

/// Where the task's library stores what came: as far as the buffer is there.
static void leave_call(struct task *task) {
    unsigned flags = task->arch.number >> IPC_FLAGS_SHIFT;
    bool is_ipc = (task->arch.number & ((1u << IPC_FLAGS_SHIFT) - 1)) == SYS_IPC;
    void *at = is_ipc ? host_ptr(task->tid, task->arch.message) : NULL;
    bool fits = task->arch.message % PAGE_SIZE <= PAGE_SIZE - MESSAGE_IN_REGISTERS;
    if (task->arch.in_call && at && fits && (flags & IPC_RECV) && task->arch.result == OK) {
        const uintptr_t *a = task->arch.args;
        struct message m = {.type = (int) a[1], .src = (task_t) a[3], .words = {a[4], a[5]}};
        memcpy(at, &m, MESSAGE_IN_REGISTERS);
    }
    task->arch.in_call = false;
}

__noreturn void arch_resume(struct task *task) {
    if (this_host_cpu()->loaded != task) {
        host_die("arch_resume() of another task than arch_switch() got");
    }
    bool runs = task->state == TASK_RUNNING || task->state == TASK_DYING;
    if (!runs || cpus[host.cpu].current != task || task->work) {
        host_die("arch_resume() of a task that does not run or has work to do");
    }
    if (!task->arch.restarted) {
        leave_call(task);
    }
    host_tell(HOST_RESUME, task);
    longjmp(out_of_kernel, 1);
}

// ---- The fast path ------------------------------------------------------------------------------

void arch_lazy_off(struct cpu *cpu) {
    if (cpu != this_cpu() || !cpu->lazy_on) {
        host_die("the FPU is turned off that isn't on");
    }
    set_fpu(false);
}

uint64_t arch_fast_cpu_time(void) {
    return arch_cycles();
}

/// Whether the kernel may access user memory by arch_fast_read() and its kin.
static bool is_open;

void arch_fast_open(void) {
    is_open = true;
}

void arch_fast_close(void) {
    is_open = false;
}

/// Who has made the system call that is on the fast path.
static struct task *fast_caller;

__noreturn void arch_fast_bail(uintptr_t type, uintptr_t word0, uintptr_t word1) {
    struct task *task = this_cpu()->current;
    if (spin_is_locked(&this_cpu()->lock)) {
        host_die("the fast path is left with the lock held");
    }
    if (is_open) {
        host_die("the fast path is left with access to user memory");
    }
    task->arch.args[1] = type;
    task->arch.args[4] = word0;
    task->arch.args[5] = word1;
    kernel_syscall();
    host_tell(HOST_SYSCALL_DONE, task);
    kernel_resume();
}

__noreturn void arch_fast_resume(struct task *next, task_t src, uintptr_t type, uintptr_t word0,
                                 uintptr_t word1) {
    if (spin_is_locked(&this_cpu()->lock)) {
        host_die("the fast path ends with the lock held");
    }
    if (this_cpu()->resched || this_cpu()->stale
        || this_cpu()->ready_mask >= READY_BIT(next->priority)) {
        host_die("the fast path ends, but something has to be done before");
    }
    next->arch.args[1] = type;
    next->arch.args[3] = (uintptr_t) src;
    next->arch.args[4] = word0;
    next->arch.args[5] = word1;
    next->arch.result = OK;
    arch_fast_close();
    host.fast_messages++;
    host_tell(HOST_SYSCALL_DONE, fast_caller);
    arch_resume(next);
}

__noreturn void arch_fast_leave(void) {
    host.fast_messages++;
    host_tell(HOST_SYSCALL_DONE, fast_caller);
    kernel_resume();
}

void arch_fast_switch(struct cpu *cpu, struct task *next) {
    if (this_host_cpu()->fpu) {
        host_die("the fast path leaves a task that has the FPU");
    }
    cpu->aspace = next->aspace;
    arch_switch(next);
}

bool arch_task_movable(struct task *task) {
    return !task->arch.pinned;
}

uintptr_t arch_syscall_number(struct task *task) {
    return task->arch.number;
}

uintptr_t arch_syscall_arg(struct task *task, int n) {
    return task->arch.args[n];
}

void arch_syscall_set_number(struct task *task, uintptr_t number) {
    task->arch.number = number;
}

void arch_syscall_set_arg(struct task *task, int n, uintptr_t value) {
    task->arch.args[n] = value;
}

void arch_syscall_set_result(struct task *task, intptr_t value) {
    if (task->arch.restarted) {
        host_die("a result for a system call that will be made again");
    }
    task->arch.result = value;
}

void arch_syscall_restart(struct task *task) {
    if (task->arch.restarted || !task->arch.in_call) {
        host_die("a second restart of one system call");
    }
    task->arch.restarted = true;
    task->arch.ip -= SYSCALL_INSN_LEN;
}

vaddr_t arch_task_ip(struct task *task) {
    return task->arch.ip;
}

void arch_ports_changed(struct task *task __unused) {}

void host_make_syscall(void) {
    struct task *task = cpus[host.cpu].current;
    task->arch.ip += SYSCALL_INSN_LEN;
    task->arch.in_call = true;
    task->arch.restarted = false;
    host_tell(HOST_SYSCALL, task);
    const uintptr_t *a = task->arch.args;
    bool calls = task->arch.number == SYS_IPC_WITH(IPC_CALL);
    bool serves = task->arch.number == SYS_IPC_WITH(IPC_SERVE);
    if (host.fast_path && (calls || serves)) {
        // Now and then it has had the FPU before.
        set_fpu(host.fast_calls++ % 4 == 0);
        fast_caller = task;
        (calls ? fastpath_call : fastpath_serve)((task_t) a[0], a[1], NOTHING, NOTHING, a[4], a[5]);
    }
    kernel_syscall();
    host_tell(HOST_SYSCALL_DONE, task);
}

// ---- Address spaces -----------------------------------------------------------------------------

#define PTE_P       1u
#define PTE_W       2u
#define PTE_X       4u
#define PTE_ADDR    (~(uint64_t) (PAGE_SIZE - 1))
#define NUM_ENTRIES (PAGE_SIZE / sizeof(uint64_t))

void *arch_ram_ptr(paddr_t paddr) {
    if (paddr < HOST_RAM_BASE || paddr - HOST_RAM_BASE > HOST_RAM_SIZE) {
        host_die("arch_ram_ptr() of what is not RAM");
    }
    return host_ram + (paddr - HOST_RAM_BASE);
}

paddr_t arch_ram_paddr(void *ptr) {
    return (paddr_t) ((uint8_t *) ptr - host_ram) + HOST_RAM_BASE;
}

bool arch_is_user_page(vaddr_t vaddr) {
    return vaddr >= USER_BASE && vaddr < USER_END;
}

void arch_aspace_init(struct aspace *as) {
    if (as->arch.root) {
        host_die("a new task gets an address space that was not taken apart");
    }
}

/// The entry of a page; NULL if a table is missing that *kpage can't give.
static uint64_t *entry_of(struct aspace *as, vaddr_t vaddr, paddr_t *kpage) {
    size_t page = vaddr / PAGE_SIZE;
    if (!as->arch.root) {
        as->arch.root = *kpage;
        *kpage = 0;
    }
    if (!as->arch.root) {
        return NULL;
    }
    uint64_t *entry = (uint64_t *) arch_ram_ptr(as->arch.root) + page / NUM_ENTRIES;
    if (!*entry) {
        *entry = *kpage;
        *kpage = 0;
    }
    return *entry ? (uint64_t *) arch_ram_ptr(*entry) + page % NUM_ENTRIES : NULL;
}

static uint64_t *find_entry(struct aspace *as, vaddr_t vaddr) {
    paddr_t none = 0;
    uint64_t *entry = arch_is_user_page(vaddr) ? entry_of(as, vaddr, &none) : NULL;
    return (entry && (*entry & PTE_P)) ? entry : NULL;
}

error_t arch_aspace_map(struct aspace *as, vaddr_t vaddr, paddr_t paddr, unsigned flags,
                        paddr_t *kpage) {
    uint64_t *entry = entry_of(as, vaddr, kpage);
    if (!entry) {
        return ERR_TRY_AGAIN;
    }
    if (*entry) {
        return ERR_ALREADY_EXISTS;
    }
    *entry = paddr | PTE_P | ((flags & MAP_W) ? PTE_W : 0) | ((flags & MAP_X) ? PTE_X : 0);
    return OK;
}

error_t arch_aspace_unmap(struct aspace *as, vaddr_t vaddr, paddr_t *paddr) {
    uint64_t *entry = find_entry(as, vaddr);
    if (!entry) {
        return ERR_NOT_FOUND;
    }
    *paddr = *entry & PTE_ADDR;
    *entry = 0;
    return OK;
}

error_t arch_aspace_lookup(struct aspace *as, vaddr_t vaddr, paddr_t *paddr, unsigned *flags) {
    uint64_t *entry = find_entry(as, vaddr);
    if (!entry) {
        return ERR_NOT_FOUND;
    }
    *paddr = *entry & PTE_ADDR;
    *flags = ((*entry & PTE_W) ? MAP_W : 0) | ((*entry & PTE_X) ? MAP_X : 0);
    return OK;
}

error_t arch_aspace_map_pages(struct aspace *as, vaddr_t vaddr, const paddr_t *pages,
                              size_t num_pages, unsigned flags, size_t *done) {
    paddr_t none = 0;
    for (*done = 0; *done < num_pages; (*done)++) {
        error_t err = arch_aspace_map(as, vaddr + *done * PAGE_SIZE, pages[*done], flags, &none);
        if (err != OK) {
            return err;
        }
    }
    return OK;
}

size_t arch_aspace_find_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages, unsigned flags,
                              paddr_t *pages) {
    for (size_t i = 0; i < num_pages; i++) {
        unsigned has;
        if (arch_aspace_lookup(as, vaddr + i * PAGE_SIZE, &pages[i], &has) != OK || (flags & ~has)
            || pages[i] >= HOST_MMIO) {
            return i;
        }
    }
    return num_pages;
}

void arch_aspace_unmap_pages(struct aspace *as, vaddr_t vaddr, size_t num_pages,
                             void (*release)(paddr_t paddr)) {
    for (size_t i = 0; i < num_pages; i++) {
        paddr_t paddr;
        if (arch_aspace_unmap(as, vaddr + i * PAGE_SIZE, &paddr) == OK) {
            release(paddr);
        }
    }
}

/// Odd pages are found at once, alone.
uint8_t *arch_fast_run(struct aspace *as, vaddr_t vaddr, bool write, size_t *len) {
    uint64_t *entry = find_entry(as, ALIGN_DOWN(vaddr, PAGE_SIZE));
    if (!entry || (write && !(*entry & PTE_W)) || (*entry & PTE_ADDR) >= HOST_MMIO
        || (vaddr / PAGE_SIZE) % 2 == 0) {
        return NULL;
    }
    *len = MIN(*len, PAGE_SIZE - vaddr % PAGE_SIZE);
    return (uint8_t *) arch_ram_ptr(*entry & PTE_ADDR) + vaddr % PAGE_SIZE;
}

static bool is_loaded(const struct aspace *as) {
    for (int i = 0; i < HOST_CPUS; i++) {
        if (host.cpus[i].aspace == as) {
            return true;
        }
    }
    return false;
}

bool arch_aspace_teardown(struct aspace *as, int budget,
                          void (*release)(paddr_t paddr, bool is_table)) {
    if (is_loaded(as)) {
        host_die("an address space is taken apart that a CPU uses");
    }
    for (size_t i = 0; as->arch.root && i < NUM_ENTRIES; i++) {
        uint64_t *table = (uint64_t *) arch_ram_ptr(as->arch.root) + i;
        if (*table && budget <= 0) {
            return false;
        }
        for (size_t k = 0; *table && k < NUM_ENTRIES; k++) {
            uint64_t *entry = (uint64_t *) arch_ram_ptr(*table) + k;
            if (*entry) {
                release(*entry & PTE_ADDR, false);
                *entry = 0;
            }
        }
        if (*table) {
            paddr_t paddr = *table;
            *table = 0;
            release(paddr, true);
            budget -= NUM_ENTRIES;
        }
    }
    if (as->arch.root) {
        release(as->arch.root, true);
        as->arch.root = 0;
    }
    return true;
}

void host_for_each_page(struct aspace *as, void (*callback)(paddr_t paddr, bool is_table)) {
    if (!as->arch.root) {
        return;
    }
    callback(as->arch.root, true);
    for (size_t i = 0; i < NUM_ENTRIES; i++) {
        uint64_t table = ((uint64_t *) arch_ram_ptr(as->arch.root))[i];
        if (table) {
            callback(table, true);
        }
        for (size_t k = 0; table && k < NUM_ENTRIES; k++) {
            uint64_t entry = ((uint64_t *) arch_ram_ptr(table))[k];
            if (entry) {
                callback(entry & PTE_ADDR, false);
            }
        }
    }
}

void arch_flush_user_tlb(void) {
    this_host_cpu()->flushes++;
}

void arch_leave_aspace(void) {
    this_host_cpu()->aspace = NULL;
    this_host_cpu()->loaded = NULL;
}

// ---- User memory --------------------------------------------------------------------------------

/// Copies page by page as far as it goes.
static bool copy(uint8_t *kernel, vaddr_t user, size_t len, bool write) {
    struct host_cpu *cpu = this_host_cpu();
    if (cpu->aspace != cpus[host.cpu].current->aspace) {
        host_die("a user copy in another address space than the current task's");
    }
    while (len) {
        size_t piece = MIN(len, PAGE_SIZE - user % PAGE_SIZE);
        uint64_t *entry = find_entry(cpu->aspace, ALIGN_DOWN(user, PAGE_SIZE));
        if (!entry || (write && !(*entry & PTE_W)) || (*entry & PTE_ADDR) >= HOST_MMIO) {
            cpu->copy_fault_vaddr = user;
            cpu->copy_fault_flags = (entry ? FAULT_PRESENT : 0) | (write ? FAULT_WRITE : 0);
            return false;
        }
        uint8_t *page = arch_ram_ptr(*entry & PTE_ADDR);
        if (write) {
            memmove(page + user % PAGE_SIZE, kernel, piece);  // Tasks may share a page.
        } else {
            memcpy(kernel, page + user % PAGE_SIZE, piece);
        }
        kernel += piece;
        user += piece;
        len -= piece;
    }
    return true;
}

/// The long way has to take what isn't aligned.
bool arch_fast_reachable(vaddr_t a, vaddr_t b) {
    return IS_ALIGNED(a | b, 4);
}

static void check_open(void) {
    if (!is_open) {
        host_die("a user copy without access to user memory");
    }
}

bool arch_fast_read(struct task *dst, vaddr_t from, uint32_t type) {
    check_open();
    return copy(&dst->msg.raw[MESSAGE_IN_REGISTERS - MESSAGE_HEADER_SIZE],
                from + MESSAGE_IN_REGISTERS, MSG_LEN(type) - IPC_WORDS * sizeof(uintptr_t), false);
}

bool arch_fast_write(const struct task *task, vaddr_t to, uint32_t type) {
    check_open();
    return copy((uint8_t *) &task->msg + MESSAGE_IN_REGISTERS, to + MESSAGE_IN_REGISTERS,
                MSG_LEN(type) - IPC_WORDS * sizeof(uintptr_t), true);
}

bool arch_copy_from_user(void *dst, vaddr_t src, size_t len) {
    return copy(dst, src, len, false);
}

bool arch_copy_to_user(vaddr_t dst, const void *src, size_t len) {
    return copy((uint8_t *) src, dst, len, true);
}

void arch_copy_ram(void *dst, const void *src, size_t len) {
    memmove(dst, src, len);  // Tasks may share a page.
}

vaddr_t arch_copy_fault(unsigned *fault) {
    *fault = this_host_cpu()->copy_fault_flags;
    return this_host_cpu()->copy_fault_vaddr;
}
