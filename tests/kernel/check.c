// The kernel's invariants, which hold whenever no CPU is in the kernel.

#include <kernel/sched.h>
#include <kernel/smp.h>
#include <stdio.h>
#include <string.h>

#include "host_machine.h"

static bool consistent;

static void check(bool ok, const char *what, const struct task *task, unsigned cpu) {
    if (ok || !consistent) {
        return;
    }
    consistent = false;
    printf("invariant broken: %s (CPU %u", what, cpu);
    if (task) {
        printf(", task #%d %s, state %d, waits for #%d", task->tid, task->name, task->state,
               task->waits_for);
    }
    printf(")\n");
}

/// Of those that wait for a task that ends, some may still have to be told.
static bool is_alive(task_t tid) {
    const struct task *task = host_task(tid);
    return task != NULL && (task->state != TASK_DYING || !(task->work & WORK_ENDED));
}

// ---- CPUs ---------------------------------------------------------------------------------------

static void check_queue(unsigned id, unsigned priority, unsigned *num_ready) {
    struct cpu *cpu = &cpus[id];
    list_t *queue = &cpu->queues[priority];
    bool in_mask = (cpu->ready_mask & READY_BIT(priority)) != 0;
    check(in_mask == !list_is_empty(queue), "ready_mask tells which queues are empty", NULL, id);
    LIST_FOR_EACH (task, queue, struct task, link) {
        check(task->state == TASK_READY, "tasks in a run queue are ready", task, id);
        check(task->cpu == id, "tasks in a run queue belong to its CPU", task, id);
        check(task->priority == priority, "tasks are in the queue of their priority", task, id);
        check(task->link.next->prev == &task->link, "neighbours in a queue agree", task, id);
        (*num_ready)++;
    }
}

static void check_current(unsigned id) {
    struct cpu *cpu = &cpus[id];
    struct task *task = cpu->current;
    unsigned best = 0;
    while (best < NUM_PRIORITIES && !(cpu->ready_mask & READY_BIT(best))) {
        best++;
    }
    bool told = cpu->resched;
    if (!task) {
        check(best == NUM_PRIORITIES || told, "an idle CPU has nothing to do", NULL, id);
        check((idle_cpus >> id) & 1, "an idle CPU says so", NULL, id);
        return;
    }
    check(!((idle_cpus >> id) & 1), "a busy CPU doesn't call itself idle", task, id);
    check(task->state == TASK_RUNNING || task->state == TASK_DYING, "who is current runs", task,
          id);
    check(task->cpu == id, "a task runs on its CPU", task, id);
    check(best >= task->priority || told, "nobody more urgent is ready", task, id);
    if (best == task->priority && !told) {
        uint64_t timer = host.cpus[id].timer;
        check(timer && timer <= cpu->slice_end, "a shared CPU's slice ends by the timer", task, id);
    }
}

static void check_timers(unsigned id) {
    struct cpu *cpu = &cpus[id];
    uint64_t last = 0;
    for (struct task *task = cpu->timers; task; task = task->timer_next) {
        check(task->timer_deadline && task->timer_deadline >= last, "timers are sorted", task, id);
        check(task->timer_cpu == id && task->tid, "timers belong to tasks", task, id);
        last = task->timer_deadline;
    }
    if (cpu->timers) {
        uint64_t timer = host.cpus[id].timer;
        check(timer && timer <= cpu->timers->timer_deadline, "the hardware timer is set",
              cpu->timers, id);
    }
    check(cpu->timer_armed == host.cpus[id].timer, "timer_armed is the hardware's deadline", NULL,
          id);
}

static void check_cpu(unsigned id, unsigned *num_ready) {
    struct cpu *cpu = &cpus[id];
    unsigned num = 0;
    check(!spin_is_locked(&cpu->lock), "no lock is held outside of the kernel", cpu->current, id);
    for (unsigned priority = 0; priority < NUM_PRIORITIES; priority++) {
        check_queue(id, priority, &num);
    }
    check(num == cpu->num_ready, "num_ready is the number of ready tasks", NULL, id);
    *num_ready += num;
    check_current(id);
    check_timers(id);
    check(cpu->aspace == host.cpus[id].aspace, "the kernel knows the loaded address space",
          cpu->current, id);
    LIST_FOR_EACH (waiter, &cpu->sync_waiters, struct task, sync_link) {
        check(waiter->state == TASK_SYNCING, "who waits for a CPU is syncing", waiter, id);
        check(host.cpus[id].ipi, "who waits for a CPU has interrupted it", waiter, id);
    }
}

// ---- Tasks --------------------------------------------------------------------------------------

static bool is_sender_of(const struct task *task, task_t receiver) {
    return is_alive(receiver) && list_contains(&host_task(receiver)->senders, &task->link);
}

static void check_receiving(const struct task *task) {
    unsigned cpu = task->cpu;
    check(!list_is_linked(&task->link), "a receiver is in no queue", task, cpu);
    if (task->waits_for == IPC_ANY) {
        check(list_is_empty(&task->senders), "no sender waits for one who takes all", task, cpu);
        check(!task->notifications, "no notification waits for one who takes all", task, cpu);
        check(task->priority == task->base_priority, "an idle server's priority is its own", task,
              cpu);
        return;
    }
    check(is_alive(task->waits_for), "a receiver waits for a living task", task, cpu);
    struct task *peer = host_task(task->waits_for);
    bool queued = peer && list_is_linked(&peer->link) && peer->state != TASK_READY
                  && is_sender_of(peer, task->tid);
    check(!queued, "whom a receiver waits for has not sent yet", task, cpu);
}

static void check_report(const struct task *task) {
    if (task->reported) {
        check(!list_is_linked(&task->link), "who has been reported is in no queue", task,
              task->cpu);
    } else {
        check(is_sender_of(task, task->pager), "who is to be reported is in the pager's queue",
              task, task->cpu);
    }
}

static void check_state(const struct task *task) {
    switch (task->state) {
    case TASK_SENDING:
        check(is_sender_of(task, task->waits_for), "a sender is in its receiver's queue", task,
              task->cpu);
        break;
    case TASK_RECEIVING:
        check_receiving(task);
        break;
    case TASK_FAULTED:
    case TASK_STOPPED:
        check_report(task);
        break;
    case TASK_RUNNING:
        check(cpus[task->cpu].current == task, "a running task is current", task, task->cpu);
        check(!list_is_linked(&task->link), "a running task is in no queue", task, task->cpu);
        break;
    case TASK_DYING:
    case TASK_CREATED:
        check(!list_is_linked(&task->link), "a task that can't run is in no queue", task,
              task->cpu);
        break;
    }
}

static void check_loan(const struct task *task) {
    const struct task *lender = task->lender, *borrower = task->borrower;
    check(!borrower || (borrower->lender == task && is_alive(borrower->tid)),
          "whom a task lends to has it from the task", task, task->cpu);
    check(!lender || (lender->borrower == task && is_alive(lender->tid)),
          "whom a task borrows from lends to it", task, task->cpu);
    if (!lender) {
        return;
    }
    check(task->loan_pages > 0 && task->loan_pages <= task->window_pages, "a loan is in its window",
          task, task->cpu);
    check(task->attention || task->state != TASK_RECEIVING,
          "the answer of who has a loan doesn't go the short way", task, task->cpu);
    bool waits = lender->state == TASK_RECEIVING && lender->waits_for == task->tid;
    bool fetches = task->state == TASK_SENDING && task->waits_for == lender->tid;
    check(waits || fetches, "a lender waits for its borrower", lender, lender->cpu);
}

static void check_task(const struct task *task) {
    check_loan(task);
    if (!task->tid) {
        check(task->state == TASK_UNUSED, "a free slot is unused", task, 0);
        check(list_is_empty(&task->senders), "nobody waits for a free slot", task, 0);
        check(!list_is_linked(&task->link), "a free slot is in no queue", task, 0);
        check(!task->timer_deadline, "a free slot has no timer", task, 0);
        check(!task->aspace->arch.root, "a free slot has no page tables", task, 0);
        return;
    }
    check(!spin_is_locked(&task->aspace->lock), "no address space is locked", task, task->cpu);
    check(task->priority <= task->base_priority, "priorities are raised only", task, task->cpu);
    check(list_is_linked(&task->sync_link) == (task->state == TASK_SYNCING),
          "who syncs is in a CPU's list", task, task->cpu);
    check_state(task);
}

// ---- Pages --------------------------------------------------------------------------------------

#define NUM_FRAMES (HOST_RAM_SIZE / PAGE_SIZE)
static uint8_t seen[NUM_FRAMES];
static size_t num_mapped, num_tables;

static void count_page(paddr_t paddr, bool is_table) {
    size_t frame = (paddr - HOST_RAM_BASE) / PAGE_SIZE;
    if (paddr < HOST_RAM_BASE || frame >= NUM_FRAMES) {
        check(paddr >= HOST_MMIO && !is_table, "pages are RAM or a device's", NULL, 0);
        return;
    }
    check(!is_table || !seen[frame], "a page-table page has no other use", NULL, 0);
    num_tables += is_table;
    num_mapped += !is_table && !seen[frame];
    seen[frame] = 1;
}

/// What vm has from boot is counted differently: its part is measured once, right after booting.
static void check_pages(void) {
    static size_t boot_mapped, boot_tables;
    static bool measured;
    size_t mapped, tables;
    memset(seen, 0, sizeof(seen));
    num_mapped = num_tables = 0;
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        host_for_each_page(task_slot(slot)->aspace, count_page);
    }
    host_count_pages(&mapped, &tables);
    if (!measured) {
        boot_mapped = num_mapped - mapped;
        boot_tables = num_tables - tables;
        measured = true;
    }
    check(num_mapped - boot_mapped == mapped, "the kernel counts the mapped pages", NULL, 0);
    check(num_tables - boot_tables == tables, "the kernel counts the page tables", NULL, 0);
}

bool host_check_tasks(void) {
    unsigned num_ready = 0, num_ready_tasks = 0;
    consistent = true;
    for (unsigned id = 0; id < host.num_cpus; id++) {
        check_cpu(id, &num_ready);
    }
    for (int slot = 1; slot <= CONFIG_NUM_TASKS; slot++) {
        const struct task *task = task_slot(slot);
        num_ready_tasks += task->tid && task->state == TASK_READY;
        check_task(task);
    }
    check(num_ready == num_ready_tasks, "every ready task is in a run queue", NULL, 0);
    return consistent;
}

bool host_check(void) {
    bool ok = host_check_tasks();
    check_pages();
    return ok && consistent;
}
