#include "machine.h"
#include <string.h>
#include <unittest.h>

#define INTERFACE              200
#define TYPE(method, ool, len) MSG_TYPE(INTERFACE, method, 0, ool, len)

/// Fills a message of `len` bytes with a pattern, and all that is behind with another one.
static struct message *compose(int slot, int method, size_t len) {
    struct message *m = machine_msg(slot);
    memset(m, 0xee, sizeof(*m));
    m->type = TYPE(method, MSG_OOL_NONE, len);
    for (size_t i = 0; i < len; i++) {
        m->raw[i] = (uint8_t) (method + i);
    }
    return m;
}

static void expect(int slot, task_t src, int method, size_t len) {
    const struct message *m = machine_msg(slot);
    TEST_EXPECT_EQ(m->type, TYPE(method, MSG_OOL_NONE, len));
    TEST_EXPECT_EQ(m->src, src);
    size_t i = 0;
    while (i < len && m->raw[i] == (uint8_t) (method + i)) {
        i++;
    }
    TEST_EXPECT_EQ(i, len);
}

static struct message *compose_ool(int slot, int kind, const void *ptr, size_t len) {
    struct message *m = machine_msg(slot);
    memset(m, 0, sizeof(*m));
    m->type = TYPE(1, kind, 16);
    m->ool_ptr = (void *) ptr;
    m->ool_len = len;
    return m;
}

TEST("nommu: a message goes straight into the receiver's buffer") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    for (size_t len = 0; len <= MESSAGE_PAYLOAD_SIZE; len += 8) {
        memset(machine_msg(3), 0x55, MESSAGE_SIZE);
        TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
        compose(2, 7, len);
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), OK);
        TEST_EXPECT_EQ(machine_result(b), OK);
        expect(3, a, 7, len);
        // What is behind it is cleared.
        for (size_t i = len; i < MESSAGE_PAYLOAD_SIZE; i++) {
            TEST_EXPECT_EQ(machine_msg(3)->raw[i], 0);
        }
    }
}

TEST("nommu: a message waits in its sender's buffer") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0), c = machine_spawn(4, 0);
    compose(2, 1, 40);
    compose(4, 2, 80);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(c, b, 0, IPC_SEND), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), OK);
    expect(3, a, 1, 40);
    TEST_EXPECT_EQ(machine_result(a), OK);
    TEST_EXPECT_EQ(machine_result(c), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(b, 0, c, IPC_RECV), OK);
    expect(3, c, 2, 80);
    TEST_EXPECT_EQ(machine_result(c), OK);
    expect(2, 0xeeeeeeee, 1, 40);
}

TEST("nommu: a call and its reply use one buffer") {
    machine_reset();
    task_t client = machine_spawn(2, 0), server = machine_spawn(3, 0);
    for (int order = 0; order < 2; order++) {
        if (order == 0) {
            TEST_EXPECT_EQ(machine_ipc(server, 0, IPC_ANY, IPC_RECV), BLOCKED);
        }
        compose(2, 3, 24);
        TEST_EXPECT_EQ(machine_ipc(client, server, server, IPC_CALL), BLOCKED);
        TEST_EXPECT_EQ(
            order == 0 ? machine_result(server) : machine_ipc(server, 0, IPC_ANY, IPC_RECV), OK);
        expect(3, client, 3, 24);
        compose(3, 4, 64);
        TEST_EXPECT_EQ(machine_ipc(server, client, 0, IPC_SEND | IPC_REPLY), OK);
        TEST_EXPECT_EQ(machine_result(client), OK);
        expect(2, server, 4, 64);
    }
}

TEST("nommu: notifications are written where the receiver wants them") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_NOTIFY, b, 0x30000), OK);
    TEST_EXPECT_EQ(machine_result(b), OK);
    TEST_EXPECT_EQ(machine_msg(3)->type, NOTIFICATIONS_MSG);
    TEST_EXPECT_EQ(machine_msg(3)->notifications.data, 0x30000);
    TEST_EXPECT_EQ(machine_msg(3)->src, KERNEL_TASK);
}

TEST("nommu: payloads are copied in one go, both ways round") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    uint8_t *from = (uint8_t *) OOL(2), *to = (uint8_t *) OOL(3);
    for (size_t i = 0; i < OOL_CAP; i++) {
        from[i] = (uint8_t) (i * 3);
    }
    for (int order = 0; order < 2; order++) {
        for (size_t len = 0; len <= OOL_CAP; len += 51) {
            memset(to, 0, OOL_CAP);
            compose_ool(2, MSG_OOL_BYTES, from, len);
            if (order == 0) {
                TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
                TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), OK);
                TEST_EXPECT_EQ(machine_result(b), OK);
            } else {
                TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), BLOCKED);
                TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), OK);
                TEST_EXPECT_EQ(machine_result(a), OK);
            }
            TEST_EXPECT_MEM_EQ(to, from, len);
            TEST_EXPECT_EQ(machine_msg(3)->ool_len, len);
            TEST_EXPECT_EQ((vaddr_t) machine_msg(3)->ool_ptr, len ? OOL(3) : 0);
            TEST_EXPECT(len == OOL_CAP || to[len] == 0);
        }
    }
}

TEST("nommu: payloads that are too long are refused") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    compose_ool(2, MSG_OOL_BYTES, (void *) OOL(2), CONFIG_OOL_MAX + 1);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), ERR_TOO_LARGE);
    compose_ool(2, MSG_OOL_STR, (void *) OOL(2), 0);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), ERR_INVALID_ARG);
    // Too long for this receiver.
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IPC, 0, IPC_ANY, MSG(3), IPC_RECV, OOL(3), 8), BLOCKED);
    compose_ool(2, MSG_OOL_BYTES, (void *) OOL(2), 9);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(machine_result(b), BLOCKED);
    compose_ool(2, MSG_OOL_BYTES, (void *) OOL(2), 8);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), OK);
    TEST_EXPECT_EQ(machine_result(b), OK);
    // A client whose reply doesn't fit is told.
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IPC, b, b, MSG(2), IPC_CALL, OOL(2), 8), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), OK);
    compose_ool(3, MSG_OOL_BYTES, (void *) OOL(3), 9);
    TEST_EXPECT_EQ(machine_ipc(b, a, 0, IPC_SEND | IPC_REPLY), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(machine_result(a), ERR_TOO_LARGE);
}

TEST("nommu: who can't tell where it wants a payload receives none") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    const uintptr_t bad[] = {0,
                             4,
                             OOL_DESCRIPTOR(3) + 1,
                             OOL_DESCRIPTOR(2),
                             UINTPTR_MAX - 7,
                             REGION(3) + REGION_LEN - 8};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
        machine_task(b)->arch.args[2] = bad[i];
        compose_ool(2, MSG_OOL_BYTES, (void *) OOL(2), 8);
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), ERR_TOO_LARGE);
        compose(2, 9, 8);
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), OK);
        TEST_EXPECT_EQ(machine_result(b), OK);
        expect(3, a, 9, 8);
    }
}

TEST("nommu: messages and payloads may lie in flash") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    struct message *m = (struct message *) (void *) FLASH_FREE;
    memset(m, 0, sizeof(*m));
    m->type = TYPE(1, MSG_OOL_STR, 16);
    m->ool_ptr = (void *) machine_flash_text("hello");
    m->ool_len = 6;
    TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IPC, b, 0, m, IPC_SEND), OK);
    TEST_EXPECT_EQ(machine_result(b), OK);
    TEST_EXPECT_STR_EQ((const char *) OOL(3), "hello");
}

TEST("nommu: a message that is spoilt while its sender waits is refused") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0);
    struct message *m = machine_msg(2);
    for (int how = 0; how < 5; how++) {
        compose_ool(2, MSG_OOL_BYTES, (void *) OOL(2), 8);
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), BLOCKED);
        memset(machine_msg(3), 0x55, MESSAGE_SIZE);
        switch (how) {
        case 0:
            m->type = 31 << MSG_LEN_SHIFT | MSG_RESERVED;
            break;
        case 1:
            m->type = EXCEPTION_MSG;
            break;
        case 2:
            m->ool_len = CONFIG_OOL_MAX + 1;
            break;
        case 3:
            m->ool_ptr = (void *) RAM;
            break;
        case 4:
            m->ool_ptr = (void *) (REGION(2) + REGION_LEN - 7);
            break;
        }
        TEST_EXPECT_EQ(machine_ipc(b, 0, IPC_ANY, IPC_RECV), BLOCKED);
        intptr_t err = machine_result(a);
        TEST_EXPECT(err == ERR_INVALID_ARG || err == ERR_TOO_LARGE);
        TEST_EXPECT_EQ(machine_msg(3)->raw[0], 0x55);
        // Nobody has been harmed.
        compose(2, 9, 8);
        TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), OK);
        TEST_EXPECT_EQ(machine_result(b), OK);
        expect(3, a, 9, 8);
    }
}

TEST("nommu: a queued sender is let down when its receiver ends") {
    machine_reset();
    task_t a = machine_spawn(2, 0), b = machine_spawn(3, 0), c = machine_spawn(4, 0);
    compose(2, 1, 8);
    TEST_EXPECT_EQ(machine_ipc(a, b, b, IPC_CALL), BLOCKED);
    TEST_EXPECT_EQ(machine_ipc(c, 0, b, IPC_RECV), BLOCKED);
    machine_destroy(b);
    TEST_EXPECT_EQ(machine_result(a), ERR_ABORTED);
    TEST_EXPECT_EQ(machine_result(c), ERR_ABORTED);
    TEST_EXPECT_EQ(machine_ipc(a, b, 0, IPC_SEND), ERR_INVALID_TASK);
}
