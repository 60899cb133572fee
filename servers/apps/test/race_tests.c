#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

#include "peer.h"
#include "test.h"
#include "thread.h"

// Ends, notifications, timers and faults in the middle of a message: at each of its stages, and, with
// several CPUs, at any moment.

/// Where nothing is mapped in any thread.
#define NOWHERE 0x50000000ul

#define NUM_CALLERS   4
#define HAMMER_CALLS  25000
#define KILL_ROUNDS   20
#define NOTIFY_ROUNDS 500

static uint8_t pages[2][PAGE_SIZE] __aligned(PAGE_SIZE);
static volatile task_t target;
static volatile int result;
static volatile unsigned progress[MAX_THREADS];
static volatile unsigned bad_replies;

/// A call to the target. An answer that isn't the right one is counted.
static error_t call_target(int value) {
    struct message m = nop_message(value);
    error_t err = raw_ipc(target, target, &m, IPC_CALL);
    if (err == OK
        && (m.type != BENCHMARK_NOP_REPLY_MSG || m.src != target
            || m.benchmark_nop_reply.value != value + 1)) {
        __atomic_fetch_add(&bad_replies, 1, __ATOMIC_RELAXED);
    }
    return err;
}

static void reset(void) {
    bad_replies = 0;
    result = 1;
    target = peer_fresh();
    memset((void *) (uintptr_t) progress, 0, sizeof(progress));
}

/// Something between nothing and a few dozen messages; another time each time.
static void dawdle(void) {
    static unsigned state = 1;
    state = state * 1103515245 + 12345;
    for (unsigned i = 0; i < (state >> 16) % 200; i++) {
        (void) sys_nop();
    }
}

static void call_on_and_on(void) {
    unsigned index = thread_index(sys_task_self());
    error_t err;
    while ((err = call_target((int) (index << 24 | progress[index]))) == OK) {
        progress[index]++;
    }
    result = err;
}

static void wait_for_calls(task_t thread, unsigned calls) {
    while (progress[thread_index(thread)] < calls) {
        thread_serve_faults();
    }
}

// ---- The receiver ends --------------------------------------------------------------------------

/// A server that is killed at any moment: its client has all the right answers, then an error.
static void test_receiver_killed_any_time(void) {
    for (int i = 0; i < KILL_ROUNDS; i++) {
        reset();
        task_t thread = thread_start(call_on_and_on);
        wait_for_calls(thread, 3);
        dawdle();
        peer_kill();
        thread_join(thread);
        CHECK(result == ERR_ABORTED || result == ERR_INVALID_TASK);
    }
    CHECK_EQ(bad_replies, 0);
}

/// The payload of the message to the target lies in pages that aren't there.
static void send_from_nowhere(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_WITH_OOL_MSG;
    m.ool_ptr = (void *) (NOWHERE + PAGE_SIZE - 3);
    m.ool_len = 6;
    result = raw_ipc(target, target, &m, IPC_CALL);
}

static bool expect_fault(task_t thread, vaddr_t page) {
    struct message m;
    return CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, PAGE_FAULT_MSG)
           && CHECK_EQ(ALIGN_DOWN(m.page_fault.vaddr, PAGE_SIZE), page);
}

/// It has fetched a part of the payload, and waits for the rest.
static void test_receiver_killed_in_the_copy(void) {
    reset();
    memset(pages, 1, sizeof(pages));
    task_t thread = thread_start(send_from_nowhere);
    if (expect_fault(thread, NOWHERE)) {
        CHECK_OK(thread_map(thread, NOWHERE, (vaddr_t) pages[0], 0));
        thread_resume(thread);
    }
    if (expect_fault(thread, NOWHERE + PAGE_SIZE)) {
        peer_kill();
        CHECK_OK(thread_map(thread, NOWHERE + PAGE_SIZE, (vaddr_t) pages[1], 0));
        thread_resume(thread);
    }
    thread_join(thread);
    CHECK(result == ERR_ABORTED || result == ERR_INVALID_TASK);
}

// ---- The sender ends ----------------------------------------------------------------------------

/// Clients that are destroyed at any moment, also while they are answered, leave a server as it was.
static void test_sender_killed_any_time(void) {
    reset();
    for (int i = 0; i < 3 * KILL_ROUNDS; i++) {
        task_t thread = thread_start(call_on_and_on);
        progress[thread_index(thread)] = 0;
        if (i % 2 == 0) {
            wait_for_calls(thread, 2);
        }
        dawdle();
        thread_destroy(thread);
    }
    CHECK_EQ(call_target(1), OK);
    CHECK_EQ(bad_replies, 0);
    payload_echo(pages[0], 10);
}

static void call_main(void) {
    struct message m = nop_message(1);
    result = raw_ipc(main_task, main_task, &m, IPC_CALL);
}

/// It waits for its answer.
static void test_sender_killed_in_service(void) {
    task_t thread = thread_start(call_main);
    struct message m;
    CHECK_OK(thread_recv(thread, &m));
    CHECK_EQ(state_of(thread), TASK_RECEIVING);
    thread_destroy(thread);
    m = nop_message(0);
    CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY), ERR_INVALID_TASK);
    // A server goes on to receive, and hears of nothing.
    CHECK_EQ(raw_ipc(thread, IPC_ANY, &m, IPC_SEND | IPC_REPLY | IPC_RECV | IPC_NOBLOCK),
             ERR_WOULD_BLOCK);
}

// ---- The pager ends -----------------------------------------------------------------------------

static volatile task_t child;
static volatile int child_priority;

static void create_child(void) {
    result = sys_task_create(child, "child", (vaddr_t) thread_entry, sys_task_self(), 0, NULL);
    if (result == OK) {
        result = sys_task_schedule(child, child_priority);
    }
}

static void wait_for_main(void) {
    struct message m;
    (void) raw_ipc(0, main_task, &m, IPC_RECV);
}

/// A pager that doesn't listen to its task: the report waits.
static void page_nobody(void) {
    create_child();
    wait_for_main();
}

/// A pager that takes the report, and never answers.
static void take_report(void) {
    struct message m;
    create_child();
    (void) raw_ipc(0, child, &m, IPC_RECV);
    wait_for_main();
}

/// A pager that faults itself, about when its task does.
static void fault_with_report(void) {
    create_child();
    *(volatile uint8_t *) NOWHERE = 1;
}

static void do_nothing(void) {}

static void start_pager(task_t thread) {
    task_t tid;
    CHECK_OK(call_task_alloc(INIT_TASK, main_task, &tid));
    child = tid;
    child_priority = own_priority();
    CHECK_OK(task_schedule(thread, child_priority));
}

/// A task whose pager is gone stays where it is, and its slot can be had again.
static void expect_orphan(task_t pager) {
    // vm takes no pages of threads back as long as the child is there.
    task_t another = thread_create(do_nothing, 0);
    thread_destroy(pager);
    CHECK_EQ(result, OK);
    thread_wait_state(child, TASK_FAULTED);
    CHECK_OK(call_task_free(INIT_TASK, child));
    CHECK_EQ(state_of(child), TASK_UNUSED);
    thread_destroy(another);
}

/// The child begins with a fault: it has no page.
static void wait_for_report(task_t pager) {
    while (state_of(child) != TASK_FAULTED || state_of(pager) != TASK_RECEIVING) {
        thread_serve_faults();
    }
}

static void test_pager_killed_before_the_report(void) {
    task_t pager = thread_create(page_nobody, TASK_RIGHT_TASK);
    start_pager(pager);
    wait_for_report(pager);
    expect_orphan(pager);
}

static void test_pager_killed_after_the_report(void) {
    task_t pager = thread_create(take_report, TASK_RIGHT_TASK);
    start_pager(pager);
    wait_for_report(pager);
    expect_orphan(pager);
}

static void test_pager_killed_in_its_own_fault(void) {
    task_t pager = thread_create(fault_with_report, TASK_RIGHT_TASK);
    start_pager(pager);
    expect_fault(pager, NOWHERE);
    expect_orphan(pager);
}

// ---- Notifications and timers -------------------------------------------------------------------

/// The notifications that are pending, 0 if there are none. Faults of threads are served on the way.
static notifications_t take_pending(void) {
    struct message m;
    bzero(&m, sizeof(m));
    while (raw_ipc(0, IPC_ANY, &m, IPC_RECV | IPC_NOBLOCK) == OK) {
        if (m.type == NOTIFICATIONS_MSG) {
            return m.notifications.data;
        }
        CHECK_EQ(m.type, PAGE_FAULT_MSG);
        CHECK(thread_page_in(m.src, m.page_fault.vaddr, m.page_fault.fault));
        thread_resume(m.src);
    }
    return 0;
}

static volatile unsigned taken;

static void notify_one_by_one(void) {
    for (unsigned i = 0; i < NOTIFY_ROUNDS; i++) {
        (void) sys_notify(main_task, NOTIFY_USER_BASE << (i % 8));
        while (taken == i) {
            (void) sys_nop();
        }
    }
}

/// Notifications that come at any moment of a call neither disturb it nor get lost.
static void test_notified_during_calls(void) {
    reset();
    taken = 0;
    task_t thread = thread_start(notify_one_by_one);
    for (int i = 0; taken < NOTIFY_ROUNDS; i++) {
        thread_serve_faults();
        CHECK_EQ(call_target(i), OK);
        notifications_t pending = take_pending();
        if (pending != 0 && !CHECK_EQ(pending, NOTIFY_USER_BASE << (taken % 8))) {
            break;
        }
        taken += pending != 0;
    }
    CHECK_EQ(bad_replies, 0);
    taken = NOTIFY_ROUNDS;
    thread_join(thread);
    CHECK_EQ(take_pending(), 0);
}

/// A timer that runs out during a call is told after it, once.
static void test_timeout_during_calls(void) {
    reset();
    for (int round = 0; round < 5; round++) {
        uint64_t start = sys_clock();
        CHECK_OK(timer_set(2));
        notifications_t pending;
        for (int i = 0; (pending = take_pending()) == 0; i++) {
            CHECK_EQ(call_target(i), OK);
        }
        CHECK_EQ(pending, NOTIFY_TIMER);
        CHECK_GE(sys_clock(), start + 2);
        CHECK_EQ(take_pending(), 0);
    }
    CHECK_EQ(bad_replies, 0);
}

static void set_timer_and_wait(void) {
    (void) sys_timer_set(2);
    wait_for_main();
}

static void wait_for_anything(void) {
    struct message m;
    result = 0;
    result = raw_ipc(0, IPC_ANY, &m, IPC_RECV);
}

/// The timer of a task that is gone tells nobody: not who has its slot now either.
static void test_timer_of_the_dead(void) {
    task_t thread = thread_start(set_timer_and_wait);
    thread_wait_state(thread, TASK_RECEIVING);
    thread_destroy(thread);
    task_t others[MAX_THREADS];
    for (int i = 0; i < MAX_THREADS; i++) {
        others[i] = thread_start(wait_for_anything);
        thread_wait_state(others[i], TASK_RECEIVING);
    }
    thread_rest(10);
    for (int i = 0; i < MAX_THREADS; i++) {
        CHECK_EQ(state_of(others[i]), TASK_RECEIVING);
    }
}

// ---- Message buffers that aren't there ----------------------------------------------------------

/// The message lies across the edge of two pages: its header ends the first one.
#define SPLIT_MESSAGE ((struct message *) (NOWHERE + PAGE_SIZE - MESSAGE_HEADER_SIZE))

static void call_main_from_nowhere(void) {
    struct message *m = SPLIT_MESSAGE;
    m->type = BENCHMARK_NOP_MSG;
    m->benchmark_nop.value = 0x1234567;
    result = raw_ipc(main_task, main_task, m, IPC_CALL);
    if (result == OK) {
        result = m->benchmark_nop_reply.value;
    }
}

static bool give_page(task_t thread, int index) {
    vaddr_t vaddr = NOWHERE + (vaddr_t) index * PAGE_SIZE;
    return expect_fault(thread, vaddr)
           && CHECK_OK(thread_map(thread, vaddr, (vaddr_t) pages[index], MAP_W));
}

/// Lets a thread call us, and takes its buffer's pages away before it is answered.
static task_t call_and_lose_buffer(void) {
    memset(pages, 1, sizeof(pages));
    task_t thread = thread_start(call_main_from_nowhere);
    struct message m;
    for (int i = 0; i < 2 && give_page(thread, i); i++) {
        thread_resume(thread);
    }
    if (CHECK_OK(thread_recv(thread, &m)) && CHECK_EQ(m.type, BENCHMARK_NOP_MSG)) {
        CHECK_EQ(m.benchmark_nop.value, 0x1234567);
    }
    CHECK_OK(vm_unmap(thread, NOWHERE));
    CHECK_OK(vm_unmap(thread, NOWHERE + PAGE_SIZE));
    m.type = BENCHMARK_NOP_REPLY_MSG;
    m.benchmark_nop_reply.value = 0x7654321;
    // It has the answer, but not yet where it wants it.
    CHECK_EQ(raw_ipc(thread, 0, &m, IPC_SEND | IPC_REPLY), OK);
    return thread;
}

static void test_buffer_of_the_receiver(void) {
    task_t thread = call_and_lose_buffer();
    for (int i = 0; i < 2 && give_page(thread, i); i++) {
        thread_resume(thread);
    }
    thread_join(thread);
    CHECK_EQ(result, 0x7654321);
}

static void test_killed_without_its_buffer(void) {
    task_t thread = call_and_lose_buffer();
    give_page(thread, 0);
    thread_destroy(thread);
    CHECK_EQ(state_of(thread), TASK_UNUSED);
}

// ---- Many at once -------------------------------------------------------------------------------

static void hammer(void) {
    unsigned index = thread_index(sys_task_self());
    for (unsigned i = 0; i < HAMMER_CALLS; i++) {
        if (call_target((int) (index << 24 | i)) == OK) {
            progress[index]++;
        }
    }
}

/// Every client gets its own answers, all of them.
static void test_hammer(void) {
    reset();
    task_t callers[NUM_CALLERS];
    for (int i = 0; i < NUM_CALLERS; i++) {
        callers[i] = thread_start(hammer);
    }
    for (int i = 0; i < NUM_CALLERS; i++) {
        unsigned index = thread_index(callers[i]);
        thread_join(callers[i]);
        CHECK_EQ(progress[index], HAMMER_CALLS);
    }
    CHECK_EQ(bad_replies, 0);
}

const struct test_case race_cases[] = {
    {"race.receiver_killed_any_time", test_receiver_killed_any_time},
    {"race.receiver_killed_in_the_copy", test_receiver_killed_in_the_copy},
    {"race.sender_killed_any_time", test_sender_killed_any_time},
    {"race.sender_killed_in_service", test_sender_killed_in_service},
    {"race.pager_killed_before_the_report", test_pager_killed_before_the_report},
    {"race.pager_killed_after_the_report", test_pager_killed_after_the_report},
    {"race.pager_killed_in_its_own_fault", test_pager_killed_in_its_own_fault},
    {"race.notified_during_calls", test_notified_during_calls},
    {"race.timeout_during_calls", test_timeout_during_calls},
    {"race.timer_of_the_dead", test_timer_of_the_dead},
    {"race.buffer_of_the_receiver", test_buffer_of_the_receiver},
    {"race.killed_without_its_buffer", test_killed_without_its_buffer},
    {"race.hammer", test_hammer},
    {NULL, NULL},
};
