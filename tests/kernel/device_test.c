// Interrupts, timers, the console, the kernel log, the debugger and what SYS_INFO tells.

#include <kernel/board.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <string.h>
#include <unittest.h>

#include "host.h"

#define IRQ 11

extern char __text_end[];

static task_t a, b;

static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, TASK_RIGHT_DEBUG | TASK_RIGHT_CONSOLE);
    b = host_spawn("b", INIT_TASK, TASK_RIGHT_CONSOLE);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, IRQ, 1), OK);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, b, GRANT_IRQ, IRQ, 1), OK);
}

static notifications_t receive_notifications(task_t tid) {
    if (host_ipc(tid, 0, IPC_ANY, IPC_RECV | IPC_NOBLOCK) != OK
        || host_msg(tid)->type != NOTIFICATIONS_MSG) {
        return 0;
    }
    return host_msg(tid)->notifications.data;
}

// ---- Interrupts ---------------------------------------------------------------------------------

TEST("irq: a line that fires is masked until its owner is back") {
    set_up();
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_irq(0, IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_msg(a)->notifications.data, NOTIFY_IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
    // Not by a closed receive or a call.
    TEST_EXPECT_EQ(host_ipc(a, 0, b, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host.unmasked[IRQ]);
}

TEST("irq: a notification not yet received isn't acknowledged") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    host_irq(0, IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(receive_notifications(a), NOTIFY_IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host.unmasked[IRQ]);
}

TEST("irq: a shared line waits for all of its owners") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_ACQUIRE, IRQ), OK);
    host_irq(0, IRQ);
    TEST_EXPECT_EQ(receive_notifications(a), NOTIFY_IRQ);
    TEST_EXPECT_EQ(receive_notifications(b), NOTIFY_IRQ);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    TEST_EXPECT(!host.unmasked[IRQ]);
    // b doesn't come back, but it dies.
    host_destroy(b);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_RELEASE, IRQ), OK);
    TEST_EXPECT(!host.unmasked[IRQ]);
}

TEST("irq: a driver that dies leaves its line masked and free") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    host_irq(0, IRQ);
    host_destroy(a);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_ACQUIRE, IRQ), OK);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT_EQ(receive_notifications(b), 0);
}

TEST("irq: errors") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, CONFIG_NUM_IRQS), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_RELEASE, CONFIG_NUM_IRQS), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ + 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_RELEASE, IRQ), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, HOST_CONSOLE_IRQ, 1), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, HOST_CONSOLE_IRQ), ERR_IN_USE);
    host_irq(0, CONFIG_NUM_IRQS + 5);
    host_irq(0, IRQ + 1);
    TEST_EXPECT(host_check());
}

static void acquire_line(task_t tid, unsigned irq) {
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, tid, GRANT_IRQ, irq, 1), OK);
    TEST_EXPECT_EQ(SYSCALL(tid, SYS_IRQ_ACQUIRE, irq), OK);
}

static task_t running(void) {
    return cpus[0].current ? cpus[0].current->tid : 0;
}

/// `a`, more urgent than others, waits for line IRQ, and `b` runs.
static void set_up_driver(void) {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, a, 1), OK);
    acquire_line(a, IRQ);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_run(b);
}

TEST("irq: an urgent driver runs at once, then the interrupted task before its equals") {
    set_up_driver();
    task_t c = host_spawn("c", INIT_TASK, 0);
    host_run(b);
    TEST_EXPECT_EQ(host_state(c), TASK_READY);
    host_irq(0, IRQ);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_state(b), TASK_READY);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_msg(a)->src, KERNEL_TASK);
    TEST_EXPECT_EQ(host_msg(a)->type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(host_msg(a)->notifications.data, NOTIFY_IRQ);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT(host_check());
}

TEST("irq: a driver that waits for somebody else hears of its line later") {
    set_up_driver();
    host_destroy(a);
    a = host_spawn("a", INIT_TASK, 0);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, a, 1), OK);
    acquire_line(a, IRQ);
    TEST_EXPECT_EQ(host_recv(a, b), HOST_BLOCKED);
    host_run(b);
    host_irq(0, IRQ);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    TEST_EXPECT(!host.unmasked[IRQ]);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(host_send(b, a), HOST_BLOCKED);  // `a` goes first.
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_received(a, b, 1, 8));
    TEST_EXPECT_EQ(receive_notifications(a), NOTIFY_IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
}

TEST("irq: a less urgent driver doesn't disturb") {
    set_up_driver();
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, a, 5), OK);
    host_run(b);
    host_irq(0, IRQ);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT_EQ(host_state(a), TASK_READY);
    TEST_EXPECT(!host.unmasked[IRQ]);
}

TEST("irq: lines that have the same place in the table don't get mixed up") {
    set_up_driver();
    unsigned other = IRQ + CONFIG_NUM_IRQ_OWNERS;
    acquire_line(b, other);
    host_irq(0, other);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT(!host.unmasked[other]);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(receive_notifications(b), NOTIFY_IRQ);
    host_irq(0, IRQ);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host.unmasked[IRQ]);
    TEST_EXPECT(!host.unmasked[other]);
    TEST_EXPECT_EQ(receive_notifications(b), 0);
    TEST_EXPECT(host.unmasked[other]);
}

TEST("irq: who is left of those that shared a line has it alone") {
    set_up();
    acquire_line(a, IRQ);
    acquire_line(b, IRQ);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IRQ_RELEASE, IRQ), OK);
    host_irq(0, IRQ);
    TEST_EXPECT_EQ(receive_notifications(a), NOTIFY_IRQ);
    TEST_EXPECT_EQ(receive_notifications(b), 0);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    TEST_EXPECT(host.unmasked[IRQ]);
    host_destroy(a);
    TEST_EXPECT(!host.unmasked[IRQ]);
    TEST_EXPECT(host_check());
}

// ---- Timers -------------------------------------------------------------------------------------

TEST("timer: it fires once, in time, and can be changed and stopped") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, -1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 50), OK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TIMER_SET, 30), OK);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_advance_ms(29);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    host_advance_ms(2);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_msg(b)->notifications.data, NOTIFY_TIMER);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    host_advance_ms(20);
    TEST_EXPECT_EQ(host_result(a), OK);
    host_advance_ms(200);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 10), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 100), OK);
    host_advance_ms(50);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 0), OK);
    host_advance_ms(500);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    TEST_EXPECT(host_check());
}

TEST("timer: a dead task's timer fires for nobody") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TIMER_SET, 10), OK);
    host_destroy(a);
    a = host_spawn("a2", INIT_TASK, 0);
    host_advance_ms(100);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
}

TEST("timer: the clock counts milliseconds") {
    set_up();
    intptr_t before = SYSCALL(a, SYS_CLOCK);
    host_advance_ms(1234);
    intptr_t passed = SYSCALL(a, SYS_CLOCK) - before;
    TEST_EXPECT_GE(passed, 1234);
    TEST_EXPECT_LE(passed, 1240);
}

// ---- Console and log ----------------------------------------------------------------------------

TEST("console: output goes to the console and to the log") {
    set_up();
    uint32_t position = 0;
    strncpy2(host_ptr(a, MSG_VADDR), "hello, console\n", 16);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, MSG_VADDR, 15), 15);
    TEST_EXPECT(host_shown("hello, console\r\n"));
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, MSG_VADDR, 1000), 128);
    bool found = false;
    intptr_t len;
    do {
        memcpy(host_ptr(a, MSG_VADDR + 512), &position, sizeof(position));
        len = SYSCALL(a, SYS_KLOG_READ, MSG_VADDR, 100, MSG_VADDR + 512);
        TEST_EXPECT_GE(len, 0);
        memcpy(&position, host_ptr(a, MSG_VADDR + 512), sizeof(position));
        ((char *) host_ptr(a, MSG_VADDR))[MAX(len, 0)] = '\0';
        found |= strstr(host_ptr(a, MSG_VADDR), "hello") != NULL;
    } while (len > 0);
    TEST_EXPECT(found);
}

TEST("console: who finds no input is told when there is some") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 0);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_type("abc");
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_msg(a)->notifications.data, NOTIFY_CONSOLE);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 2), 2);
    TEST_EXPECT_MEM_EQ(host_ptr(a, MSG_VADDR), "ab", 2);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 2), 1);
    // A read that faults loses nothing.
    host_type("d");
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_READ, FREE_VADDR, 2), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 2), 1);
}

TEST("console: input is for those with the right to it") {
    set_up();
    task_t c = host_spawn("c", INIT_TASK, 0);
    host_type("secret");
    TEST_EXPECT_EQ(SYSCALL(c, SYS_CONSOLE_READ, MSG_VADDR, 10), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 6);
}

/// What was typed stays when the machine is made anew.
static void read_all_input(task_t tid) {
    while (SYSCALL(tid, SYS_CONSOLE_READ, MSG_VADDR, 100) > 0) {}
}

TEST("console: what a keyboard feeds is read like what is typed") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 0);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_type("x");
    TEST_EXPECT_EQ(host_result(a), OK);
    strncpy2(host_ptr(b, MSG_VADDR), "\x1b[A\x0b", 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_FEED, MSG_VADDR, 4), OK);
    // Ctrl-K hasn't opened the debugger.
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 5);
    TEST_EXPECT_MEM_EQ(host_ptr(a, MSG_VADDR), "x\x1b[A\x0b", 5);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 0);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_FEED, MSG_VADDR, 0), OK);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_FEED, MSG_VADDR, 1), OK);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_msg(a)->notifications.data, NOTIFY_CONSOLE);
    read_all_input(a);
}

TEST("console: a keyboard feeds all or nothing, with the right to it") {
    set_up();
    task_t c = host_spawn("c", INIT_TASK, 0);
    TEST_EXPECT_EQ(SYSCALL(c, SYS_CONSOLE_FEED, MSG_VADDR, 1), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, CONFIG_CONSOLE_CHUNK + 1),
                   ERR_TOO_LARGE);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, ~(size_t) 0), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_FEED, FREE_VADDR, 1), HOST_BLOCKED);
    memset(host_ptr(a, MSG_VADDR), '.', 100);
    unsigned stored = 0;
    while (SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, 3) == OK && stored <= CONFIG_CONSOLE_INPUT) {
        stored += 3;
    }
    TEST_EXPECT_EQ(stored, CONFIG_CONSOLE_INPUT / 3 * 3);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, 3), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, CONFIG_CONSOLE_INPUT % 3), OK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 7), 7);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, 8), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_FEED, MSG_VADDR, 7), OK);
    read_all_input(a);
}

/// Asks to be told of what is printed behind `position`.
static intptr_t watch_log(task_t tid, uint32_t position) {
    memcpy(host_ptr(tid, MSG_VADDR + 512), &position, sizeof(position));
    return SYSCALL(tid, SYS_KLOG_READ, 0, 0, MSG_VADDR + 512);
}

/// Reads all of the log, and returns the position of its end.
static uint32_t read_log(task_t tid) {
    bzero(host_ptr(tid, MSG_VADDR + 512), sizeof(uint32_t));
    while (SYSCALL(tid, SYS_KLOG_READ, MSG_VADDR, 100, MSG_VADDR + 512) > 0) {}
    uint32_t position;
    memcpy(&position, host_ptr(tid, MSG_VADDR + 512), sizeof(position));
    return position;
}

TEST("log: who watches it is told once of what tasks print") {
    set_up();
    uint32_t end = read_log(a);
    unsigned before = host.handed_over;
    TEST_EXPECT_EQ(watch_log(a, end), 0);
    TEST_EXPECT_EQ(host.handed_over, before + 1);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_WRITE, MSG_VADDR, 4), 4);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_msg(a)->notifications.data, NOTIFY_CONSOLE);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_WRITE, MSG_VADDR, 4), 4);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
    // It has printed since: at once.
    TEST_EXPECT_EQ(watch_log(a, end), 0);
    TEST_EXPECT_EQ(receive_notifications(a), NOTIFY_CONSOLE);
    // Reading to the end is no watching.
    end = read_log(a);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_CONSOLE_WRITE, MSG_VADDR, 4), 4);
    TEST_EXPECT_EQ(receive_notifications(a), 0);
}

TEST("log: watching takes a right, and a watcher may end") {
    set_up();
    task_t c = host_spawn("c", INIT_TASK, 0);
    unsigned before = host.handed_over;
    TEST_EXPECT_EQ(watch_log(c, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(host.handed_over, before);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_KLOG_READ, 0, 0, FREE_VADDR), HOST_BLOCKED);
    TEST_EXPECT_EQ(watch_log(b, read_log(b)), 0);
    host_destroy(b);
    TEST_EXPECT_EQ(SYSCALL(c, SYS_CONSOLE_WRITE, MSG_VADDR, 4), 4);
}

// ---- Debugger -----------------------------------------------------------------------------------

static intptr_t kdebug(const char *command) {
    strncpy2(host_ptr(a, MSG_VADDR), command, 64);
    intptr_t len = SYSCALL(a, SYS_KDEBUG, MSG_VADDR, strlen(command), MSG_VADDR, PAGE_SIZE - 1);
    ((char *) host_ptr(a, MSG_VADDR))[MAX(len, 0)] = '\0';
    return len;
}

static bool kdebug_tells(const char *command, const char *text) {
    return kdebug(command) > 0 && strstr(host_ptr(a, MSG_VADDR), text) != NULL;
}

TEST("kdebug: commands answer a program") {
    set_up();
    TEST_EXPECT(kdebug_tells("ps", " a: "));
    TEST_EXPECT(kdebug_tells("ps", "vm"));
    TEST_EXPECT(kdebug_tells("mem", "pages"));
    TEST_EXPECT(kdebug_tells("cpu", "cpu 3"));
    TEST_EXPECT(kdebug_tells("ipc", "messages"));
    TEST_EXPECT(kdebug_tells("help", "deadlock"));
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, IRQ), OK);
    TEST_EXPECT(kdebug_tells("irq", "irq 11"));
    TEST_EXPECT_EQ(kdebug("no such command"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(kdebug("a command that is longer than any of the debugger's"), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(kdebug(""), ERR_NOT_FOUND);
}

TEST("kdebug: the deadlock hint names the tasks that wait for each other") {
    set_up();
    task_t c = host_spawn("c", INIT_TASK, 0);
    TEST_EXPECT(kdebug_tells("deadlock", "no tasks wait for each other"));
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(host_ipc(b, c, c, IPC_CALL), HOST_BLOCKED);
    host_compose(c, 1, 8);
    TEST_EXPECT_EQ(host_ipc(c, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT(kdebug_tells("deadlock", "deadlock: #"));
    TEST_EXPECT(kdebug_tells("deadlock", " b -> "));
}

#ifdef CONFIG_KDEBUG
TEST("kdebug: Ctrl-K opens it on the console, q leaves") {
    set_up();
    host_type("\vpx\bs\rq\r");
    TEST_EXPECT(host_shown("kernel debugger"));
    TEST_EXPECT(host_shown("#1 vm"));
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 0);
    host_type("\vnonsense\rq\rz");
    TEST_EXPECT(host_shown("no command 'nonsense'"));
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_READ, MSG_VADDR, 10), 1);
}
#endif

// ---- Information --------------------------------------------------------------------------------

TEST("info: the kernel, tasks, CPUs and the command line") {
    set_up();
    struct kernel_info kernel;
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_KERNEL, 0, MSG_VADDR, sizeof(kernel)), sizeof(kernel));
    memcpy(&kernel, host_ptr(b, MSG_VADDR), sizeof(kernel));
    TEST_EXPECT_EQ(kernel.num_cpus, HOST_CPUS);
    TEST_EXPECT_EQ(kernel.num_tasks, CONFIG_NUM_TASKS);
    TEST_EXPECT_EQ(kernel.ram_bytes, HOST_RAM_SIZE);
    struct task_info info;
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_TASK, TASK_SLOT(a), MSG_VADDR, sizeof(info)),
                   sizeof(info));
    memcpy(&info, host_ptr(b, MSG_VADDR), sizeof(info));
    TEST_EXPECT_EQ(info.tid, a);
    TEST_EXPECT_STR_EQ(info.name, "a");
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_TASK, CONFIG_NUM_TASKS, MSG_VADDR, 100),
                   ERR_NOT_FOUND);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_TASK, ~0u, MSG_VADDR, 100), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_CPU, HOST_CPUS - 1, MSG_VADDR, 8), 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_CPU, HOST_CPUS, MSG_VADDR, 8), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_SHARING, HOST_CPUS - 1, MSG_VADDR, 8), 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_SHARING, HOST_CPUS, MSG_VADDR, 8), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, INFO_CMDLINE, 0, MSG_VADDR, 100), 10);
    TEST_EXPECT_STR_EQ(host_ptr(b, MSG_VADDR), "host test");
    TEST_EXPECT_EQ(SYSCALL(b, SYS_INFO, 99, 0, MSG_VADDR, 100), ERR_INVALID_ARG);
}

TEST("symbols: an address belongs to the function before it") {
    size_t offset = 0;
    TEST_EXPECT(symbol_find(0xfff, &offset) == NULL);
    TEST_EXPECT_STR_EQ(symbol_find(0x1000, &offset), "first");
    TEST_EXPECT_EQ(offset, 0);
    TEST_EXPECT_STR_EQ(symbol_find(0x17ff, &offset), "first");
    TEST_EXPECT_EQ(offset, 0x7ff);
    TEST_EXPECT_STR_EQ(symbol_find(0x1fff, &offset), "second");
    TEST_EXPECT_STR_EQ(symbol_find(0x2000, &offset), "third");
    TEST_EXPECT(symbol_find((vaddr_t) __text_end, &offset) == NULL);
}

// ---- The end ------------------------------------------------------------------------------------

static void panic_body(void) {
    PANIC("no more %s", "tests");
}

static void print_in_between(void) {
    host.on_output = NULL;
    printk("[somebody else]");
}

static void panic_now(void) {
    host.on_output = NULL;
    panic_body();
}

static void print_and_panic_body(void) {
    host.on_output = panic_now;
    printk("somebody");
}

/// Who prints holds the console's lock.
static void panic_among_others_body(void) {
    host.on_output = print_in_between;
    panic_body();
}

static void power_off_body(void) {
    SYSCALL(ROOT_TASK, SYS_POWER, POWER_OFF, 3);
}

static void vm_crash_body(void) {
    host_run(INIT_TASK);
    SYSCALL(ROOT_TASK, SYS_NOTIFY, INIT_TASK, 1);
    host_fault(INIT_TASK, FREE_VADDR, 0);
}

TEST("end: a panic tells what it knows and ends with its status") {
    set_up();
    TEST_EXPECT(host_ends_with_status(panic_body, BOARD_STATUS_PANIC));
    TEST_EXPECT(host_shown("PANIC: no more tests"));
    TEST_EXPECT(host_shown("Backtrace:"));
    TEST_EXPECT(host_shown("#1 vm"));
}

TEST("end: a panic waits for nobody who has the console") {
    set_up();
    TEST_EXPECT(host_ends_with_status(panic_among_others_body, BOARD_STATUS_PANIC));
    TEST_EXPECT(host_shown("[somebody else]"));
    TEST_EXPECT(host_shown("PANIC: no more tests"));
    TEST_EXPECT(host_ends_with_status(print_and_panic_body, BOARD_STATUS_PANIC));
    TEST_EXPECT(host_shown("PANIC: no more tests"));
}

TEST("end: powering off tells the status") {
    set_up();
    TEST_EXPECT(host_ends_with_status(power_off_body, 3));
}

TEST("end: vm has no pager") {
    set_up();
    TEST_EXPECT(host_ends_with_status(vm_crash_body, BOARD_STATUS_PANIC));
    TEST_EXPECT(host_shown("vm has no pager"));
}
