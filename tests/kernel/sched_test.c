#include <unittest.h>

#include "host.h"

#include <kernel/sched.h>

#define CREATOR (TASK_RIGHT_TASK | TASK_RIGHT_PHYS)

static task_t a, b, c;

static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, CREATOR);
    b = host_spawn("b", INIT_TASK, 0);
    c = host_spawn("c", INIT_TASK, 0);
}

static void set_priority(task_t tid, int priority) {
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, tid, priority), OK);
}

static task_t running(void) {
    return cpus[0].current ? cpus[0].current->tid : 0;
}

/// Whether the task runs within two slices from now.
static bool gets_turn(task_t tid) {
    for (int i = 0; i < 4 && running() != tid; i++) {
        host_advance_ms(CONFIG_TIME_SLICE_MS / 2);
    }
    return running() == tid;
}

TEST("sched: tasks of one priority take turns") {
    set_up();
    task_t order[6];
    for (int i = 0; i < 6; i++) {
        order[i] = running();
        host_advance_ms(CONFIG_TIME_SLICE_MS + 1);
    }
    TEST_EXPECT_EQ(order[0], a);
    TEST_EXPECT_EQ(order[1], b);
    TEST_EXPECT_EQ(order[2], c);
    TEST_EXPECT_EQ(order[3], a);
    TEST_EXPECT_EQ(order[5], c);
    TEST_EXPECT(host_check());
}

TEST("sched: a task keeps the CPU until its slice is over") {
    set_up();
    host_run(a);
    host_advance_ms(CONFIG_TIME_SLICE_MS / 2);
    TEST_EXPECT_EQ(running(), a);
    host_irq(0, 9);
    TEST_EXPECT_EQ(running(), a);
    host_advance_ms(CONFIG_TIME_SLICE_MS);
    TEST_EXPECT_NE(running(), a);
}

TEST("sched: an alone task needs no timer") {
    host_reset();
    a = host_spawn("a", INIT_TASK, 0);
    host_run(a);
    host_advance_ms(3 * CONFIG_TIME_SLICE_MS);
    TEST_EXPECT_EQ(host.cpus[0].timer, 0);
    TEST_EXPECT_EQ(running(), a);
}

TEST("sched: the more urgent task runs, the other goes on where it was") {
    set_up();
    set_priority(c, 1);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    host_run(b);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, c, 1), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_check());
}

/// `c`, with that priority, waits for a message of anybody, and `b`, with priority 3, runs.
static void set_up_waiting(int priority) {
    set_up();
    set_priority(c, priority);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    host_run(b);
}

/// Whether `c` has received that notification.
static bool is_notified(notifications_t bits) {
    struct message *m = host_msg(c);
    return host_result(c) == OK && m->type == NOTIFICATIONS_MSG && m->src == KERNEL_TASK
           && m->notifications.data == bits;
}

TEST("sched: a notification goes over to a more urgent task, with what it says") {
    set_up_waiting(1);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, c, 1u << 20), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT(is_notified(1u << 20));
    // The one that notified goes on before its equals.
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT(host_check());
}

TEST("sched: a notification stays with the more urgent task that waits for somebody else") {
    set_up();
    set_priority(c, 1);
    TEST_EXPECT_EQ(host_recv(c, a), HOST_BLOCKED);
    host_run(b);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, c, 1u << 20), OK);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT_EQ(host_result(c), HOST_BLOCKED);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, c), HOST_BLOCKED);  // `c` goes first.
    TEST_EXPECT(host_received(c, a, 1, 8));
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), OK);
    TEST_EXPECT(is_notified(1u << 20));
    TEST_EXPECT(host_check());
}

TEST("sched: a notification wakes a task that isn't more urgent without going over to it") {
    set_up_waiting(3);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, c, 1u << 20), OK);
    TEST_EXPECT_EQ(running(), b);
    TEST_EXPECT_EQ(host_state(c), TASK_READY);
    TEST_EXPECT(is_notified(1u << 20));
    TEST_EXPECT(host_check());
}

TEST("sched: a woken urgent task preempts at once") {
    set_up();
    set_priority(c, 1);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    host_run(a);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_NOTIFY, c, 1), OK);
    TEST_EXPECT_EQ(running(), c);
    // Less urgent ones don't.
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT(host_check());
}

TEST("sched: a call goes straight to the server, past ready tasks of its priority") {
    set_up();
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    host_run(a);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, c, c, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT_EQ(host_state(b), TASK_READY);
    TEST_EXPECT(host_check());
}

TEST("sched: a server works with its caller's urgency until it waits again") {
    set_up();
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    set_priority(a, 1);
    set_priority(c, 5);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, c, c, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT_EQ(host_task(c)->priority, 1);
    host_compose(c, 2, 8);
    TEST_EXPECT_EQ(host_ipc(c, a, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(c)->priority, 5);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT(host_check());
}

TEST("sched: a busy server inherits the urgency of who waits for it") {
    set_up();
    set_priority(a, 1);
    set_priority(c, 5);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, c, c, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(c)->priority, 1);
    TEST_EXPECT_EQ(running(), c);
    TEST_EXPECT(host_check());
}

TEST("sched: priorities of others") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, b, -1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, b, TASK_PRIORITY_MAX + 1), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, TASK_ID(40, 9), 3), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_SCHEDULE, c, 5), ERR_NOT_PERMITTED);
    task_t pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK);
    task_t child = host_spawn("child", pager, 0);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_SCHEDULE, child, 2), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_SCHEDULE, child, 4), OK);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_SCHEDULE, b, 4), ERR_NOT_PERMITTED);
}

TEST("sched: a task that is raised to the running one's priority gets its turn") {
    set_up();
    host_destroy(c);
    set_priority(b, 5);
    host_run(a);
    host_advance_ms(2 * CONFIG_TIME_SLICE_MS);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, b, 3), OK);
    TEST_EXPECT(host_check());
    TEST_EXPECT(gets_turn(b));
}

TEST("sched: who is switched to directly shares the CPU with its equals") {
    set_up();
    set_priority(b, 5);
    set_priority(c, 5);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, INIT_TASK, 5), OK);
    host_run(a);
    host_advance_ms(2 * CONFIG_TIME_SLICE_MS);
    // vm is the pager: it hears of the fault before b and c get their turns, as it isn't less urgent.
    host_fault(a, FREE_VADDR, 0);
    TEST_EXPECT_EQ(running(), INIT_TASK);
    TEST_EXPECT(host_check());
    TEST_EXPECT(gets_turn(b));
    host_destroy(a);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, INIT_TASK, 3), OK);
}

TEST("sched: another CPU hears that its task has become less urgent") {
    host_reset();
    a = host_spawn("a", INIT_TASK, CREATOR);
    c = host_spawn("c", INIT_TASK, 0);
    host_run(a);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_task(c)->cpu, 1);
    TEST_EXPECT_EQ(host_recv(c, IPC_ANY), HOST_BLOCKED);
    host_task(c)->arch.pinned = true;
    set_priority(c, 5);
    b = host_spawn("b", INIT_TASK, 0);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_task(b)->cpu, 1);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, c, 1), OK);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(c), TASK_READY);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SCHEDULE, b, 6), OK);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(c), TASK_RUNNING);
    TEST_EXPECT(host_check());
}

TEST("sched: CPU time is charged to who uses it") {
    set_up();
    host_destroy(b);
    host_destroy(c);
    host_run(a);
    uint64_t before = sched_cpu_time(host_task(a)), idle = cpus[0].idle_cycles;
    host_advance_ms(50);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_GE(sched_cpu_time(host_task(a)), before + 50000);
    TEST_EXPECT_LT(sched_cpu_time(host_task(a)), before + 51000);
    before = sched_cpu_time(host_task(a));
    host_advance_ms(50);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_NOTIFY, a, 1), OK);
    TEST_EXPECT_GE(cpus[0].idle_cycles, idle + 50000);
    TEST_EXPECT_LT(sched_cpu_time(host_task(a)), before + 1000);
}
