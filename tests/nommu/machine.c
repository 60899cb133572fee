// The machine: kernel/hal.h, kernel/board.h, and what tests do to it. See machine.h.

#include "machine.h"

#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <program_table.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unittest.h>

#define SERVER   1
#define INSN_LEN 2

struct machine machine = {.now = 1, .input = ""};
uint8_t machine_flash[FLASH_LEN] __aligned(16);
static size_t flash_used;
static jmp_buf out_of_kernel;

// What the linker script and the build give.
__asm__(".globl __flash, __flash_end, __text, __code_end, __text_end, __data, __bss_end, "
        "__program_table\n"
        ".set __flash, machine_flash\n"
        ".set __flash_end, machine_flash + 0x1000\n"
        ".set __text, machine_flash\n"
        ".set __code_end, machine_flash + 0x100\n"
        ".set __text_end, machine_flash + 0x100\n"
        ".set __data, machine_flash\n"
        ".set __bss_end, machine_flash + 0x200\n"
        ".set __program_table, machine_table\n");

/// The table with one program: vm.
uint64_t machine_table[(sizeof(struct program_table) + sizeof(struct program_entry)) / 8 + 1];

static void fill_program_table(void) {
    struct program_table *table = (struct program_table *) (void *) machine_table;
    *table = (struct program_table){.magic = PROGRAM_TABLE_MAGIC,
                                    .num_programs = 1,
                                    .cmdline = CMDLINE_PAGE,
                                    .cmdline_len = PAGE_SIZE,
                                    .ram_base = RAM,
                                    .ram_len = RAM_LEN,
                                    .kernel_ram_len = KERNEL_RAM};
    table->programs[0] = (struct program_entry){.name = "vm",
                                                .entry = 0x101,
                                                .ram_base = REGION(1),
                                                .ram_len = REGION_LEN,
                                                .stack_len = STACK_LEN};
}

static void die(const char *what) {
    fflush(stdout);
    fprintf(stderr, "the kernel broke its contract with the machine: %s\n%.*s\n", what,
            (int) machine.output_len, machine.output);
    abort();
}

// ---- kernel/hal.h -------------------------------------------------------------------------------

void arch_init(void) {}
unsigned arch_cpu_id(void) {
    return 0;
}
uint64_t arch_cycles(void) {
    return machine.now++;
}
void arch_relax(void) {
    die("a lock is waited for");
}
void arch_idle(void) {
    longjmp(out_of_kernel, 1);
}
__noreturn void arch_halt(void) {
    die("arch_halt() was called");
    abort();
}
void arch_backtrace(void (*callback)(vaddr_t addr, void *arg) __unused, void *arg __unused,
                    int max __unused) {}
void arch_task_backtrace(struct task *task __unused,
                         void (*callback)(vaddr_t addr, void *arg) __unused, void *arg __unused,
                         int max __unused) {}

void arch_task_init(struct task *task, vaddr_t ip) {
    task->arch = (struct arch_task){.ip = ip, .sp = memory_stack_top(task)};
}

void arch_task_exit(struct task *task __unused) {}
void arch_switch(struct task *next __unused) {}
bool arch_task_movable(struct task *task __unused) {
    return true;
}
void arch_ports_changed(struct task *task __unused) {}

__noreturn void arch_resume(struct task *task) {
    if (cpus[0].current != task || task->state != TASK_RUNNING || task->work) {
        die("arch_resume() of a task that does not run or has work to do");
    }
    if (!task->arch.restarted) {
        task->arch.in_call = false;
    }
    longjmp(out_of_kernel, 1);
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
        die("a result for a system call that will be made again");
    }
    task->arch.result = value;
}
void arch_syscall_restart(struct task *task) {
    if (task->arch.restarted || !task->arch.in_call) {
        die("a second restart of one system call");
    }
    task->arch.restarted = true;
    task->arch.ip -= INSN_LEN;
}
vaddr_t arch_task_ip(struct task *task) {
    return task->arch.ip;
}

void arch_pass_message(struct message *to, const struct message *from, task_t src, size_t words) {
    size_t len = words * sizeof(uintptr_t);
    to->type = from->type;
    to->src = src;
    memcpy(to->raw, from->raw, len);
    memset(to->raw + len, 0, sizeof(to->raw) - len);
}

// ---- kernel/board.h -----------------------------------------------------------------------------

void board_early_init(void) {}
void board_init(void) {}
void board_init_secondary(void) {}
void board_stop_cpus(void) {}
void board_irq_unmask(unsigned irq) {
    machine.unmasked[irq] = true;
}
void board_irq_mask(unsigned irq) {
    machine.unmasked[irq] = false;
}
uint64_t board_clock_hz(void) {
    return 1000000;
}
uint64_t board_boot_wait_cycles(void) {
    return 0;
}
uint64_t board_boot_cycles(void) {
    return 0;
}
void board_timer_set(uint64_t deadline) {
    machine.timer = deadline;
}
void board_console_handed_over(void) {}

void board_console_write(const char *text, size_t len) {
    for (size_t i = 0; i < len && machine.output_len < sizeof(machine.output) - 1; i++) {
        machine.output[machine.output_len++] = text[i];
    }
}
int board_console_getc(void) {
    return *machine.input ? (uint8_t) *machine.input++ : -1;
}
int board_console_irq(void) {
    return 4;
}
bool board_owns_mmio(paddr_t paddr, size_t len __unused) {
    return paddr == 0x40002000;
}
__noreturn void board_power_off(int status) {
    printf("%.*s\n", (int) machine.output_len, machine.output);
    exit(100 + status);
}
__noreturn void board_reboot(void) {
    exit(99);
}

// ---- Entering the kernel ------------------------------------------------------------------------

static void enter(void (*handler)(void)) {
    if (!cpus[0].current) {
        cpus[0].resched = true;  // What follows arch_idle() in the kernel.
    }
    if (setjmp(out_of_kernel) == 0) {
        handler();
        kernel_resume();
    }
}

static void make_syscall(void) {
    struct task *task = cpus[0].current;
    task->arch.ip += INSN_LEN;
    task->arch.in_call = true;
    task->arch.restarted = false;
    if (kernel_check_stack(task->arch.sp)) {
        kernel_syscall();
    }
}

/// The same, then lets tasks whose system calls are to be made again do that.
static void run(void (*handler)(void)) {
    enter(handler);
    for (int i = 0; cpus[0].current && cpus[0].current->arch.restarted; i++) {
        if (i == 1000) {
            die("a system call is made again for ever");
        }
        enter(make_syscall);
    }
}

static unsigned fired_irq;

static void fire_irq(void) {
    if (cpus[0].current) {
        (void) !kernel_check_stack(cpus[0].current->arch.sp);
    }
    kernel_irq(fired_irq);
}

void machine_irq(unsigned irq) {
    fired_irq = irq;
    run(fire_irq);
}

void machine_advance_ms(unsigned ms) {
    uint64_t end = machine.now + ms * 1000ull;
    while (machine.timer && machine.timer <= end) {
        machine.now = MAX(machine.now, machine.timer);
        machine.timer = 0;
        run(kernel_timer);
    }
    machine.now = MAX(machine.now, end);
}

// ---- Tasks --------------------------------------------------------------------------------------

struct task *machine_task(task_t tid) {
    struct task *task = task_slot(TASK_SLOT(tid));
    return task && task->tid == tid ? task : NULL;
}

enum task_state machine_state(task_t tid) {
    struct task *task = machine_task(tid);
    return task ? (enum task_state) task->state : TASK_UNUSED;
}

static void nothing(void) {}

void machine_run(task_t tid) {
    for (int i = 0; i <= 2 * CONFIG_NUM_TASKS && cpus[0].current != machine_task(tid); i++) {
        cpus[0].slice_end = machine.now;
        cpus[0].resched = true;
        run(nothing);
    }
    if (cpus[0].current != machine_task(tid)) {
        die("the test wants a task to run that does not");
    }
}

intptr_t machine_result(task_t tid) {
    struct task *task = machine_task(tid);
    if (machine_state(tid) == TASK_READY) {
        machine_run(tid);
    }
    bool stopped = machine_state(tid) == TASK_STOPPED;
    return task && !task->arch.in_call && !stopped ? task->arch.result : BLOCKED;
}

/// From (dst, src, message, flags, ool_buf, ool_cap) to the real arguments: see machine_call().
static void load_ipc_arguments(struct task *task) {
    uintptr_t a[6];
    memcpy(a, task->arch.args, sizeof(a));
    unsigned flags = (unsigned) a[3];
    bool open = (flags & IPC_RECV) && (task_t) a[1] == IPC_ANY;
    task->arch.number = SYS_IPC_WITH(flags | (open ? IPC_OPEN : 0));
    task->arch.args[0] = (flags & IPC_SEND) ? a[0] : a[1];
    task->arch.args[2] = 0;
    task->arch.args[3] = a[2];
    if (a[4]) {
        struct ool_buffer *ool = (struct ool_buffer *) OOL_DESCRIPTOR(TASK_SLOT(task->tid));
        *ool = (struct ool_buffer){(void *) a[4], a[5]};
        task->arch.args[2] = (uintptr_t) ool;
    }
}

intptr_t machine_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1,
                      uintptr_t a2, uintptr_t a3, uintptr_t a4, uintptr_t a5) {
    machine_run(tid);
    struct task *task = machine_task(tid);
    task->arch.number = number;
    memcpy(task->arch.args, (uintptr_t[6]){a0, a1, a2, a3, a4, a5}, sizeof(task->arch.args));
    if (number == SYS_IPC) {
        load_ipc_arguments(task);
    }
    run(make_syscall);
    return machine_result(tid);
}

task_t machine_next_tid(int slot) {
    const struct task *task = task_slot(slot);
    int last = task->tid ? TASK_GEN(task->tid) : task->last_generation;
    return TASK_ID(slot, last + 1);
}

vaddr_t machine_flash_text(const char *text) {
    size_t len = strlen(text) + 1;
    vaddr_t at = (vaddr_t) &machine_flash[flash_used];
    if (flash_used + len > 0x800) {
        die("the flash is full");
    }
    memcpy((void *) at, text, len);
    flash_used += len;
    return at;
}

struct message *machine_msg(int slot) {
    return (struct message *) MSG(slot);
}

intptr_t machine_ipc(task_t tid, task_t dst, task_t src, unsigned flags) {
    int slot = TASK_SLOT(tid);
    return SYSCALL(tid, SYS_IPC, dst, src, MSG(slot), flags, OOL(slot), OOL_CAP);
}

static void must(intptr_t err, const char *what) {
    if (err != OK) {
        printf("%s: error %ld\n", what, (long) err);
        die(what);
    }
}

intptr_t machine_create(task_t creator, task_t tid, vaddr_t name, unsigned rights,
                        const struct task_memory *memory) {
    struct task_memory *arg = (struct task_memory *) MSG(TASK_SLOT(creator));
    *arg = *memory;
    return SYSCALL(creator, SYS_TASK_CREATE, tid, name, 0x201, creator, rights, arg);
}

task_t machine_spawn(int slot, unsigned rights) {
    struct task_memory memory = {REGION(slot), REGION_LEN, STACK_LEN};
    task_t tid = machine_next_tid(slot);
    must(machine_create(INIT_TASK, tid, machine_flash_text("task"), rights, &memory), "create");
    must(SYSCALL(INIT_TASK, SYS_GRANT, tid, GRANT_SERVER, SERVER), "server");
    must(SYSCALL(INIT_TASK, SYS_GRANT, tid, GRANT_CALL, SERVER), "may_call");
    must(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, tid, 3), "schedule");
    return tid;
}

void machine_destroy(task_t tid) {
    must(SYSCALL(INIT_TASK, SYS_TASK_DESTROY, tid), "destroy");
}

static void boot(void) {
    void *ram = mmap((void *) RAM, RAM_LEN + PAGE_SIZE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (ram != (void *) RAM) {
        die("no memory where the machine has its RAM");
    }
    ASAN_POISON_MEMORY_REGION(ram, RAM_LEN);
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        ASAN_UNPOISON_MEMORY_REGION((void *) REGION(slot), REGION_LEN);
    }
    fill_program_table();
    // A page of flash that has been erased and then written to.
    memset((void *) CMDLINE_PAGE, 0xff, PAGE_SIZE);
    strncpy2((char *) CMDLINE_PAGE, "run=test", 9);
    enter(kernel_boot);
    must(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, INIT_TASK, 3), "vm's priority");
}

void machine_reset(void) {
    static bool booted;
    if (!booted) {
        boot();
        booted = true;
    }
    flash_used = 0;
    // vm may be waiting for a message of the last test's.
    if (machine_state(INIT_TASK) == TASK_RECEIVING) {
        enter(kernel_timer);
        cpu_acquire(this_cpu());
        task_abort(machine_task(INIT_TASK), ERR_ABORTED);
        cpu_release();
    }
    for (int slot = 2; slot <= CONFIG_NUM_TASKS; slot++) {
        if (task_slot(slot)->tid) {
            machine_destroy(task_slot(slot)->tid);
        }
    }
    machine_advance_ms(2 * CONFIG_TIME_SLICE_MS);
    machine_task(INIT_TASK)->notifications = 0;
    memset(machine.output, 0, sizeof(machine.output));
    machine.output_len = 0;
}
