#include <string.h>
#include <unittest.h>

#include "host.h"

static task_t a, b, c;

static void set_up(void) {
    host_reset();
    a = host_spawn("a", INIT_TASK, 0);
    b = host_spawn("b", INIT_TASK, 0);
    c = host_spawn("c", INIT_TASK, 0);
}

TEST("ipc: a sender finds a waiting receiver") {
    set_up();
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(a, 1, 100);
    memset(host_msg(b)->raw, 0xee, sizeof(host_msg(b)->raw));
    TEST_EXPECT_EQ(host_send(a, b), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, a, 1, 100));
    // 100 bytes are 13 words: nothing beyond them is written.
    TEST_EXPECT_EQ(host_msg(b)->raw[104], 0xee);
    TEST_EXPECT(host_check());
}

TEST("ipc: a sender waits for a receiver, and senders are served in order") {
    set_up();
    host_compose(a, 1, 8);
    host_compose(c, 2, MESSAGE_PAYLOAD_SIZE);
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_send(c, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(a), TASK_SENDING);
    TEST_EXPECT(host_check());
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT(host_received(b, a, 1, 8));
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT(host_received(b, c, 2, MESSAGE_PAYLOAD_SIZE));
    TEST_EXPECT_EQ(host_result(c), OK);
    TEST_EXPECT(host_check());
}

TEST("ipc: a closed receive takes the one sender's message and leaves the others'") {
    set_up();
    host_compose(a, 1, 8);
    host_compose(c, 2, 8);
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_send(c, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, c), OK);
    TEST_EXPECT(host_received(b, c, 2, 8));
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, c), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    host_compose(c, 3, 8);
    TEST_EXPECT_EQ(host_send(c, b), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, c, 3, 8));
    TEST_EXPECT(host_check());
}

TEST("ipc: a call is answered by a reply") {
    set_up();
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(a, 1, 16);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, a, 1, 16));
    host_compose(b, 2, 24);
    TEST_EXPECT_EQ(host_ipc(b, a, 0, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_received(a, b, 2, 24));
    TEST_EXPECT(host_check());
}

TEST("ipc: a call that had to wait is answered, too") {
    set_up();
    host_compose(a, 1, 16);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
    host_compose(b, 2, 0);
    TEST_EXPECT_EQ(host_ipc(b, a, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_received(a, b, 2, 0));
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("ipc: a caller takes nothing but its answer") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
    host_compose(c, 9, 8);
    TEST_EXPECT_EQ(host_send(c, a), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, a, NOTIFY_USER_BASE), OK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    host_compose(b, 2, 8);
    TEST_EXPECT_EQ(host_ipc(b, a, 0, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT(host_received(a, b, 2, 8));
    // The notification comes before the message.
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_msg(a)->type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), OK);
    TEST_EXPECT(host_received(a, c, 9, 8));
    TEST_EXPECT(host_check());
}

TEST("ipc: an error is a message without payload") {
    set_up();
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(a, 1, 8)->type = ERR_NOT_FOUND;
    host_msg(b)->raw[0] = 0x55;
    host_msg(b)->raw[20] = 0x55;
    TEST_EXPECT_EQ(host_send(a, b), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_msg(b)->type, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(host_msg(b)->src, a);
    TEST_EXPECT_EQ(host_msg(b)->raw[0], 0);
    TEST_EXPECT_EQ(host_msg(b)->raw[20], 0x55);
}

TEST("ipc: nothing blocks with IPC_NOBLOCK") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, 0, IPC_SEND | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(host_ipc(b, 0, IPC_ANY, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(host_ipc(b, 0, a, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_ipc(a, b, 0, IPC_SEND | IPC_NOBLOCK), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(host_received(b, a, 1, 8));
    TEST_EXPECT_EQ(host_send(a, b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_ipc(b, 0, IPC_ANY, IPC_RECV | IPC_NOBLOCK), OK);
    TEST_EXPECT_EQ(host_result(a), OK);
}

TEST("ipc: a reply to one who doesn't wait is dropped") {
    set_up();
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(host_ipc(b, a, 0, IPC_SEND | IPC_REPLY), ERR_WOULD_BLOCK);
    // With a receive, the server isn't told.
    TEST_EXPECT_EQ(host_ipc(b, a, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    host_compose(a, 2, 8);
    TEST_EXPECT_EQ(host_send(a, b), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_ipc(b, TASK_ID(3, 4711), IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY),
                   HOST_BLOCKED);
    TEST_EXPECT(host_check());
}

TEST("ipc: bad arguments are refused") {
    set_up();
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_ipc(a, b, 0, 0), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_ipc(a, b, 0, IPC_REPLY), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_ipc(a, b, 0, IPC_SEND | 0x40), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_send(a, a), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_recv(a, a), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(host_ipc(a, a, a, IPC_CALL), ERR_INVALID_ARG);
    static const task_t stale[] = {0, -1, 1 << 30, TASK_ID(CONFIG_NUM_TASKS + 1, 0),
                                   TASK_ID(100, 0)};
    for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
        TEST_EXPECT_EQ(host_send(a, stale[i]), ERR_INVALID_TASK);
        if (stale[i] != IPC_ANY) {
            TEST_EXPECT_EQ(host_recv(a, stale[i]), ERR_INVALID_TASK);
        }
    }
    TEST_EXPECT_EQ(SYSCALL(a, NUM_SYSCALLS), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(SYSCALL(a, (enum syscall_number) 0x7fffffff), ERR_INVALID_ARG);
}

TEST("ipc: message types that no program may use are refused") {
    set_up();
    static const int bad[] = {
        NOTIFICATIONS_MSG,
        EXCEPTION_MSG,
        PAGE_FAULT_MSG,
        ABI_HOOK_MSG,
        1 << 26,
        1 << 30,
        MSG_TYPE(200, 1, 0, 3, 16),             // No such kind of payload.
        MSG_TYPE(200, 1, 0, MSG_OOL_BYTES, 8),  // No room for pointer and length.
        MSG_TYPE(200, 1, 0, MSG_OOL_NONE, 0) | (31 << MSG_LEN_SHIFT) | (1 << 28),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        host_compose(a, 1, 8)->type = bad[i];
        TEST_EXPECT_EQ(host_send(a, b), ERR_INVALID_ARG);
    }
}

TEST("ipc: a stale ID reaches nobody") {
    set_up();
    task_t old = b;
    host_destroy(b);
    b = host_spawn("b2", INIT_TASK, 0);
    TEST_EXPECT_EQ(TASK_SLOT(b), TASK_SLOT(old));
    TEST_EXPECT_EQ(TASK_GEN(b), TASK_GEN(old) + 1);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(a, 1, 8);
    TEST_EXPECT_EQ(host_send(a, old), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(host_ipc(a, old, old, IPC_CALL), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, old, 1), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(host_recv(a, old), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
}

TEST("ipc: rights to talk") {
    set_up();
    task_t stranger = host_create("stranger", INIT_TASK, 0);
    host_map(stranger, MSG_VADDR, MAP_W);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, stranger, 3), OK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    host_compose(stranger, 1, 8);
    TEST_EXPECT_EQ(host_send(stranger, b), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(host_ipc(stranger, b, b, IPC_CALL), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(stranger, SYS_NOTIFY, b, 1), ERR_NOT_PERMITTED);
    // Everybody may call vm, and its own pager.
    TEST_EXPECT_EQ(host_send(stranger, INIT_TASK), OK);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, stranger, GRANT_CALL, 1), OK);
    TEST_EXPECT_EQ(host_send(stranger, b), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    // b may not send to it, but tell it, and reply to it.
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, stranger, GRANT_SERVER, 5), OK);
    host_compose(b, 2, 8);
    TEST_EXPECT_EQ(host_send(b, stranger), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, stranger, NOTIFY_USER_BASE), OK);
    TEST_EXPECT_EQ(host_ipc(stranger, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_ipc(b, stranger, 0, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_EQ(host_result(stranger), OK);
}

TEST("ipc: notifications add up and are received at once") {
    set_up();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, b, 1u << 20), OK);
    TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, b, 1u << 21), OK);
    TEST_EXPECT_EQ(SYSCALL(c, SYS_NOTIFY, b, 1u << 21), OK);
    // A closed receive leaves them.
    TEST_EXPECT_EQ(host_ipc(b, 0, a, IPC_RECV | IPC_NOBLOCK), ERR_WOULD_BLOCK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_msg(b)->type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(host_msg(b)->src, KERNEL_TASK);
    TEST_EXPECT_EQ(host_msg(b)->notifications.data, (1u << 20) | (1u << 21));
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, b, 1u << 22), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_msg(b)->notifications.data, 1u << 22);
    // To itself.
    TEST_EXPECT_EQ(SYSCALL(b, SYS_NOTIFY, b, 1u << 23), OK);
    TEST_EXPECT_EQ(host_recv(b, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_msg(b)->notifications.data, 1u << 23);
}
