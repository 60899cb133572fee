// Random system calls, faults and interrupts on four CPUs. All that can be relied on is that the
// kernel's invariants hold after each step (host_check()) and that it never breaks its contract with
// the HAL (host_die()). RANDOM_SEED and RANDOM_STEPS in the environment choose another run.

#include <kernel/irq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "host.h"

#define DEFAULT_SEED  20240229
#define DEFAULT_STEPS 200000
#define NUM_TASKS     10
/// All pages that the tasks play with: few, so that they meet.
#define NUM_PAGES    24
#define WINDOW       0x00280000ul
#define WINDOW_PAGES 12

static uint64_t state;
static paddr_t pages[NUM_PAGES];

/// What happened, to see that the run isn't an idle one.
static struct { unsigned messages, blocked, loans, maps, faults, created, destroyed; } did;

/// xorshift64*; 0 … n-1.
static unsigned below(unsigned n) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (unsigned) ((state * 0x2545f4914f6cdd1dull) >> 33) % n;
}

static bool one_in(unsigned n) {
    return below(n) == 0;
}

// ---- Random values, mostly of a kind that leads somewhere ---------------------------------------

static task_t some_task(void) {
    unsigned slot = 3 + below(NUM_TASKS);
    task_t tid = task_slot((int) slot)->tid;
    if (one_in(40)) {
        return one_in(2) ? INIT_TASK : host_next_tid((int) slot);
    }
    return tid ? tid : (task_t) below(2);
}

static task_t some_pager(void) {
    task_t tid = some_task();
    return host_task(tid) && host_state(tid) != TASK_DYING ? tid : INIT_TASK;
}

static vaddr_t some_page(void) {
    if (one_in(30)) {
        static const vaddr_t odd[] = {0, USER_END, USER_END - PAGE_SIZE, ~(vaddr_t) 0};
        return odd[below(4)];
    }
    return WINDOW + below(WINDOW_PAGES) * PAGE_SIZE;
}

static vaddr_t some_address(void) {
    return some_page() + (one_in(2) ? 0 : below(PAGE_SIZE));
}

static vaddr_t some_message(void) {
    return one_in(8) ? some_address() : MSG_VADDR;
}

static unsigned some_ipc_flags(void) {
    static const unsigned usual[] = {
        IPC_SEND,
        IPC_RECV,
        IPC_CALL,
        IPC_CALL,
        IPC_SEND | IPC_REPLY,
        IPC_RECV | IPC_NOBLOCK,
        IPC_SEND | IPC_RECV | IPC_REPLY,
        IPC_SEND | IPC_RECV | IPC_REPLY,
        IPC_SEND | IPC_NOBLOCK,
    };
    return one_in(50) ? below(64) : usual[below(9)];
}

/// A message whose type, and perhaps more, is the task's choice.
static void fill_message(task_t tid) {
    struct message *m = host_msg(tid);
    if (!m) {
        return;
    }
    static const int types[] = {PAGE_FAULT_REPLY_MSG, PAGE_FAULT_REPLY_MSG, PAGE_FAULT_MSG,
                                ERR_ABORTED};
    unsigned kind = below(4);
    m->type = MSG_TYPE(200, below(4), 0, MSG_OOL_NONE, below(30) * sizeof(uintptr_t));
    if (kind == 0) {
        m->type = types[below(4)];
    } else if (kind == 1) {
        m->type = MSG_TYPE(200, 1, 0, 1 + below(2), 16);
        m->ool_ptr = (void *) some_address();
        m->ool_len = one_in(10) ? below(CONFIG_OOL_MAX * 2) : below(5 * PAGE_SIZE);
    } else if (one_in(20)) {
        m->type = (int) below(1u << 31);
    }
}

/// Whether the task is still in user mode, and not in the middle of something.
static bool can_act(task_t tid) {
    struct task *task = host_task(tid);
    return task && cpus[task->cpu].current == task && !task->arch.in_call;
}

// ---- Steps --------------------------------------------------------------------------------------

static void do_ipc(task_t tid) {
    fill_message(tid);
    task_t dst = some_task();
    unsigned flags = some_ipc_flags();
    task_t src = (flags & IPC_REPLY) || one_in(2) ? IPC_ANY
                 : (flags & IPC_SEND)             ? dst
                                                  : some_task();
    intptr_t result = SYSCALL(tid, SYS_IPC, dst, src, some_message(), flags, some_address(),
                              one_in(4) ? 0 : below(6 * PAGE_SIZE));
    did.messages += result == OK;
    did.blocked += result == HOST_BLOCKED;
}

static void do_lend(task_t tid) {
    task_t dst = some_task();
    struct message *m = host_msg(tid);
    if (m) {
        m->type = MSG_TYPE(200, 1, 0, one_in(2) ? MSG_OOL_LOAN : MSG_OOL_LOAN_W, 16);
        m->ool_ptr = (void *) some_page();
        m->ool_len = one_in(10) ? below(CONFIG_LOAN_MAX * 2) : (1 + below(2)) * PAGE_SIZE;
    }
    SYSCALL(tid, SYS_IPC, dst, dst, MSG_VADDR, IPC_CALL, some_address(), below(6 * PAGE_SIZE));
    did.loans += host_task(tid) && host_task(tid)->borrower;
}

static void do_map(task_t tid) {
    unsigned flags = one_in(2) ? MAP_W : one_in(3) ? below(32) : 0;
    uintptr_t kpage = one_in(2) ? 0 : some_page();
    uintptr_t src = some_page();
    if (flags & MAP_PHYS) {
        src = pages[below(NUM_PAGES)];
        kpage = one_in(2) ? pages[below(NUM_PAGES)] : 0;
    }
    task_t dst = some_task();
    if (dst != INIT_TASK) {  // Nobody would ever unmap it there.
        did.maps += SYSCALL(tid, SYS_VM_MAP, dst, some_page(), src, kpage, flags) >= 0;
    }
}

static void do_create(task_t tid) {
    task_t child = host_next_tid((int) (3 + below(NUM_TASKS)));
    task_t pager = one_in(3) ? some_pager() : tid;
    if (SYSCALL(tid, SYS_TASK_CREATE, child, some_message(), 0, pager,
                below(64) & host_task(tid)->flags)
        == OK) {
        did.created++;
        if (can_act(tid)) {
            SYSCALL(tid, SYS_TASK_SCHEDULE, child, below(8));
        }
    }
}

static void do_small_call(task_t tid) {
    switch (below(13)) {
    case 0:
        SYSCALL(tid, SYS_TIMER_SET, below(30));
        break;
    case 1:
        SYSCALL(tid, SYS_IRQ_ACQUIRE, below(6));
        break;
    case 2:
        SYSCALL(tid, SYS_IRQ_RELEASE, below(6));
        break;
    case 3:
        SYSCALL(tid, SYS_GRANT, some_task(), below(7), below(6), below(3));
        break;
    case 4:
        SYSCALL(tid, SYS_CONSOLE_READ, some_address(), below(200));
        break;
    case 5:
        SYSCALL(tid, SYS_INFO, below(5), below(16), some_address(), below(200));
        break;
    case 6:
        SYSCALL(tid, SYS_KLOG_READ, some_address(), below(200), some_address());
        break;
    case 7:
        SYSCALL(tid, SYS_TASK_SCHEDULE, some_task(), below(9));
        break;
    case 8:
        SYSCALL(tid, SYS_VM_UNMAP, some_task(), some_page());
        break;
    case 9:
        SYSCALL(tid, SYS_CONSOLE_WRITE, some_address(), below(200));
        break;
    case 10:
        SYSCALL(tid, SYS_CONSOLE_FEED, some_address(), below(200));
        break;
    default:
        SYSCALL(tid, SYS_ACCEPT_LOANS, some_page(), below(5) * PAGE_SIZE);
        break;
    }
}

static void program_step(task_t tid) {
    unsigned dice = below(100);
    if (dice < 45) {
        do_ipc(tid);
    } else if (dice < 55) {
        do_lend(tid);
    } else if (dice < 65) {
        SYSCALL(tid, SYS_NOTIFY, some_task(), 1u << below(31));
    } else if (dice < 75) {
        do_map(tid);
    } else if (dice < 78) {
        do_create(tid);
    } else if (dice < 81) {
        did.destroyed += SYSCALL(tid, SYS_TASK_DESTROY, some_task()) == OK;
    } else if (dice < 84) {
        did.faults++;
        host_fault(tid, some_address(), below(8));
    } else if (dice < 85) {
        SYSCALL(tid, SYS_TASK_EXIT, below(4));
    } else {
        do_small_call(tid);
    }
}

/// Fails if the page is a page table now, in some task's hands.
static void share_page(task_t tid, vaddr_t vaddr) {
    error_t err = host_try_map(tid, vaddr, pages[below(NUM_PAGES)], one_in(4) ? 0 : MAP_W);
    did.maps += err >= 0;
}

/// vm has a message: answers faults, most of them by a page, and takes the next message.
static void pager_step(void) {
    struct message *m = host_msg(INIT_TASK);
    task_t src = m->src;
    if (m->type == PAGE_FAULT_MSG && host_task(src)) {
        vaddr_t page = ALIGN_DOWN(m->page_fault.vaddr, PAGE_SIZE);
        if (arch_is_user_page(page) && !host_ptr(src, page)) {
            share_page(src, page);
        }
    }
    if (!can_act(INIT_TASK)) {
        return;
    }
    m->type = one_in(6) ? ERR_NOT_FOUND : PAGE_FAULT_REPLY_MSG;
    host_ipc(INIT_TASK, src, IPC_ANY, IPC_SEND | IPC_RECV | IPC_REPLY);
}

static void hardware_step(void) {
    switch (below(4)) {
    case 0:
        host_deliver_ipis();
        break;
    case 1:
        host_advance_ms(below(12));
        break;
    case 2:
        host_irq(below(HOST_CPUS), below(8));
        break;
    default:
        host_type(one_in(3) ? "x" : "");
        break;
    }
}

/// A new task, with some memory of its own and some shared.
static void start_task(void) {
    unsigned rights = below(16) & ~(one_in(3) ? 0 : TASK_RIGHT_PHYS);
    rights &= one_in(2) ? ~TASK_RIGHT_MAP : ~0u;
    task_t tid = host_spawn("random", one_in(2) ? INIT_TASK : some_pager(), rights);
    for (int i = 0; i < WINDOW_PAGES; i += 1 + (int) below(3)) {
        share_page(tid, WINDOW + (vaddr_t) i * PAGE_SIZE);
    }
    if (!(rights & (TASK_RIGHT_MAP | TASK_RIGHT_PHYS))) {
        // As if it had accepted loans: it has no CPU yet to say so.
        host_task(tid)->window = WINDOW;
        host_task(tid)->window_pages = 3;
    }
}

/// Root, the supervisor, sees that there are tasks, and that blocked ones don't stay for ever.
static void supervise(void) {
    task_t tid = task_slot((int) (3 + below(NUM_TASKS)))->tid;
    if (!tid) {
        start_task();
    } else if (host_state(tid) != TASK_RUNNING && host_state(tid) != TASK_READY && one_in(2)) {
        host_destroy(tid);
    }
}

static void choose_pages(void) {
    for (int i = 0; i < NUM_PAGES; i++) {
        pages[i] = host_keep_page();
    }
}

/// A CPU in user mode whose task isn't in the middle of something. 0 if there is none.
static task_t some_current(void) {
    unsigned first = below(HOST_CPUS);
    for (unsigned i = 0; i < HOST_CPUS; i++) {
        struct task *task = cpus[(first + i) % HOST_CPUS].current;
        if (task && !task->arch.in_call && task->tid != ROOT_TASK) {
            return task->tid;
        }
    }
    return 0;
}

static uint64_t number_from_env(const char *name, uint64_t fallback) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : fallback;
}

static bool step(uint64_t number) {
    task_t tid = some_current();
    if (!tid || one_in(50)) {
        supervise();
    } else if (tid == INIT_TASK) {
        pager_step();
    } else if (one_in(8)) {
        hardware_step();
    } else {
        program_step(tid);
    }
    bool ok = number % 16 == 0 ? host_check() : host_check_tasks();
    if (!ok) {
        printf("after step %llu\n", (unsigned long long) number);
    }
    return ok;
}

TEST("random: the kernel's invariants hold whatever tasks and devices do") {
    uint64_t seed = number_from_env("RANDOM_SEED", DEFAULT_SEED);
    uint64_t steps = number_from_env("RANDOM_STEPS", DEFAULT_STEPS);
    state = seed * 2 + 1;
    host_reset();
    choose_pages();
    printf("seed %llu, %llu steps\n", (unsigned long long) seed, (unsigned long long) steps);
    bool ok = true;
    for (uint64_t i = 0; ok && i < steps; i++) {
        ok = step(i);
    }
    TEST_EXPECT(ok);
    printf("%u messages, %u blocked, %u loans, %u maps, %u faults, %u created, %u destroyed\n",
           did.messages, did.blocked, did.loans, did.maps, did.faults, did.created, did.destroyed);
    TEST_EXPECT_GT(did.messages, steps / 100);
    TEST_EXPECT_GT(did.blocked, steps / 50);
    TEST_EXPECT_GT(did.loans, steps / 5000);
    TEST_EXPECT_GT(did.maps, steps / 500);
    TEST_EXPECT_GT(did.faults, steps / 500);
    TEST_EXPECT_GT(did.created, steps / 5000);
    TEST_EXPECT_GT(did.destroyed, steps / 5000);
    host_reset();
}
