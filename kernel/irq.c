#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/rights.h>

/// A task that has acquired a line. A shared line has several.
struct irq_owner {
    uint16_t slot;  ///< Of the task; 0: unused.
    uint16_t irq : 15;
    uint16_t waiting : 1;  ///< It has been notified and has not come back: the line is masked.
};

static struct irq_owner owners[CONFIG_NUM_IRQ_OWNERS];
static struct spinlock irq_lock;

#ifdef CONFIG_KDEBUG_COMMANDS
static uint32_t counts[CONFIG_NUM_IRQS];
#endif

#define OWNERS_END (&owners[CONFIG_NUM_IRQ_OWNERS])

/// The next entry of a line from `owner` on, or NULL.
static struct irq_owner *next_owner(struct irq_owner *owner, unsigned irq) {
    for (; owner < OWNERS_END; owner++) {
        if (owner->slot && owner->irq == irq) {
            return owner;
        }
    }
    return NULL;
}

static struct irq_owner *find_owner(unsigned irq, task_t tid) {
    struct irq_owner *owner = next_owner(owners, irq);
    while (owner && owner->slot != TASK_SLOT(tid)) {
        owner = next_owner(owner + 1, irq);
    }
    return owner;
}

/// Unmasks a line if nobody has to come back any more. The caller holds irq_lock.
static void unmask_if_done(unsigned irq) {
    struct irq_owner *first = next_owner(owners, irq);
    for (struct irq_owner *owner = first; owner; owner = next_owner(owner + 1, irq)) {
        if (owner->waiting) {
            return;
        }
    }
    if (first) {
        board_irq_unmask(irq);
    } else {
        board_irq_mask(irq);
    }
}

/// The caller holds irq_lock.
static error_t __mustuse add_owner(unsigned irq, task_t tid) {
    if (find_owner(irq, tid)) {
        return ERR_ALREADY_EXISTS;
    }
    for (struct irq_owner *owner = owners; owner < OWNERS_END; owner++) {
        if (!owner->slot) {
            *owner = (struct irq_owner){.slot = TASK_SLOT(tid), .irq = irq};
            unmask_if_done(irq);
            return OK;
        }
    }
    return ERR_IN_USE;
}

error_t irq_acquire(unsigned irq) {
    struct task *task = current_task();
    if (irq >= CONFIG_NUM_IRQS) {
        return ERR_INVALID_ARG;
    }
    if (!rights_covers(task, GRANT_IRQ, irq, 1)) {
        return ERR_NOT_PERMITTED;
    }
    if ((int) irq == board_console_irq()) {
        return ERR_IN_USE;
    }
    spin_lock(&irq_lock);
    error_t err = add_owner(irq, task->tid);
    spin_unlock(&irq_lock);
    return err;
}

/// The caller holds irq_lock.
static void remove_owner(struct irq_owner *owner) {
    unsigned irq = owner->irq;
    owner->slot = 0;
    unmask_if_done(irq);
}

error_t irq_release(unsigned irq) {
    if (irq >= CONFIG_NUM_IRQS) {
        return ERR_INVALID_ARG;
    }
    spin_lock(&irq_lock);
    struct irq_owner *owner = find_owner(irq, current_task()->tid);
    if (owner) {
        remove_owner(owner);
    }
    spin_unlock(&irq_lock);
    return owner ? OK : ERR_NOT_FOUND;
}

void irq_release_all(struct task *task) {
    spin_lock(&irq_lock);
    for (struct irq_owner *owner = owners; owner < OWNERS_END; owner++) {
        if (owner->slot == TASK_SLOT(task->tid)) {
            remove_owner(owner);
        }
    }
    spin_unlock(&irq_lock);
}

void irq_unmask_done(struct task *task) {
    // Cleared first: a line that fires from here on sets it again.
    __atomic_store_n(&task->irq_pending, false, FOR_OTHER_CPUS(__ATOMIC_SEQ_CST));
    spin_lock(&irq_lock);
    for (struct irq_owner *owner = owners; owner < OWNERS_END; owner++) {
        if (owner->slot != TASK_SLOT(task->tid) || !owner->waiting) {
            continue;
        }
        // A notification that is still to be received belongs to an interrupt not yet seen.
        if (task->notifications & NOTIFY_IRQ) {
            task->irq_pending = true;
        } else {
            owner->waiting = false;
            unmask_if_done(owner->irq);
        }
    }
    spin_unlock(&irq_lock);
}

static void tell_owner(task_t tid) {
    struct task *task = task_acquire(tid);
    if (task) {
        task->irq_pending = true;
        ipc_notify_locked(task, NOTIFY_IRQ);
        task->attention = true;
        cpu_release();
    }
}

static void count(unsigned irq __unused) {
#ifdef CONFIG_KDEBUG_COMMANDS
    counts[irq]++;
#endif
}

/// Masks a line that has fired until all of its owners have come back.
static void mask_for_owners(unsigned irq) {
    spin_lock(&irq_lock);
    board_irq_mask(irq);
    for (struct irq_owner *owner = owners; (owner = next_owner(owner, irq)) != NULL; owner++) {
        owner->waiting = true;
    }
    spin_unlock(&irq_lock);
}

/// Who is to be told of a line by this entry of the table, or 0.
static task_t waiting_task(const struct irq_owner *owner, unsigned irq) {
    spin_lock(&irq_lock);
    bool waits = owner->slot && owner->irq == irq && owner->waiting;
    task_t tid = waits ? task_slot(owner->slot)->tid : 0;
    spin_unlock(&irq_lock);
    return tid;
}

void kernel_irq(unsigned irq) {
    if (irq >= CONFIG_NUM_IRQS) {
        return;
    }
    count(irq);
    if ((int) irq == board_console_irq()) {
        console_input();
    } else {
        mask_for_owners(irq);
        for (struct irq_owner *owner = owners; owner < OWNERS_END; owner++) {
            task_t tid = waiting_task(owner, irq);
            if (tid) {
                tell_owner(tid);
            }
        }
    }
}

uint32_t irq_count(unsigned irq __unused, task_t *owner) {
    struct irq_owner *first = next_owner(owners, irq);
    *owner = first ? task_slot(first->slot)->tid : 0;
#ifdef CONFIG_KDEBUG_COMMANDS
    return counts[irq];
#else
    return 0;
#endif
}
