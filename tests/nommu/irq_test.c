#include <kernel/ipc.h>
#include <string.h>
#include <unittest.h>

#include "machine.h"

// A driver that waits for its device's interrupts has the CPU at once if it is to run next; else it is told as
// of anything.

#define IRQ 9

static task_t running(void) {
    return cpus[0].current ? cpus[0].current->tid : 0;
}

/// A task that has acquired the line.
static task_t spawn_driver(int slot) {
    task_t tid = machine_spawn(slot, 0);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_GRANT, tid, GRANT_IRQ, IRQ, 1), OK);
    TEST_EXPECT_EQ(SYSCALL(tid, SYS_IRQ_ACQUIRE, IRQ), OK);
    return tid;
}

/// A driver of that priority that waits. The priority is set last: vm has to run for all of that.
static task_t spawn_waiting_driver(int slot, int priority) {
    task_t tid = spawn_driver(slot);
    TEST_EXPECT_EQ(machine_ipc(tid, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, tid, priority), OK);
    return tid;
}

static intptr_t wait_for_any(task_t tid) {
    return machine_ipc(tid, 0, IPC_ANY, IPC_RECV);
}

/// The driver in that slot has the notification, and nothing else, in its message buffer.
static void expect_told(int slot) {
    const struct message *m = machine_msg(slot);
    TEST_EXPECT_EQ(m->type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(m->src, KERNEL_TASK);
    TEST_EXPECT_EQ(m->notifications.data, NOTIFY_IRQ);
    for (size_t i = sizeof(m->notifications); i < MESSAGE_PAYLOAD_SIZE; i++) {
        TEST_EXPECT_EQ(m->raw[i], 0);
    }
}

TEST("nommu: an urgent driver runs at once, then the interrupted task before its equals") {
    machine_reset();
    task_t driver = spawn_waiting_driver(2, 1), a = machine_spawn(3, 0), b = machine_spawn(4, 0);
    memset(machine_msg(2), 0xff, MESSAGE_SIZE);
    machine_run(a);
    TEST_EXPECT_EQ(machine_state(b), TASK_READY);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), driver);
    TEST_EXPECT_EQ(machine_state(a), TASK_READY);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(machine_result(driver), OK);
    expect_told(2);
    TEST_EXPECT_EQ(machine_task(driver)->notifications, 0);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT(machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(running(), a);
}

TEST("nommu: a driver that isn't more urgent takes its turn") {
    for (int priority = 3; priority <= 4; priority++) {
        machine_reset();
        task_t driver = spawn_waiting_driver(2, priority), a = machine_spawn(3, 0);
        TEST_EXPECT_EQ(wait_for_any(INIT_TASK), BLOCKED);
        TEST_EXPECT_EQ(running(), a);
        machine_irq(IRQ);
        TEST_EXPECT_EQ(running(), a);
        TEST_EXPECT_EQ(machine_state(driver), TASK_READY);
        TEST_EXPECT(!machine.unmasked[IRQ]);
        TEST_EXPECT_EQ(machine_ipc(a, 0, driver, IPC_RECV), BLOCKED);
        TEST_EXPECT_EQ(running(), driver);
        expect_told(2);
        TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
        TEST_EXPECT(machine.unmasked[IRQ]);
    }
}

TEST("nommu: a driver that waits for somebody else hears of its line later") {
    machine_reset();
    task_t driver = spawn_driver(2), a = machine_spawn(3, 0);
    TEST_EXPECT_EQ(machine_ipc(driver, 0, a, IPC_RECV), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, driver, 1), OK);
    machine_run(a);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT_EQ(machine_result(driver), BLOCKED);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, driver, 3), OK);
    machine_destroy(a);
    TEST_EXPECT_EQ(machine_result(driver), ERR_ABORTED);
    TEST_EXPECT_EQ(wait_for_any(driver), OK);
    expect_told(2);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT(machine.unmasked[IRQ]);
}

TEST("nommu: a driver that runs hears of its line when it waits") {
    machine_reset();
    task_t driver = spawn_driver(2);
    machine_run(driver);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), driver);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(wait_for_any(driver), OK);
    expect_told(2);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT(machine.unmasked[IRQ]);
}

TEST("nommu: a driver runs if nobody else does") {
    machine_reset();
    task_t driver = spawn_waiting_driver(2, 1);
    TEST_EXPECT_EQ(wait_for_any(INIT_TASK), BLOCKED);
    TEST_EXPECT_EQ(running(), 0);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), driver);
    TEST_EXPECT_EQ(machine_result(driver), OK);
    expect_told(2);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT_EQ(running(), 0);
}

TEST("nommu: a driver doesn't pass by who is ready for longer") {
    machine_reset();
    task_t driver = spawn_waiting_driver(2, 2), a = machine_spawn(3, 0),
           equal = machine_spawn(4, 0);
    TEST_EXPECT_EQ(wait_for_any(equal), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(INIT_TASK, SYS_TASK_SCHEDULE, equal, 2), OK);
    machine_run(a);
    // As if it had been woken, and the interrupt had come before the scheduler.
    cpu_acquire(this_cpu());
    ipc_notify_locked(machine_task(equal), NOTIFY_USER_BASE);
    cpu_release();
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), equal);
    TEST_EXPECT_EQ(machine_state(driver), TASK_READY);
    TEST_EXPECT_EQ(wait_for_any(equal), BLOCKED);
    TEST_EXPECT_EQ(running(), driver);
    expect_told(2);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT_EQ(running(), a);
}

TEST("nommu: all owners of a line are told, and one that is left alone goes on") {
    machine_reset();
    task_t driver = spawn_waiting_driver(2, 1), other = spawn_waiting_driver(3, 2);
    task_t a = machine_spawn(4, 0);
    machine_run(a);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), driver);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(running(), other);
    TEST_EXPECT_EQ(wait_for_any(other), BLOCKED);
    TEST_EXPECT(machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOP), 0);
    machine_destroy(other);
    machine_run(a);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), driver);
    expect_told(2);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    TEST_EXPECT(machine.unmasked[IRQ]);
}

TEST("nommu: a line that nobody owns stays masked") {
    machine_reset();
    task_t driver = spawn_driver(2), a = machine_spawn(3, 0);
    TEST_EXPECT_EQ(SYSCALL(driver, SYS_IRQ_RELEASE, IRQ), OK);
    TEST_EXPECT_EQ(wait_for_any(driver), BLOCKED);
    machine_run(a);
    machine_irq(IRQ);
    TEST_EXPECT_EQ(running(), a);
    TEST_EXPECT(!machine.unmasked[IRQ]);
    TEST_EXPECT_EQ(machine_result(driver), BLOCKED);
}
