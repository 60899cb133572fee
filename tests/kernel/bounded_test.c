// What takes long for many tasks, lines or bytes is done in pieces, between which interrupts get their turn. The
// pieces add up to the whole, and what happens in between is no surprise.

#include <string.h>
#include <unittest.h>

#include "host.h"

#define NUM_MANY 30

static task_t a, boss, many[NUM_MANY];
static unsigned num_events;

static void set_up(void) {
    host_reset();
    host.listener = NULL;
    a = host_spawn("a", INIT_TASK, TASK_RIGHT_DEBUG | TASK_RIGHT_CONSOLE);
    boss = host_spawn("boss", INIT_TASK, TASK_RIGHT_TASK | TASK_RIGHT_PHYS);
}

static void spawn_many(void) {
    for (int i = 0; i < NUM_MANY; i++) {
        many[i] = host_spawn("many", INIT_TASK, 0);
    }
}

static void count_timers(enum host_event event, struct task *task __unused) {
    num_events += event == HOST_TIMER;
}

// ---- Console ------------------------------------------------------------------------------------

static intptr_t write_lines(size_t at, size_t num) {
    memset(host_ptr(a, MSG_VADDR), '\n', num);
    return SYSCALL(a, SYS_CONSOLE_WRITE, MSG_VADDR + at, num - at);
}

TEST("bounded: a write of many lines shows some, and says how much that is") {
    set_up();
    TEST_EXPECT_EQ(write_lines(0, 20), 8);
    TEST_EXPECT_EQ(host.output_len, 16);
    TEST_EXPECT_EQ(write_lines(8, 20), 8);
    TEST_EXPECT_EQ(write_lines(16, 20), 4);
    TEST_EXPECT_EQ(host.output_len, 40);
    // A line of the longest length is one piece, with its end.
    char *text = host_ptr(a, MSG_VADDR);
    memset(text, 'x', CONFIG_CONSOLE_CHUNK);
    text[CONFIG_CONSOLE_CHUNK - 1] = '\n';
    host_clear_output();
    TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, MSG_VADDR, CONFIG_CONSOLE_CHUNK),
                   CONFIG_CONSOLE_CHUNK);
    TEST_EXPECT_EQ(host.output_len, CONFIG_CONSOLE_CHUNK + 1);
    TEST_EXPECT(host_shown("xx\r\n"));
}

TEST("bounded: the log has what was shown, and no more") {
    set_up();
    uint32_t position = UINT32_MAX;  // From another world: the oldest.
    void *at = host_ptr(a, MSG_VADDR + 512);
    memcpy(at, &position, sizeof(position));
    while (SYSCALL(a, SYS_KLOG_READ, MSG_VADDR, 100, MSG_VADDR + 512) > 0) {}
    // More often than the log is long, so that it wraps at each offset.
    for (int i = 0; i < CONFIG_KLOG_SIZE / 13; i++) {
        memcpy(host_ptr(a, MSG_VADDR), "1\n2\n3\n4\n5\n6\n7\n8\n9\n0\n", 20);
        TEST_EXPECT_EQ(SYSCALL(a, SYS_CONSOLE_WRITE, MSG_VADDR, 20), 16);
        TEST_EXPECT_EQ(SYSCALL(a, SYS_KLOG_READ, MSG_VADDR, 100, MSG_VADDR + 512), 16);
        TEST_EXPECT_MEM_EQ(host_ptr(a, MSG_VADDR), "1\n2\n3\n4\n5\n6\n7\n8\n", 16);
        host_clear_output();
    }
}

// ---- Timers -------------------------------------------------------------------------------------

TEST("bounded: many timers that are due at once take several interrupts") {
    set_up();
    spawn_many();
    for (int i = 0; i < NUM_MANY; i++) {
        host_run(many[i]);
        TEST_EXPECT_EQ(SYSCALL(many[i], SYS_TIMER_SET, 20), OK);
        TEST_EXPECT_EQ(host_recv(many[i], IPC_ANY), HOST_BLOCKED);
    }
    num_events = 0;
    host.now += 30 * 1000;  // All are over when the first one fires.
    host.listener = count_timers;
    host_advance_ms(1);
    host.listener = NULL;
    TEST_EXPECT_GE(num_events, (NUM_MANY + 7) / 8);
    for (int i = 0; i < NUM_MANY; i++) {
        TEST_EXPECT_EQ(host_result(many[i]), OK);
        TEST_EXPECT_EQ(host_msg(many[i])->notifications.data, NOTIFY_TIMER);
    }
    TEST_EXPECT(host_check());
}

// ---- The end of a task --------------------------------------------------------------------------

static unsigned num_aborted(void) {
    unsigned num = 0;
    for (int i = 0; i < NUM_MANY; i++) {
        num += host_state(many[i]) != TASK_SENDING && host_state(many[i]) != TASK_RECEIVING;
    }
    return num;
}

/// A third of them wait to send to `a`, one for its answer, one for its message.
static void wait_for_a(void) {
    for (int i = 0; i < NUM_MANY; i++) {
        host_run(many[i]);
        host_compose(many[i], 1, 8);
        if (i % 3 == 0) {
            TEST_EXPECT_EQ(host_ipc(many[i], a, a, IPC_CALL), HOST_BLOCKED);
            TEST_EXPECT_EQ(host_recv(a, many[i]), OK);
        } else if (i % 3 == 1) {
            TEST_EXPECT_EQ(host_send(many[i], a), HOST_BLOCKED);
        } else {
            TEST_EXPECT_EQ(host_recv(many[i], a), HOST_BLOCKED);
        }
    }
}

TEST("bounded: all that wait for a task hear of its end, some at a time") {
    set_up();
    spawn_many();
    wait_for_a();
    host_run(boss);
    host.pause_restarts = true;
    SYSCALL(boss, SYS_TASK_DESTROY, a);
    TEST_EXPECT(host_task(boss)->arch.restarted);
    TEST_EXPECT_EQ(host_state(a), TASK_DYING);
    TEST_EXPECT_GT(num_aborted(), 0);
    TEST_EXPECT_LT(num_aborted(), NUM_MANY);
    TEST_EXPECT(host_check());
    // Nobody begins to wait for it, nor is it found.
    task_t late = host_spawn("late", INIT_TASK, 0);
    host_run(late);
    host_compose(late, 1, 8);
    TEST_EXPECT_EQ(host_send(late, a), ERR_INVALID_TASK);
    TEST_EXPECT_EQ(host_recv(late, a), ERR_INVALID_TASK);
    // One of those that still wait ends before it is told.
    host.pause_restarts = false;
    for (int i = NUM_MANY - 1; i >= 0; i--) {
        if (host_state(many[i]) == TASK_RECEIVING) {
            host_destroy(many[i]);
            many[i] = many[0];
            break;
        }
    }
    host_destroy(a);
    TEST_EXPECT_EQ(host_state(a), TASK_UNUSED);
    TEST_EXPECT_EQ(num_aborted(), NUM_MANY);
    for (int i = 0; i < NUM_MANY; i++) {
        TEST_EXPECT_EQ(host_result(many[i]), ERR_ABORTED);
    }
    TEST_EXPECT(host_check());
}

// ---- Interrupt lines ----------------------------------------------------------------------------

#define FIRST_LINE 10
#define NUM_LINES  14

static void acquire(task_t tid, unsigned irq) {
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, tid, GRANT_IRQ, irq, 1), OK);
    host_run(tid);
    TEST_EXPECT_EQ(SYSCALL(tid, SYS_IRQ_ACQUIRE, irq), OK);
}

static unsigned num_unmasked(void) {
    unsigned num = 0;
    for (unsigned irq = FIRST_LINE; irq < FIRST_LINE + NUM_LINES; irq++) {
        num += host.unmasked[irq];
    }
    return num;
}

TEST("bounded: a driver's many lines are released some at a time") {
    set_up();
    for (unsigned irq = FIRST_LINE; irq < FIRST_LINE + NUM_LINES; irq++) {
        acquire(a, irq);
    }
    TEST_EXPECT_EQ(num_unmasked(), NUM_LINES);
    host_run(boss);
    host.pause_restarts = true;
    SYSCALL(boss, SYS_TASK_DESTROY, a);
    TEST_EXPECT_GT(num_unmasked(), 0);
    TEST_EXPECT_LT(num_unmasked(), NUM_LINES);
    host.pause_restarts = false;
    host_destroy(a);
    TEST_EXPECT_EQ(num_unmasked(), 0);
    TEST_EXPECT(host_check());
}

TEST("bounded: a line has so many owners and no more") {
    set_up();
    spawn_many();
    for (int i = 0; i < 16; i++) {
        acquire(many[i], FIRST_LINE);
    }
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_IRQ, FIRST_LINE, 1), OK);
    host_run(a);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, FIRST_LINE), ERR_IN_USE);
    // There is room for other lines' owners, and for this one's when one of them goes.
    acquire(a, FIRST_LINE + 1);
    host_destroy(many[3]);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_IRQ_ACQUIRE, FIRST_LINE), OK);
    host_irq(0, FIRST_LINE);
    for (int i = 0; i < 16; i++) {
        TEST_EXPECT(i == 3 || (host_task(many[i])->notifications & NOTIFY_IRQ));
    }
    TEST_EXPECT(host_task(a)->notifications & NOTIFY_IRQ);
}

// ---- Debugger -----------------------------------------------------------------------------------

#define OUT_VADDR (MSG_VADDR + 1024)

static intptr_t kdebug(const char *command, size_t len) {
    strncpy2(host_ptr(a, MSG_VADDR), command, 64);
    memset(host_ptr(a, OUT_VADDR), 0, 3072);
    return SYSCALL(a, SYS_KDEBUG, MSG_VADDR, strlen(command), OUT_VADDR, len);
}

static unsigned count_text(const char *text) {
    unsigned num = 0;
    for (const char *at = host_ptr(a, OUT_VADDR); (at = strstr(at, text)) != NULL; at++) {
        num++;
    }
    return num;
}

TEST("bounded: the debugger's commands answer line by line") {
    set_up();
    spawn_many();
    for (int i = 0; i < 3; i++) {
        host_run(many[i]);
        host_compose(many[i], 1, 8);
        TEST_EXPECT_EQ(host_send(many[i], a), HOST_BLOCKED);
    }
    host_run(a);
    host.pause_restarts = true;
    kdebug("ps", 3000);
    TEST_EXPECT(host_task(a)->arch.restarted);
    TEST_EXPECT_EQ(count_text(": state="), 1);
    // What is printed meanwhile is no part of the answer.
    host.pause_restarts = false;
    host_run(ROOT_TASK);
    host_go_on(a);
    intptr_t len = host_result(a);
    TEST_EXPECT_GT(len, 0);
    TEST_EXPECT_EQ(len, (intptr_t) strlen(host_ptr(a, OUT_VADDR)));
    TEST_EXPECT_EQ(count_text(": state="), NUM_MANY + 4);
    TEST_EXPECT_EQ(count_text("    - #"), 3);
    TEST_EXPECT_EQ(count_text(" vm: "), 1);
}

TEST("bounded: what doesn't fit of a command's answer is left out") {
    set_up();
    TEST_EXPECT_EQ(kdebug("help", 30), 30);
    TEST_EXPECT_EQ(strlen(host_ptr(a, OUT_VADDR)), 30);
    TEST_EXPECT_EQ(kdebug("help", 0), 0);
    TEST_EXPECT_EQ(kdebug("mem", 3000), (intptr_t) strlen(host_ptr(a, OUT_VADDR)));
    TEST_EXPECT_EQ(count_text("pages: "), 1);
}

TEST("bounded: a command goes on behind a page fault") {
    set_up();
    strncpy2(host_ptr(a, MSG_VADDR), "help", 8);
    vaddr_t vaddr = FREE_VADDR + PAGE_SIZE - 20;
    host_map(a, FREE_VADDR, MAP_W);
    TEST_EXPECT_EQ(SYSCALL(a, SYS_KDEBUG, MSG_VADDR, 4, vaddr, 1000), HOST_BLOCKED);
    TEST_EXPECT_EQ(host_state(a), TASK_FAULTED);
    host_map(a, FREE_VADDR + PAGE_SIZE, MAP_W);
    TEST_EXPECT_EQ(host_result(INIT_TASK), OK);
    host_msg(INIT_TASK)->type = PAGE_FAULT_REPLY_MSG;
    TEST_EXPECT_EQ(host_ipc(INIT_TASK, a, 0, IPC_SEND | IPC_REPLY), OK);
    TEST_EXPECT_GT(host_result(a), 300);
    char whole[512] = "";
    memcpy(whole, host_ptr(a, vaddr), 20);
    strncpy2(&whole[20], host_ptr(a, FREE_VADDR + PAGE_SIZE), sizeof(whole) - 20);
    TEST_EXPECT(strstr(whole, "help       this list\nps         tasks") == whole);
    TEST_EXPECT(strstr(whole, "reboot     reboot\n") != NULL);
}

TEST("bounded: a circle of waiting tasks is named member by member") {
    set_up();
    spawn_many();
    for (int i = 0; i < 4; i++) {
        host_run(many[i]);
        host_compose(many[i], 1, 8);
        TEST_EXPECT_EQ(host_ipc(many[i], many[(i + 1) % 4], many[(i + 1) % 4], IPC_CALL),
                       HOST_BLOCKED);
    }
    host_run(a);
    TEST_EXPECT_GT(kdebug("deadlock", 1000), 0);
    TEST_EXPECT_EQ(count_text("deadlock: #"), 1);
    TEST_EXPECT_EQ(count_text(" -> #"), 4);
    TEST_EXPECT_EQ(count_text("\n"), 1);
}

TEST("bounded: a program that says where a command is gets no more than nonsense") {
    set_up();
    for (uintptr_t command = 0; command < 12; command++) {
        for (uintptr_t at = 1; at; at <<= 7) {
            // Neither panic nor reboot, which need no help.
            uintptr_t number = command == 9 || command == 10 ? 1 : command;
            intptr_t len = SYSCALL(a, SYS_KDEBUG, at, at - 1, OUT_VADDR, 1000, number, at - 1);
            TEST_EXPECT_LE(len, 1000);
            TEST_EXPECT_EQ(SYSCALL(a, SYS_TASK_SELF), a);
        }
    }
    TEST_EXPECT_EQ(SYSCALL(a, SYS_KDEBUG, 0, 0, OUT_VADDR, 1000, UINTPTR_MAX), ERR_INVALID_ARG);
    TEST_EXPECT(host_check());
}

// ---- Grants -------------------------------------------------------------------------------------

TEST("bounded: ranges that touch are one grant") {
    set_up();
    for (uintptr_t i = 0; i < 2 * CONFIG_NUM_GRANTS; i++) {
        uintptr_t port = 0x1000 + (i % 2 ? i : 2 * CONFIG_NUM_GRANTS - i);
        TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_PORTS, port, 1), OK);
    }
    // In between, around, and across what there is.
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_MMIO, PAGE_SIZE), OK);
    TEST_EXPECT_EQ(
        SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_MMIO + 2 * PAGE_SIZE, PAGE_SIZE), OK);
    TEST_EXPECT_EQ(host_try_map(a, FREE_VADDR, HOST_MMIO + PAGE_SIZE, 0), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_GRANT, a, GRANT_MMIO, HOST_MMIO + PAGE_SIZE, PAGE_SIZE),
                   OK);
    TEST_EXPECT_EQ(SYSCALL(ROOT_TASK, SYS_VM_MAP, a, FREE_VADDR, HOST_MMIO, 0, MAP_PHYS, 4),
                   MAP_DONE(3, 0));
}
