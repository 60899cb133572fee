#include <config.h>
#include <idl_client.h>
#include <resea/syscall.h>
#include <resea/task.h>

#include "machine.h"
#include "peer.h"
#include "test.h"
#include "thread.h"

static error_t send_nop(task_t dst, unsigned flags) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    return raw_ipc(dst, dst, &m, flags);
}

/// The manifest doesn't let the test call the shell.
static void test_peers(void) {
    task_t shell = find_task("shell");
    CHECK_EQ(send_nop(shell, IPC_SEND), ERR_NOT_PERMITTED);
    CHECK_EQ(send_nop(shell, IPC_CALL), ERR_NOT_PERMITTED);
    CHECK_EQ(send_nop(shell, IPC_SEND | IPC_NOBLOCK), ERR_NOT_PERMITTED);
    CHECK_EQ(send_nop(shell, IPC_SEND | IPC_REPLY), ERR_NOT_PERMITTED);
    CHECK_EQ(ipc_notify(shell, NOTIFY_USER_BASE), ERR_NOT_PERMITTED);
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_CALL, shell), ERR_NOT_PERMITTED);
}

static void test_irqs(void) {
    CHECK_OK(sys_irq_acquire(machine.irq));
    CHECK_EQ(sys_irq_acquire(machine.irq), ERR_ALREADY_EXISTS);
    CHECK_OK(sys_irq_release(machine.irq));
    CHECK_EQ(sys_irq_release(machine.irq), ERR_NOT_FOUND);
    CHECK_EQ(sys_irq_acquire(machine.other_irq), ERR_NOT_PERMITTED);
    CHECK_EQ(sys_irq_release(machine.other_irq), ERR_NOT_FOUND);
    CHECK_EQ(sys_irq_acquire(CONFIG_NUM_IRQS), ERR_INVALID_ARG);
    CHECK_EQ(sys_irq_acquire(UINT32_MAX), ERR_INVALID_ARG);
    CHECK_EQ(sys_irq_release(CONFIG_NUM_IRQS), ERR_INVALID_ARG);
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_ACQUIRE_IRQ, machine.irq), ERR_NOT_PERMITTED);
}

static void test_irq_arrives(void) {
    CHECK_OK(sys_irq_acquire(machine.irq));
    machine_irq_start();
    for (int i = 0; i < 3; i++) {
        struct message m;
        CHECK_OK(thread_recv(IPC_ANY, &m));
        CHECK_EQ(m.type, NOTIFICATIONS_MSG);
        CHECK_EQ(m.notifications.data, NOTIFY_IRQ);
        machine_irq_handle();
    }
    machine_irq_stop();
    CHECK_OK(sys_irq_release(machine.irq));
    // One may have come before it was stopped.
    struct message m;
    (void) raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK);
}

/// What is handed on ends with its holder: the peer's successor doesn't have it.
static void test_handing_on(void) {
    task_t peer = peer_task();
    CHECK_EQ(sys_grant(peer, GRANT_IRQ, machine.other_irq, 1), ERR_NOT_PERMITTED);
    CHECK_EQ(sys_grant(peer, GRANT_IRQ, machine.irq, 2), ERR_NOT_PERMITTED);
    CHECK_OK(sys_grant(peer, GRANT_IRQ, machine.irq, 1));
    CHECK_EQ(peer_do(peer, TEST_ACTION_ACQUIRE_IRQ, machine.irq), OK);
    peer_end();
    CHECK_EQ(peer_do(peer_task(), TEST_ACTION_ACQUIRE_IRQ, machine.irq), ERR_NOT_PERMITTED);
    // Our own right is what it was.
    CHECK_OK(sys_irq_acquire(machine.irq));
    CHECK_OK(sys_irq_release(machine.irq));
}

static void test_device_memory(void) {
    vaddr_t vaddr;
    paddr_t paddr;
    CHECK_EQ(call_vm_alloc_pages(INIT_TASK, 1, machine.device_memory, &vaddr, &paddr),
             ERR_NOT_PERMITTED);
    CHECK_EQ(sys_grant(peer_task(), GRANT_MMIO, machine.device_memory, PAGE_SIZE),
             ERR_NOT_PERMITTED);
    // RAM that belongs to somebody: nobody names it by its address.
    CHECK_EQ(call_vm_alloc_pages(INIT_TASK, 1, 0x100000, &vaddr, &paddr), ERR_NOT_PERMITTED);
}

static void test_grant_arguments(void) {
    task_t peer = peer_task();
    CHECK_EQ(sys_grant(peer, 0, machine.irq, 1), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(peer, 99, machine.irq, 1), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(peer, GRANT_IRQ, machine.irq, 0), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(peer, GRANT_IRQ, CONFIG_NUM_IRQS, 1), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(peer, GRANT_PORTS, 0xffff, 2), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(peer, GRANT_MMIO, UINTPTR_MAX - 1, 100), ERR_INVALID_ARG);
    CHECK_EQ(sys_grant(-1, GRANT_IRQ, machine.irq, 1), ERR_INVALID_TASK);
    // Who may call whom is vm's to say.
    CHECK_EQ(sys_grant(peer, GRANT_CALL, 0, 1), ERR_NOT_PERMITTED);
    CHECK_EQ(sys_grant(main_task, GRANT_SERVER, 0, 1), ERR_NOT_PERMITTED);
}

static void test_power_and_debugger(void) {
    char buf[16];
    CHECK_EQ(sys_power(POWER_OFF, 0), ERR_NOT_PERMITTED);
    CHECK_EQ(sys_power(POWER_REBOOT, 0), ERR_NOT_PERMITTED);
    CHECK_EQ(sys_kdebug("ps", 2, buf, sizeof(buf)), ERR_NOT_PERMITTED);
}

/// The peer has none of the rights that the test has.
static void test_tasks_and_mapping(void) {
    task_t peer = peer_task();
    CHECK_EQ(peer_do(peer, TEST_ACTION_CREATE_TASK, TASK_ID(CONFIG_NUM_TASKS, 0)),
             ERR_NOT_PERMITTED);
    CHECK_EQ(peer_do(peer, TEST_ACTION_DESTROY_TASK, main_task), ERR_NOT_PERMITTED);
    CHECK_EQ(peer_do(peer, TEST_ACTION_GRANT_IRQ, machine.irq), ERR_NOT_PERMITTED);
}

/// Nor does the right to create tasks reach beyond one's own.
static void test_tasks_of_others(void) {
    task_t peer = peer_task();
    CHECK_EQ(task_destroy(peer), ERR_NOT_PERMITTED);
    CHECK_EQ(task_destroy(INIT_TASK), ERR_NOT_PERMITTED);
    CHECK_EQ(task_schedule(peer, TASK_PRIORITY_MAX), ERR_NOT_PERMITTED);
}

const struct test_case rights_cases[] = {
    {"rights.peers", test_peers},
    {"rights.irqs", test_irqs},
    {"rights.irq_arrives", test_irq_arrives},
    {"rights.handing_on", test_handing_on},
    {"rights.device_memory", test_device_memory},
    {"rights.grant_arguments", test_grant_arguments},
    {"rights.power_and_debugger", test_power_and_debugger},
    {"rights.tasks_and_mapping", test_tasks_and_mapping},
    {"rights.tasks_of_others", test_tasks_of_others},
    {NULL, NULL},
};
