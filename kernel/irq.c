#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/rights.h>

/// Tasks that can share a line.
#define IRQ_OWNERS 4

struct irq_line {
    task_t owners[IRQ_OWNERS];
    uint8_t waiting;  ///< Bit n: owners[n] has been notified and has not come back.
    uint32_t count;
};

static struct irq_line lines[CONFIG_NUM_IRQS];
static struct spinlock irq_lock;

static int find_owner(const struct irq_line *line, task_t tid) {
    for (int i = 0; i < IRQ_OWNERS; i++) {
        if (line->owners[i] == tid) {
            return i;
        }
    }
    return -1;
}

static bool has_owner(const struct irq_line *line) {
    for (int i = 0; i < IRQ_OWNERS; i++) {
        if (line->owners[i]) {
            return true;
        }
    }
    return false;
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
    struct irq_line *line = &lines[irq];
    error_t err = ERR_ALREADY_EXISTS;
    spin_lock(&irq_lock);
    if (find_owner(line, task->tid) < 0) {
        int slot = find_owner(line, 0);
        err = slot < 0 ? ERR_IN_USE : OK;
        if (err == OK) {
            line->owners[slot] = task->tid;
            if (!line->waiting) {
                board_irq_unmask(irq);
            }
        }
    }
    spin_unlock(&irq_lock);
    return err;
}

/// An owner has dealt with the line. The caller holds irq_lock.
static void owner_done(unsigned irq, int owner) {
    struct irq_line *line = &lines[irq];
    if (line->waiting & (1u << owner)) {
        line->waiting &= ~(1u << owner);
        if (!line->waiting && has_owner(line)) {
            board_irq_unmask(irq);
        }
    }
}

/// The caller holds irq_lock.
static void remove_owner(unsigned irq, int owner) {
    struct irq_line *line = &lines[irq];
    line->owners[owner] = 0;
    owner_done(irq, owner);
    if (!has_owner(line)) {
        board_irq_mask(irq);
    }
}

error_t irq_release(unsigned irq) {
    if (irq >= CONFIG_NUM_IRQS) {
        return ERR_INVALID_ARG;
    }
    spin_lock(&irq_lock);
    int owner = find_owner(&lines[irq], current_task()->tid);
    if (owner >= 0) {
        remove_owner(irq, owner);
    }
    spin_unlock(&irq_lock);
    return owner < 0 ? ERR_NOT_FOUND : OK;
}

void irq_release_all(struct task *task) {
    spin_lock(&irq_lock);
    for (unsigned irq = 0; irq < CONFIG_NUM_IRQS; irq++) {
        int owner = find_owner(&lines[irq], task->tid);
        if (owner >= 0) {
            remove_owner(irq, owner);
        }
    }
    spin_unlock(&irq_lock);
}

void irq_unmask_done(struct task *task) {
    // Cleared first: a line that fires from here on sets it again.
    __atomic_store_n(&task->irq_pending, false, __ATOMIC_SEQ_CST);
    spin_lock(&irq_lock);
    for (unsigned irq = 0; irq < CONFIG_NUM_IRQS; irq++) {
        int owner = lines[irq].waiting ? find_owner(&lines[irq], task->tid) : -1;
        // A notification that is still to be received belongs to an interrupt not yet seen.
        if (owner >= 0 && !(task->notifications & NOTIFY_IRQ)) {
            owner_done(irq, owner);
        } else if (owner >= 0) {
            task->irq_pending = true;
        }
    }
    spin_unlock(&irq_lock);
}

/// Marks a line as fired and lists whom to tell.
static int note_fired(unsigned irq, task_t owners[IRQ_OWNERS]) {
    struct irq_line *line = &lines[irq];
    int num = 0;
    spin_lock(&irq_lock);
    line->count++;
    board_irq_mask(irq);
    for (int i = 0; i < IRQ_OWNERS; i++) {
        if (line->owners[i]) {
            line->waiting |= 1u << i;
            owners[num++] = line->owners[i];
        }
    }
    spin_unlock(&irq_lock);
    return num;
}

static void tell_owner(task_t tid) {
    struct task *task = task_acquire(tid);
    if (task) {
        task->irq_pending = true;
        cpu_release();
    }
    ipc_notify_from_kernel(tid, NOTIFY_IRQ);
}

void kernel_irq(unsigned irq) {
    if (irq >= CONFIG_NUM_IRQS) {
        return;
    }
    if ((int) irq == board_console_irq()) {
        lines[irq].count++;
        console_input();
        return;
    }
    task_t owners[IRQ_OWNERS];
    int num = note_fired(irq, owners);
    for (int i = 0; i < num; i++) {
        tell_owner(owners[i]);
    }
}

uint32_t irq_count(unsigned irq, task_t *owner) {
    *owner = 0;
    for (int i = 0; i < IRQ_OWNERS && !*owner; i++) {
        *owner = lines[irq].owners[i];
    }
    return lines[irq].count;
}
