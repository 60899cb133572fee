#include <kernel/smp.h>
#include <string.h>
#include <unittest.h>

#include "host.h"

static task_t a, b;

/// Two tasks; `b` runs on CPU 1.
static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP | TASK_RIGHT_PHYS);
    b = host_spawn("b", INIT_TASK, 0);
    host_run(a);
    host_deliver_ipis();
}

TEST("smp: an idle CPU takes a task that waits for its turn") {
    set_up();
    TEST_EXPECT_EQ(host_state(a), TASK_RUNNING);
    TEST_EXPECT_EQ(host_state(b), TASK_RUNNING);
    TEST_EXPECT_NE(host_task(a)->cpu, host_task(b)->cpu);
    TEST_EXPECT(host_check());
}

TEST("smp: a task that may not move stays where it is") {
    host_reset();
    a = host_spawn("a", INIT_TASK, 0);
    b = host_spawn("b", INIT_TASK, 0);
    host_task(b)->arch.pinned = true;
    host_run(a);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(b), TASK_READY);
    TEST_EXPECT_EQ(host_task(b)->cpu, 0);
    TEST_EXPECT(host_check());
}

TEST("smp: an idle CPU takes a client that its server's CPU has no time for") {
    host_reset();
    a = host_spawn("a", INIT_TASK, 0);
    b = host_spawn("b", INIT_TASK, 0);
    host_run(b);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_run(a);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    // It can't move, so that it is next on CPU 0 when the server has answered.
    task_t next = host_spawn("next", INIT_TASK, 0);
    host_task(next)->arch.pinned = true;
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(next), TASK_READY);
    host_run(b);
    host_compose(b, 2, 8);
    TEST_EXPECT_EQ(host_ipc(b, a, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(next), TASK_RUNNING);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_state(a), TASK_RUNNING);
    TEST_EXPECT_NE(host_task(a)->cpu, host_task(next)->cpu);
    TEST_EXPECT(host_check());
}

TEST("smp: a message crosses from CPU to CPU, and its receiver follows the sender") {
    set_up();
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(b)->cpu, 1);
    host_compose(a, 1, 40);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(b)->cpu, host_task(a)->cpu);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, a, 1, 40));
    TEST_EXPECT(host_check());
}

TEST("smp: a message crosses to a receiver that can't move") {
    set_up();
    host_task(b)->arch.pinned = true;
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(a, 1, 40);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_task(b)->cpu, 1);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, a, 1, 40));
    host_compose(b, 2, 8);
    TEST_EXPECT_EQ(host_ipc(b, a, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_received(a, b, 2, 8));
    TEST_EXPECT(host_check());
}

TEST("smp: an unmap waits until the other CPU has forgotten the page") {
    set_up();
    host_map(b, FREE_VADDR, MAP_W);
    unsigned flushes = host.cpus[1].flushes;
    TEST_EXPECT_EQ(SYSCALL(a, SYS_VM_UNMAP, b, FREE_VADDR), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(a), TASK_SYNCING);
    TEST_EXPECT_EQ(host.cpus[1].flushes, flushes);
    TEST_EXPECT(host_check());
    host_deliver_ipis();
    TEST_EXPECT_EQ(host.cpus[1].flushes, flushes + 1);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

/// `b` has a page at FREE_VADDR; it was on CPU 0, which is idle and has its address space loaded yet,
/// and now runs on CPU 1, called by `a`. Returns a task on CPU 2 that may unmap.
static task_t leave_traces(void) {
    host_reset();
    b = host_spawn("b", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    a = host_spawn("a", INIT_TASK, 0);
    task_t c = host_spawn("c", INIT_TASK, TASK_RIGHT_MAP | TASK_RIGHT_PHYS);
    host_map(b, FREE_VADDR, MAP_W);
    host_map(b, FREE_VADDR + PAGE_SIZE, MAP_W);
    host_compose(a, 1, 8);
    host_run(b);
    host_deliver_ipis();
    host.cpus[2].ipi = true;
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_task(b)->cpu, 1);
    TEST_EXPECT_EQ(host_state(b), TASK_RUNNING);
    TEST_EXPECT(cpus[0].current == NULL && cpus[0].aspace == host_task(b)->aspace);
    TEST_EXPECT_EQ(host_task(c)->cpu, 2);
    return c;
}

TEST("smp: an unmap tells the CPU that runs the task, and all that still have its address space") {
    task_t c = leave_traces();
    unsigned on_cpu0 = host.cpus[0].flushes, on_cpu1 = host.cpus[1].flushes;
    TEST_EXPECT_EQ(SYSCALL(c, SYS_VM_UNMAP, b, FREE_VADDR), HOST_BLOCKED);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(c), OK);
    TEST_EXPECT_EQ(host.cpus[1].flushes, on_cpu1 + 1);
    // CPU 0 needs to know only when it runs somebody again.
    host_map(a, FREE_VADDR, 0);
    TEST_EXPECT_EQ(host.cpus[0].flushes, on_cpu0 + 1);
    TEST_EXPECT(host_check());
}

TEST("smp: a page given for a page table is forgotten by all CPUs that have known it") {
    task_t c = leave_traces();
    task_t child = host_next_tid(30);
    unsigned on_cpu0 = host.cpus[0].flushes;
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_CREATE, child, MSG_VADDR, 0, b, 0), OK);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_VM_MAP, child, FREE_VADDR, FREE_VADDR, FREE_VADDR + PAGE_SIZE, 0),
                   ERR_TRY_AGAIN);
    TEST_EXPECT(host_ptr(b, FREE_VADDR + PAGE_SIZE) == NULL);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TASK_DESTROY, child), OK);
    host_destroy(c);
    TEST_EXPECT_GT(host.cpus[0].flushes, on_cpu0);
    TEST_EXPECT(host_check());
}

TEST("smp: the other CPU forgets the page even if the task that unmapped it is gone") {
    set_up();
    host_map(b, FREE_VADDR, MAP_W);
    unsigned flushes = host.cpus[1].flushes;
    TEST_EXPECT_EQ(SYSCALL(a, SYS_VM_UNMAP, b, FREE_VADDR), HOST_BLOCKED);
    host_destroy(a);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host.cpus[1].flushes, flushes + 1);
    TEST_EXPECT(host_check());
}

TEST("smp: a task that runs on another CPU is destroyed") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_DYING);
    TEST_EXPECT(host_check());
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_state(b), TASK_UNUSED);
    TEST_EXPECT(cpus[1].current == NULL);
    TEST_EXPECT(host_check());
}

TEST("smp: a dying task doesn't run on if who destroyed it is gone") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    host_destroy(a);
    TEST_EXPECT_EQ(host_state(b), TASK_DYING);
    host_deliver_ipis();
    TEST_EXPECT(cpus[1].current == NULL);
    TEST_EXPECT(host_check());
    host_destroy(b);
    TEST_EXPECT_EQ(host_state(b), TASK_UNUSED);
}

TEST("smp: what a dying task does before its CPU hears of it is undone") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_TIMER_SET, 5), OK);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());

    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT(host_check());
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());

    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(host_send(b, INIT_TASK), OK);
    host_deliver_ipis();
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_check());
}

TEST("smp: two tasks destroy the same one") {
    set_up();
    task_t c = host_spawn("c", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_PHYS);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(c, SYS_TASK_DESTROY, b), HOST_BLOCKED);
    TEST_EXPECT(host_check());
    host_deliver_ipis();
    intptr_t first = host_result(a), second = host_result(c);
    TEST_EXPECT((first == OK) || (second == OK));
    TEST_EXPECT(first == OK || first == ERR_INVALID_TASK);
    TEST_EXPECT(second == OK || second == ERR_INVALID_TASK);
    TEST_EXPECT_EQ(host_state(b), TASK_UNUSED);
    TEST_EXPECT(host_check());
}

// ---- Pairs of tasks on CPUs of their own --------------------------------------------------------

static struct pair { task_t client, server; } pairs[HOST_CPUS];

/// Leaves a task waiting for anything, on that CPU.
static void park_on(task_t tid, unsigned cpu) {
    host_run(tid);
    TEST_EXPECT_EQ(host_recv(tid, IPC_ANY), HOST_BLOCKED);
    host_task(tid)->cpu = (uint8_t) cpu;
}

static void set_up_pairs(void) {
    host_reset();
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        pairs[i] =
            (struct pair){host_spawn("client", INIT_TASK, 0), host_spawn("server", INIT_TASK, 0)};
        park_on(pairs[i].server, i);
        park_on(pairs[i].client, i);
    }
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        host_task(pairs[i].client)->arch.pinned = true;
        TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_NOTIFY, pairs[i].client, NOTIFY_USER_BASE), OK);
        host_deliver_ipis();
        TEST_EXPECT_EQ(host_result(pairs[i].client), OK);
        TEST_EXPECT_EQ(host_task(pairs[i].client)->cpu, i);
    }
}

/// All that the other CPUs write: their structs and those of their tasks, and who is idle.
struct others {
    struct cpu cpus[HOST_CPUS];
    struct task tasks[CONFIG_NUM_TASKS];
    uint32_t idle_cpus;
};

static void look_at_others(struct others *others, unsigned cpu) {
    memset(others, 0, sizeof(*others));
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        if (i != cpu) {
            others->cpus[i] = cpus[i];
        }
    }
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        if (task_slot(slot)->cpu != cpu) {
            others->tasks[slot - 1] = *task_slot(slot);
        }
    }
    others->idle_cpus = idle_cpus;
}

static void round_trip(const struct pair *pair) {
    host_compose(pair->client, 1, 16);
    TEST_EXPECT_EQ(host_ipc(pair->client, pair->server, pair->server, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(pair->server), OK);
    TEST_EXPECT(host_received(pair->server, pair->client, 1, 16));
    host_compose(pair->server, 2, 16);
    TEST_EXPECT_EQ(host_ipc(pair->server, pair->client, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY),
                   HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(pair->client), OK);
    TEST_EXPECT(host_received(pair->client, pair->server, 2, 16));
}

TEST("smp: pairs on CPUs of their own share no lock, and write nothing that another CPU writes") {
    static struct others before, after;
    struct sharing first[HOST_CPUS];
    set_up_pairs();
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        round_trip(&pairs[i]);  // The first time, a peer is looked up.
    }
    unsigned fast = host.fast_messages;
    host.shared_locks = 0;
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        first[i] = cpus[i].sharing;
    }
    for (int round = 0; round < 100; round++) {
        unsigned i = (unsigned) round % HOST_CPUS;
        look_at_others(&before, i);
        round_trip(&pairs[i]);
        look_at_others(&after, i);
        TEST_EXPECT_MEM_EQ(&before, &after, sizeof(before));
    }
    TEST_EXPECT_EQ(host.fast_messages, fast + 200);
    TEST_EXPECT_EQ(host.shared_locks, 0);
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        TEST_EXPECT_EQ(cpus[i].sharing.locks, first[i].locks);
        TEST_EXPECT_EQ(cpus[i].sharing.writes, first[i].writes);
    }
    TEST_EXPECT(host_check());
}

TEST("smp: what a message shares with another CPU is counted") {
    const struct sharing *here = &cpus[0].sharing, *there = &cpus[1].sharing;
    set_up_pairs();
    host_task(pairs[1].server)->arch.pinned = true;
    // CPU 1's lock, and the interrupt that makes it look at its run queue.
    struct sharing before = *here;
    host_compose(pairs[0].client, 1, 16);
    TEST_EXPECT_EQ(host_ipc(pairs[0].client, pairs[1].server, pairs[1].server, IPC_CALL),
                   HOST_BLOCKED);
    TEST_EXPECT_EQ(here->locks, before.locks + 1);
    TEST_EXPECT_GT(here->writes, before.writes + 1);
    // CPU 1 has been visited, and visits CPU 0 to answer.
    host_deliver_ipis();
    before = *there;
    host_compose(pairs[1].server, 2, 16);
    TEST_EXPECT_EQ(
        host_ipc(pairs[1].server, pairs[0].client, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY),
        HOST_BLOCKED);
    TEST_EXPECT_EQ(there->locks, before.locks + 1);
    TEST_EXPECT_GT(there->writes, before.writes);
    // Within CPU 0: that it has been visited counts once.
    host_deliver_ipis();
    before = *here;
    TEST_EXPECT_EQ(SYSCALL(pairs[0].client, SYS_NOTIFY, pairs[0].client, NOTIFY_USER_BASE), OK);
    TEST_EXPECT_EQ(here->locks, before.locks);
    TEST_EXPECT_EQ(here->writes, before.writes + 1);
    TEST_EXPECT_EQ(SYSCALL(pairs[0].client, SYS_NOTIFY, pairs[0].client, NOTIFY_USER_BASE), OK);
    TEST_EXPECT_EQ(here->locks, before.locks);
    TEST_EXPECT_EQ(here->writes, before.writes + 1);
}
