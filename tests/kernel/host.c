// What tests do to the simulated machine: see host.h.

#include "host.h"

#include <kernel/console.h>
#include <kernel/ipc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "host_machine.h"

/// More restarts of one system call than any needs.
#define MAX_RESTARTS 5000

/// The number of all servers that host_spawn() makes.
#define SERVER 1
/// That of host_compose()'s messages.
#define TEST_INTERFACE 200

/// Wakes root. Nothing else uses this bit.
#define WAKE_ROOT (1u << 31)

static void nothing(void) {}

/// Enters the kernel, then lets tasks whose system calls are to be made again do that.
static void run(unsigned cpu, void (*handler)(void)) {
    host_enter(cpu, handler);
    for (int i = 0; !host.pause_restarts; i++) {
        if (!cpus[cpu].current || !cpus[cpu].current->arch.restarted) {
            return;
        }
        if (i == MAX_RESTARTS) {
            host_die("a system call is made again for ever");
        }
        host_enter(cpu, host_make_syscall);
    }
}

// ---- Interrupts and time ------------------------------------------------------------------------

static unsigned fired_irq;

static void fire_irq(void) {
    kernel_irq(fired_irq);
}

void host_irq(unsigned cpu, unsigned irq) {
    fired_irq = irq;
    run(cpu, fire_irq);
}

void host_deliver_ipis(void) {
    bool any = true;
    while (any) {
        any = false;
        for (unsigned i = 0; i < HOST_CPUS; i++) {
            if (host.cpus[i].ipi) {
                host.cpus[i].ipi = false;
                any = true;
                run(i, kernel_ipi);
            }
        }
    }
}

void host_advance_ms(unsigned ms) {
    uint64_t end = host.now + ms * 1000ull;
    while (true) {
        unsigned next = 0;
        for (unsigned i = 1; i < HOST_CPUS; i++) {
            uint64_t timer = host.cpus[i].timer;
            if (timer && (!host.cpus[next].timer || timer < host.cpus[next].timer)) {
                next = i;
            }
        }
        uint64_t deadline = host.cpus[next].timer;
        if (!deadline || deadline > end) {
            break;
        }
        host.now = MAX(host.now, deadline);
        host.cpus[next].timer = 0;
        host.cpu = next;
        host_tell(HOST_TIMER, NULL);
        run(next, kernel_timer);
    }
    host.now = MAX(host.now, end);
}

void host_type(const char *text) {
    host.input = text;
    host_irq(0, HOST_CONSOLE_IRQ);
}

void host_clear_output(void) {
    memset(host.output, 0, sizeof(host.output));
    host.output_len = 0;
}

bool host_shown(const char *text) {
    return strstr(host.output, text) != NULL;
}

// ---- Tasks --------------------------------------------------------------------------------------

struct task *host_task(task_t tid) {
    struct task *task = task_slot(TASK_SLOT(tid));
    return task && task->tid == tid ? task : NULL;
}

enum task_state host_state(task_t tid) {
    struct task *task = host_task(tid);
    return task ? (enum task_state) task->state : TASK_UNUSED;
}

task_t host_next_tid(int slot) {
    const struct task *task = task_slot(slot);
    int last = task->tid ? TASK_GEN(task->tid) : task->last_generation;
    return TASK_ID(slot, last == TASK_GEN_MAX ? 0 : last + 1);
}

static bool is_current(const struct task *task) {
    return task && cpus[task->cpu].current == task;
}

/// A dying task is in user mode until its CPU has heard of it.
static bool is_ready(task_t tid) {
    return host_state(tid) == TASK_READY || is_current(host_task(tid));
}

bool host_in_user_mode(task_t tid) {
    const struct task *task = host_task(tid);
    return is_current(task) && !task->arch.in_call;
}

void host_end_slice(unsigned cpu) {
    cpus[cpu].slice_end = host.now;
    cpus[cpu].resched = true;
    run(cpu, nothing);
}

void host_run(task_t tid) {
    for (int i = 0; i <= CONFIG_NUM_TASKS && is_ready(tid); i++) {
        unsigned cpu = host_task(tid)->cpu;
        if (is_current(host_task(tid))) {
            host.cpu = cpu;
            return;
        }
        host_end_slice(cpu);
    }
}

void host_go_on(task_t tid) {
    host_run(tid);
    run(host_task(tid)->cpu, nothing);
}

intptr_t host_result(task_t tid) {
    if (host_state(tid) == TASK_READY) {
        host_run(tid);
    }
    struct task *task = host_task(tid);
    return task && !task->arch.in_call ? task->arch.result : HOST_BLOCKED;
}

/// Where the library has a struct ool_buffer: behind the message, in the page that all tasks have.
#define OOL_BUFFER_VADDR (MSG_VADDR + PAGE_SIZE - sizeof(struct ool_buffer))

/// From (dst, src, message, flags, ool_buf, ool_cap) to what is in registers: see host_call().
static void load_ipc_registers(struct task *task) {
    uintptr_t a[6];
    memcpy(a, task->arch.args, sizeof(a));
    unsigned flags = (unsigned) a[3];
    bool open = (flags & IPC_RECV) && (task_t) a[1] == IPC_ANY;
    task_t peer = (task_t) ((flags & IPC_SEND) ? a[0] : a[1]);
    if ((flags & IPC_CALL) == IPC_CALL && !open && a[0] != a[1]) {
        host_die("the test wants to send to one task and to receive from another one");
    }
    // A program that has no page there would fault on its own. This one sends a long message from it.
    struct message m = {.type = MSG_TYPE(TEST_INTERFACE, 5, 0, MSG_OOL_NONE, 64)};
    const void *at = host_ptr(task->tid, a[2]);
    if (at && a[2] % PAGE_SIZE <= PAGE_SIZE - MESSAGE_IN_REGISTERS) {
        memcpy(&m, at, MESSAGE_IN_REGISTERS);
    }
    struct ool_buffer *ool = host_ptr(task->tid, OOL_BUFFER_VADDR);
    if (ool) {
        *ool = (struct ool_buffer){(void *) a[4], a[5]};
    }
    task->arch.number = SYS_IPC_WITH(flags | (open ? IPC_OPEN : 0));
    task->arch.message = a[2];
    task->arch.args[0] = (uintptr_t) peer;
    task->arch.args[1] = (uintptr_t) m.type;
    task->arch.args[2] = ool ? OOL_BUFFER_VADDR : 0;
    task->arch.args[3] = a[2];
    task->arch.args[4] = m.words[0];
    task->arch.args[5] = m.words[1];
}

static struct task *load_registers(task_t tid, uintptr_t number, const uintptr_t args[6]) {
    if (!host_in_user_mode(tid)) {
        host_die("the test wants a system call of a task that can't make one");
    }
    struct task *task = host_task(tid);
    task->arch.number = number;
    task->arch.message = 0;
    memcpy(task->arch.args, args, sizeof(task->arch.args));
    return task;
}

void host_start_raw_call(task_t tid, uintptr_t number, const uintptr_t args[6]) {
    const struct task *task = load_registers(tid, number, args);
    run(task->cpu, host_make_syscall);
}

void host_start_call(task_t tid, enum syscall_number number, const uintptr_t args[6]) {
    struct task *task = load_registers(tid, number, args);
    if (number == SYS_IPC) {
        load_ipc_registers(task);
    }
    run(task->cpu, host_make_syscall);
}

static intptr_t make_call(task_t tid, enum syscall_number number, const uintptr_t args[6]) {
    host_run(tid);
    host_start_call(tid, number, args);
    return host_result(tid);
}

static void wake_root(void) {
    ipc_notify_from_kernel(ROOT_TASK, WAKE_ROOT);
}

static void park(task_t tid) {
    while (is_ready(tid)) {
        uintptr_t args[6] = {0, IPC_ANY, MSG_VADDR, IPC_RECV, 0, 0};
        make_call(tid, SYS_IPC, args);
    }
}

intptr_t host_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1, uintptr_t a2,
                   uintptr_t a3, uintptr_t a4, uintptr_t a5) {
    uintptr_t args[6] = {a0, a1, a2, a3, a4, a5};
    if (tid != ROOT_TASK) {
        return make_call(tid, number, args);
    }
    // root comes for this call alone; nobody else notices.
    unsigned cpu = host.cpu;
    run(0, wake_root);
    intptr_t result = make_call(ROOT_TASK, number, args);
    while (result == HOST_BLOCKED) {
        host_deliver_ipis();
        result = host_result(ROOT_TASK);
    }
    park(ROOT_TASK);
    host.cpu = cpu;
    return result;
}

static struct fault fault_of_user;
static int exception_of_user;

static void raise_fault(void) {
    kernel_page_fault(fault_of_user.vaddr, fault_of_user.flags);
}

static void raise_exception(void) {
    kernel_exception(exception_of_user, fault_of_user.value, 0);
}

void host_fault(task_t tid, vaddr_t vaddr, unsigned fault) {
    fault_of_user = (struct fault){.vaddr = vaddr, .flags = fault};
    host_run(tid);
    run(host_task(tid)->cpu, raise_fault);
}

void host_exception(task_t tid, int exception, int value) {
    fault_of_user = (struct fault){.value = value};
    exception_of_user = exception;
    host_run(tid);
    run(host_task(tid)->cpu, raise_exception);
}

// ---- Memory -------------------------------------------------------------------------------------

#define NUM_FRAMES (HOST_RAM_SIZE / PAGE_SIZE)

/// What host_page() must not give: it has been given, or a task has it.
static bool taken[NUM_FRAMES];
/// What it must not give until host_reset().
static bool kept[NUM_FRAMES];

static void take_page(paddr_t paddr, bool is_table __unused) {
    if (paddr < HOST_RAM_BASE + HOST_RAM_SIZE) {
        taken[(paddr - HOST_RAM_BASE) / PAGE_SIZE] = true;
    }
}

/// Finds out which pages are free now.
static void collect_pages(void) {
    memset(taken, true, sizeof(taken));
    for (unsigned i = 0; i < bootinfo.num_ranges; i++) {
        struct bootinfo_range *range = &bootinfo.ranges[i];
        memset(&taken[(range->base - HOST_RAM_BASE) / PAGE_SIZE], false, range->len / PAGE_SIZE);
    }
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        host_for_each_page(task_slot(slot)->aspace, take_page);
    }
    for (size_t i = 0; i < NUM_FRAMES; i++) {
        taken[i] |= kept[i];
    }
}

paddr_t host_page(void) {
    for (int attempt = 0; attempt < 2; attempt++) {
        for (size_t i = 0; i < NUM_FRAMES; i++) {
            if (!taken[i]) {
                taken[i] = true;
                return HOST_RAM_BASE + i * PAGE_SIZE;
            }
        }
        collect_pages();
    }
    host_die("host_page(): all of the machine's RAM is in use");
    return 0;
}

paddr_t host_keep_page(void) {
    paddr_t paddr = host_page();
    kept[(paddr - HOST_RAM_BASE) / PAGE_SIZE] = true;
    return paddr;
}

/// As `mapper`, which is root or, before there is root, vm.
static error_t map_as(task_t mapper, task_t tid, vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    uintptr_t kpage = 0;
    intptr_t err;
    while ((err = SYSCALL(mapper, SYS_VM_MAP, tid, vaddr, paddr, kpage, flags | MAP_PHYS))
           == ERR_TRY_AGAIN) {
        kpage = host_page();
    }
    return (error_t) err;
}

error_t host_try_map(task_t tid, vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    return map_as(ROOT_TASK, tid, vaddr, paddr, flags);
}

void host_map_page(task_t tid, vaddr_t vaddr, paddr_t paddr, unsigned flags) {
    error_t err = host_try_map(tid, vaddr, paddr, flags);
    if (IS_ERROR(err)) {
        printf("host_map: error %d\n", err);
        host_die("the test's page could not be mapped");
    }
}

void host_map(task_t tid, vaddr_t vaddr, unsigned flags) {
    host_map_page(tid, vaddr, host_page(), flags | MAP_ZERO);
}

void host_unmap(task_t tid, vaddr_t vaddr) {
    if (SYSCALL(ROOT_TASK, SYS_VM_UNMAP, tid, vaddr) != OK) {
        host_die("the test's page could not be unmapped");
    }
}

void *host_ptr(task_t tid, vaddr_t vaddr) {
    paddr_t paddr;
    unsigned flags;
    struct task *task = host_task(tid);
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    if (!task || IS_ERROR(arch_aspace_lookup(task->aspace, page, &paddr, &flags))) {
        return NULL;
    }
    return (uint8_t *) arch_ram_ptr(paddr) + (vaddr - page);
}

struct message *host_msg(task_t tid) {
    return host_ptr(tid, MSG_VADDR);
}

// ---- Making and destroying tasks ----------------------------------------------------------------

static void must(intptr_t err, const char *what) {
    if (err != OK) {
        printf("%s: error %ld\n", what, (long) err);
        host_die(what);
    }
}

task_t host_create(const char *name, task_t pager, unsigned rights) {
    int slot = 3;
    while (task_slot(slot)->tid) {
        slot++;
    }
    task_t tid = host_next_tid(slot);
    strncpy2(host_ptr(ROOT_TASK, MSG_VADDR + MESSAGE_SIZE), name, TASK_NAME_LEN);
    must(SYSCALL(ROOT_TASK, SYS_TASK_CREATE, tid, MSG_VADDR + MESSAGE_SIZE, USER_IMAGE_BASE, pager,
                 rights),
         "host_create");
    return tid;
}

task_t host_spawn(const char *name, task_t pager, unsigned rights) {
    task_t tid = host_create(name, pager, rights);
    host_map(tid, MSG_VADDR, MAP_W);
    must(SYSCALL(ROOT_TASK, SYS_GRANT, tid, GRANT_SERVER, SERVER), "host_spawn: server");
    must(SYSCALL(ROOT_TASK, SYS_GRANT, tid, GRANT_CALL, SERVER), "host_spawn: may_call");
    must(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, tid, 3), "host_spawn: schedule");
    return tid;
}

void host_destroy(task_t tid) {
    intptr_t err = SYSCALL(ROOT_TASK, SYS_TASK_DESTROY, tid);
    // Another task may have been about to do the same.
    must(err == ERR_INVALID_TASK && !host_task(tid) ? OK : err, "host_destroy");
}

static void boot(void) {
    memset(taken, true, sizeof(taken));
    host_enter(0, kernel_boot);
    for (unsigned i = 1; i < host.num_cpus; i++) {
        host_enter(i, kernel_boot_secondary);
    }
    host_task(INIT_TASK)->arch.pinned = true;
    must(SYSCALL(INIT_TASK, SYS_TASK_CREATE, ROOT_TASK, MSG_VADDR, 0, INIT_TASK, TASK_RIGHTS),
         "create root");
    host_task(ROOT_TASK)->arch.pinned = true;
    error_t err = map_as(INIT_TASK, ROOT_TASK, MSG_VADDR, host_page(), MAP_W);
    must(IS_ERROR(err) ? err : OK, "map root's page");
    must(SYSCALL(INIT_TASK, SYS_GRANT, ROOT_TASK, GRANT_CALL, SERVER), "root's peers");
    must(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, ROOT_TASK, 0), "start root");
    park(ROOT_TASK);
    must(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, INIT_TASK, 3), "vm's priority");
}

void host_count_pages(size_t *mapped, size_t *tables) {
    size_t at = 0;
    *mapped = *tables = 0;
    while (memory_count(&at, mapped, tables)) {}
}

void host_reset(void) {
    static bool booted;
    static size_t mapped_at_boot, tables_at_boot;
    size_t mapped, tables;
    if (!booted) {
        boot();
        host_count_pages(&mapped_at_boot, &tables_at_boot);
        booted = true;
    }
    host.pause_restarts = false;
    host.fast_path = true;
    for (int slot = 3; slot <= CONFIG_NUM_TASKS; slot++) {
        if (task_slot(slot)->tid) {
            host_destroy(task_slot(slot)->tid);
        }
    }
    host_deliver_ipis();
    must(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, INIT_TASK, 3), "vm's priority");
    park(INIT_TASK);
    // Timers of slices that are long over.
    host_advance_ms(2 * CONFIG_TIME_SLICE_MS);
    memset(kept, false, sizeof(kept));
    collect_pages();
    host_clear_output();
    host_count_pages(&mapped, &tables);
    TEST_EXPECT_EQ(mapped, mapped_at_boot);
    TEST_EXPECT_EQ(tables, tables_at_boot);
    TEST_EXPECT(host_check());
}

// ---- Messages -----------------------------------------------------------------------------------

static uint8_t pattern(int method, size_t i) {
    return (uint8_t) (method * 31 + i * 7 + 1);
}

struct message *host_compose(task_t tid, int method, size_t len) {
    struct message *m = host_msg(tid);
    m->type = MSG_TYPE(TEST_INTERFACE, method, 0, MSG_OOL_NONE, len);
    for (size_t i = 0; i < len; i++) {
        m->raw[i] = pattern(method, i);
    }
    return m;
}

bool host_received(task_t tid, task_t src, int method, size_t len) {
    const struct message *m = host_msg(tid);
    for (size_t i = 0; i < len; i++) {
        if (m->raw[i] != pattern(method, i)) {
            return false;
        }
    }
    return m->src == src && m->type == MSG_TYPE(TEST_INTERFACE, method, 0, MSG_OOL_NONE, len);
}

intptr_t host_ipc(task_t tid, task_t dst, task_t src, unsigned flags) {
    return SYSCALL(tid, SYS_IPC, dst, src, MSG_VADDR, flags);
}

intptr_t host_send(task_t tid, task_t dst) {
    return host_ipc(tid, dst, 0, IPC_SEND);
}

intptr_t host_recv(task_t tid, task_t src) {
    return host_ipc(tid, 0, src, IPC_RECV);
}
