#include <string.h>
#include <unittest.h>

#include "host.h"

#define NUM_PAGES 12
#define SRC_VADDR 0x00400000ul
#define DST_VADDR 0x00600000ul
#define LEN       (3 * PAGE_SIZE)
/// Too long for one entry into the kernel.
#define LONG_LEN (11 * PAGE_SIZE + 5)

static task_t pager, a, b;

static void map_range(task_t tid, vaddr_t vaddr, unsigned flags) {
    for (int i = 0; i < NUM_PAGES; i++) {
        host_map(tid, vaddr + (vaddr_t) i * PAGE_SIZE, flags);
    }
}

/// `a` sends, `b` receives; neither has a page of its buffer.
static void set_up_without_pages(void) {
    host_reset();
    pager = host_spawn("pager", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_MAP);
    a = host_spawn("a", pager, 0);
    b = host_spawn("b", pager, 0);
}

static void set_up(void) {
    set_up_without_pages();
    map_range(a, SRC_VADDR, MAP_W);
    map_range(b, DST_VADDR, MAP_W);
}

static uint8_t pattern(size_t i) {
    return (uint8_t) (i * 13 + i / 251);
}

static void fill(vaddr_t vaddr, size_t len) {
    for (size_t i = 0; i < len; i++) {
        *(uint8_t *) host_ptr(a, vaddr + i) = pattern(i);
    }
}

static bool has_arrived(vaddr_t vaddr, size_t len) {
    const struct message *m = host_msg(b);
    bool ok = m->src == a && m->ool_ptr == (len ? (void *) vaddr : NULL) && m->ool_len == len;
    for (size_t i = 0; ok && i < len; i++) {
        ok = *(uint8_t *) host_ptr(b, vaddr + i) == pattern(i);
    }
    return ok;
}

static intptr_t send_ool(int kind, vaddr_t vaddr, size_t len, unsigned flags) {
    struct message *m = host_msg(a);
    m->type = MSG_TYPE(200, 1, 0, kind, 16);
    m->ool_ptr = (void *) vaddr;
    m->ool_len = len;
    return host_ipc(a, b, b, flags);
}

static intptr_t recv_ool(vaddr_t vaddr, size_t cap) {
    return SYSCALL(b, SYS_IPC, 0, IPC_ANY, MSG_VADDR, IPC_RECV, vaddr, cap);
}

TEST("ool: a payload goes to a waiting receiver") {
    set_up();
    fill(SRC_VADDR + 100, LEN);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR + 7, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR + 100, LEN, IPC_SEND), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR + 7, LEN));
    TEST_EXPECT(host_check());
}

TEST("ool: a payload waits for its receiver") {
    set_up();
    fill(SRC_VADDR, LEN);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN + 1), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LEN));
    TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("ool: one byte, and none") {
    set_up();
    fill(SRC_VADDR, 1);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_STR, SRC_VADDR, 1, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, 1), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, 1));
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, 0, 0, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(0, 0), OK);
    TEST_EXPECT(has_arrived(0, 0));
    TEST_EXPECT_EQ(host_result(a), OK);
}

TEST("ool: lengths that can't be are refused") {
    set_up();
    TEST_EXPECT_EQ(send_ool(MSG_OOL_STR, SRC_VADDR, 0, IPC_SEND), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, CONFIG_OOL_MAX + 1, IPC_SEND), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, ~(size_t) 0, IPC_SEND), ERR_TOO_LARGE);
    TEST_EXPECT(host_check());
}

TEST("ool: a payload larger than the receiver's buffer is the sender's mistake") {
    set_up();
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN - 1), HOST_BLOCKED);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    // The same, when the sender came first: the receiver waits on.
    set_up();
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN - 1), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

/// The pager answers faults of both until `b` has its message. Returns how many there were.
static int serve_faults(unsigned flags) {
    int num = 0;
    while (host_state(a) == TASK_FAULTED || host_state(b) == TASK_FAULTED) {
        TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), OK);
        struct message *m = host_msg(pager);
        task_t tid = m->page_fault.task;
        vaddr_t page = ALIGN_DOWN(m->page_fault.vaddr, PAGE_SIZE);
        TEST_EXPECT_EQ(m->type, PAGE_FAULT_MSG);
        host_map(tid, page, flags);
        if (tid == a) {
            for (size_t i = 0; i < PAGE_SIZE; i++) {
                *(uint8_t *) host_ptr(a, page + i) = pattern(page + i - SRC_VADDR);
            }
        }
        host_msg(pager)->type = PAGE_FAULT_REPLY_MSG;
        TEST_EXPECT_EQ(host_ipc(pager, tid, 0, IPC_SEND | IPC_REPLY), OK);
        host_result(b);
        host_result(a);
        host_result(b);
        num++;
    }
    return num;
}

TEST("ool: pages of both sides come one by one, and none twice") {
    set_up_without_pages();
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), HOST_BLOCKED);
    host_result(b);
    host_result(a);
    TEST_EXPECT_EQ(serve_faults(MAP_W), 6);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LEN));
    TEST_EXPECT(host_check());
}

TEST("ool: progress is kept over faults of the receiver") {
    set_up();
    fill(SRC_VADDR, LEN);
    host_unmap(b, DST_VADDR + 2 * PAGE_SIZE);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(b)->ool_done, 2 * PAGE_SIZE);
    // What has been copied isn't copied again.
    *(uint8_t *) host_ptr(a, SRC_VADDR) ^= 0xff;
    TEST_EXPECT_EQ(serve_faults(MAP_W), 1);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LEN));
}

TEST("ool: the sender dies in the middle: the receiver waits on for others") {
    set_up();
    host_unmap(b, DST_VADDR + PAGE_SIZE);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
    host_destroy(a);
    TEST_EXPECT_EQ(serve_faults(MAP_W), 1);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
    // The slot's next task starts from the beginning.
    a = host_spawn("a2", pager, 0);
    map_range(a, SRC_VADDR, MAP_W);
    fill(SRC_VADDR, LEN);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), OK);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LEN));
}

TEST("ool: the receiver dies in the middle: the sender hears of it") {
    set_up();
    host_unmap(b, DST_VADDR + PAGE_SIZE);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    host_destroy(b);
    TEST_EXPECT_EQ(host_result(a), ERR_ABORTED);
    TEST_EXPECT(host_check());
}

TEST("ool: a client whose pager is silent doesn't hold up the server that replies") {
    set_up();
    // b is the client here: it calls a, which replies with a payload.
    host_unmap(b, DST_VADDR);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IPC, a, a, MSG_VADDR, IPC_CALL, DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), OK);
    struct message *m = host_msg(a);
    m->type = MSG_TYPE(200, 1, MSG_REPLY, MSG_OOL_BYTES, 16);
    m->ool_ptr = (void *) SRC_VADDR;
    m->ool_len = LEN;
    TEST_EXPECT_EQ(host_ipc(a, b, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), ERR_ABORTED);
    TEST_EXPECT_EQ(host_result(a), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("ool: a sender's pager that says no ends the send, not the receive") {
    set_up();
    host_unmap(a, SRC_VADDR);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND), HOST_BLOCKED);
    host_result(b);
    host_result(a);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), OK);
    TEST_EXPECT_EQ(host_msg(pager)->page_fault.vaddr, SRC_VADDR);
    TEST_EXPECT_EQ(SYSCALL(pager, SYS_TASK_DESTROY, a), OK);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_check());
}

TEST("ool: a payload at a bad address is a fault of the sender's") {
    set_up();
    static const vaddr_t bad[] = {0, USER_END - 8, ~(vaddr_t) 0 - 8};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
        TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, bad[i], LEN, IPC_SEND), HOST_BLOCKED);
        host_result(b);
        host_result(a);
        TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
        host_destroy(b);
        host_destroy(a);
        set_up();
    }
}

TEST("ool: a client has its own urgency again once it has its answer") {
    set_up();
    fill(SRC_VADDR, LEN);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, a, 1), OK);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_TASK_SCHEDULE, b, 2), OK);
    TEST_EXPECT_EQ(host_recv(a, b), HOST_BLOCKED);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IPC, a, a, MSG_VADDR, IPC_CALL, DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), OK);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_EQ(cpus[0].current->tid, a);
    TEST_EXPECT_EQ(host_task(b)->priority, 2);
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LEN));
}

static void compose_ool(vaddr_t vaddr, size_t len) {
    struct message *m = host_msg(a);
    m->type = MSG_TYPE(200, 1, 0, MSG_OOL_BYTES, 16);
    m->ool_ptr = (void *) vaddr;
    m->ool_len = len;
}

/// Nobody else wants the CPU: messages go the fast way, unless they are not to.
static void set_up_alone(bool fast_path) {
    set_up();
    host.fast_path = fast_path;
    TEST_EXPECT_EQ(host_recv(pager, IPC_ANY), HOST_BLOCKED);
}

TEST("ool: a call copies the payload on its way, in short and in long messages") {
    for (int i = 0; i < 4; i++) {
        set_up_alone(i % 2 == 0);
        fill(SRC_VADDR + 1, LEN);
        TEST_EXPECT_EQ(recv_ool(DST_VADDR + 3, LEN), HOST_BLOCKED);
        compose_ool(SRC_VADDR + 1, LEN);
        size_t len = i < 2 ? 16 : 48;
        host_msg(a)->type = MSG_TYPE(200, 1, 0, MSG_OOL_BYTES, len);
        host_msg(a)->raw[47] = 0x5a;
        unsigned fast = host.fast_messages;
        TEST_EXPECT_EQ(host_ipc(a, b, b, IPC_CALL), HOST_BLOCKED);
        TEST_EXPECT_EQ(host.fast_messages - fast, i == 0);
        TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
        TEST_EXPECT_EQ(host_result(b), OK);
        TEST_EXPECT(has_arrived(DST_VADDR + 3, LEN));
        TEST_EXPECT(len == 16 || host_msg(b)->raw[47] == 0x5a);
        TEST_EXPECT_EQ(host_task(b)->ool_from, 0);
        TEST_EXPECT(host_check());
    }
}

/// `b` calls `a`, which has got the call.
static void call_a_from_b(vaddr_t buf, size_t cap) {
    TEST_EXPECT_EQ(host_recv(a, IPC_ANY), HOST_BLOCKED);
    host_compose(b, 1, 8);
    TEST_EXPECT_EQ(SYSCALL(b, SYS_IPC, a, a, MSG_VADDR, IPC_CALL, buf, cap), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), OK);
}

TEST("ool: an answer copies the payload on its way") {
    for (int i = 0; i < 2; i++) {
        set_up_alone(i == 0);
        fill(SRC_VADDR, LONG_LEN);
        call_a_from_b(DST_VADDR + 9, LONG_LEN);
        compose_ool(SRC_VADDR, LONG_LEN);
        host_msg(a)->type = MSG_TYPE(200, 1, MSG_REPLY, MSG_OOL_BYTES, 16);
        unsigned fast = host.fast_messages;
        TEST_EXPECT_EQ(host_ipc(a, b, IPC_ANY, IPC_SERVE & ~IPC_OPEN), HOST_BLOCKED);
        TEST_EXPECT_EQ(host.fast_messages > fast, !i);
        TEST_EXPECT_EQ(host_result(b), OK);
        TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
        TEST_EXPECT(has_arrived(DST_VADDR + 9, LONG_LEN));
        TEST_EXPECT(host_check());
    }
}

/// `a` is in the middle of a call with a long payload, and would go on.
static void begin_long_call(void) {
    set_up_alone(true);
    fill(SRC_VADDR, LONG_LEN);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LONG_LEN), HOST_BLOCKED);
    host.pause_restarts = true;
    compose_ool(SRC_VADDR, LONG_LEN);
    host_ipc(a, b, b, IPC_CALL);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    TEST_EXPECT(host_task(b)->ool_done > 0);
    TEST_EXPECT(host_task(b)->ool_done < LONG_LEN);
    host.pause_restarts = false;
}

TEST("ool: interrupts get their turn in the middle of a long payload") {
    begin_long_call();
    // What has been copied isn't copied again.
    *(uint8_t *) host_ptr(a, SRC_VADDR) ^= 0xff;
    host_go_on(a);
    TEST_EXPECT_EQ(host_state(a), TASK_RECEIVING);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LONG_LEN));
    TEST_EXPECT(host_check());
}

TEST("ool: another payload in between doesn't get mixed up with a half-sent one") {
    begin_long_call();
    host.pause_restarts = true;
    task_t c = host_spawn("c", pager, 0);
    map_range(c, SRC_VADDR, 0);
    host.pause_restarts = false;
    struct message *m = host_msg(c);
    m->type = MSG_TYPE(200, 2, 0, MSG_OOL_BYTES, 16);
    m->ool_ptr = (void *) SRC_VADDR;
    m->ool_len = LONG_LEN;
    *(uint8_t *) host_ptr(c, SRC_VADDR) = pattern(0) ^ 0xff;
    TEST_EXPECT_EQ(host_ipc(c, b, b, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT_EQ(host_msg(b)->src, c);
    TEST_EXPECT_EQ(host_msg(b)->ool_len, LONG_LEN);
    TEST_EXPECT_EQ(*(uint8_t *) host_ptr(b, DST_VADDR), pattern(0) ^ 0xff);
    // The first one comes again, from its beginning.
    host_go_on(a);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LONG_LEN), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LONG_LEN));
    TEST_EXPECT(host_check());
}

TEST("ool: the receiver dies in the middle of a long payload") {
    begin_long_call();
    host_destroy(b);
    host_go_on(a);
    TEST_EXPECT_EQ(host_result(a), ERR_INVALID_TASK);
    TEST_EXPECT(host_check());
}

TEST("ool: a receiver that has become too small in the middle of a long payload") {
    begin_long_call();
    struct ool_buffer *buf = host_ptr(b, host_task(b)->arch.args[2]);
    buf->capacity = LEN;
    host_go_on(a);
    TEST_EXPECT_EQ(host_result(b), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(a), ERR_TOO_LARGE);
    TEST_EXPECT_EQ(host_state(b), TASK_RECEIVING);
    // What was copied before isn't part of the next payload.
    buf->capacity = LONG_LEN;
    *(uint8_t *) host_ptr(b, DST_VADDR) ^= 0xff;
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LONG_LEN, IPC_CALL), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_result(b), OK);
    TEST_EXPECT(has_arrived(DST_VADDR, LONG_LEN));
    TEST_EXPECT(host_check());
}

TEST("ool: a buffer that may only be read is the receiver's fault") {
    set_up();
    host_unmap(b, DST_VADDR + PAGE_SIZE);
    host_map(b, DST_VADDR + PAGE_SIZE, 0);
    TEST_EXPECT_EQ(recv_ool(DST_VADDR, LEN), HOST_BLOCKED);
    TEST_EXPECT_EQ(send_ool(MSG_OOL_BYTES, SRC_VADDR, LEN, IPC_CALL), HOST_BLOCKED);
    host_result(b);
    TEST_EXPECT_EQ(host_state(b), TASK_FAULTED);
    TEST_EXPECT_EQ(host_task(b)->fault.vaddr, DST_VADDR + PAGE_SIZE);
    TEST_EXPECT_EQ(host_task(b)->fault.flags, FAULT_WRITE | FAULT_PRESENT);
    TEST_EXPECT(host_check());
}
