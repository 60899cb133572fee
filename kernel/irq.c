#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/ipc.h>
#include <kernel/irq.h>
#include <kernel/rights.h>

/// A task that has acquired a line.
struct irq_owner {
    uint16_t slot;  ///< Of the task; 0: unused.
    uint16_t line;  ///< Its number, and SHARED: it has, or has had, other owners, too.
};
#define SHARED 0x8000u
STATIC_ASSERT(CONFIG_NUM_IRQS <= SHARED, "a line's number and the bit don't overlap");

/// An entry is at the place of its line, or at the first free one behind it.
static struct irq_owner owners[CONFIG_NUM_IRQ_OWNERS];
#define NUM_WORDS ((CONFIG_NUM_IRQ_OWNERS + 31) / 32)
/// A bit an entry: its owner has been notified and has not come back, the line is masked.
static uint32_t waiting[NUM_WORDS];
static struct spinlock irq_lock;

#ifdef CONFIG_KDEBUG_COMMANDS
static uint32_t counts[CONFIG_NUM_IRQS];
#endif

#define OWNERS_END (&owners[CONFIG_NUM_IRQ_OWNERS])
/// A small part's: it is looked through as a whole, in as little code as that takes.
#define SMALL_TABLE (CONFIG_NUM_IRQ_OWNERS <= 8)

static unsigned irq_of(const struct irq_owner *owner) {
    return owner->line & (SHARED - 1);
}

static unsigned home_of(unsigned irq) {
    return irq % CONFIG_NUM_IRQ_OWNERS;
}

static uint32_t *word_of(const struct irq_owner *owner) {
    return &waiting[NUM_WORDS > 1 ? (owner - owners) / 32 : 0];
}

static uint32_t bit_of(const struct irq_owner *owner) {
    return 1u << ((owner - owners) % 32);
}

static bool is_waiting(const struct irq_owner *owner) {
    return (*word_of(owner) & bit_of(owner)) != 0;
}

static void set_waiting(const struct irq_owner *owner) {
    *word_of(owner) |= bit_of(owner);
}

static void clear_waiting(const struct irq_owner *owner) {
    *word_of(owner) &= ~bit_of(owner);
}

/// The next entry of a line from `owner` on, or NULL.
static struct irq_owner *next_owner(struct irq_owner *owner, unsigned irq) {
    for (; owner < OWNERS_END; owner++) {
        if (owner->slot && irq_of(owner) == irq) {
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
        if (is_waiting(owner)) {
            return;
        }
    }
    if (first) {
        board_irq_unmask(irq);
    } else {
        board_irq_mask(irq);
    }
}

/// Owners of one line, at most: all are told at once, while other interrupts wait.
#define MAX_SHARERS 16

/// Whether another task may acquire a line.
static error_t __mustuse check_owners(unsigned irq, task_t tid) {
    unsigned num = 0;
    for (struct irq_owner *owner = owners; (owner = next_owner(owner, irq)) != NULL; owner++) {
        if (owner->slot == TASK_SLOT(tid)) {
            return ERR_ALREADY_EXISTS;
        }
        num++;
    }
    return CONFIG_NUM_IRQ_OWNERS <= MAX_SHARERS || num < MAX_SHARERS ? OK : ERR_IN_USE;
}

/// The caller holds irq_lock.
static error_t __mustuse add_owner(unsigned irq, task_t tid) {
    error_t err = check_owners(irq, tid);
    if (err != OK) {
        return err;
    }
    for (unsigned i = 0; i < CONFIG_NUM_IRQ_OWNERS; i++) {
        struct irq_owner *owner = &owners[home_of(irq + i)];
        if (!owner->slot) {
            struct irq_owner *other = next_owner(owners, irq);
            owner->slot = TASK_SLOT(tid);
            owner->line = irq;
            if (other) {
                owner->line = other->line = irq | SHARED;
            }
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
static __noinline void remove_owner(struct irq_owner *owner) {
    unsigned irq = irq_of(owner);
    owner->slot = 0;
    clear_waiting(owner);
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

/// Lines that are released before interrupts get their turn.
#define RELEASES_AT_ONCE 4

bool irq_release_some(struct task *task) {
    int left = RELEASES_AT_ONCE;
    spin_lock(&irq_lock);
    for (struct irq_owner *owner = owners; owner < OWNERS_END && (SMALL_TABLE || left >= 0);
         owner++) {
        if (owner->slot == TASK_SLOT(task->tid) && (SMALL_TABLE || left-- > 0)) {
            remove_owner(owner);
        }
    }
    spin_unlock(&irq_lock);
    return SMALL_TABLE || left >= 0;
}

/// The owner of a line that has fired has come back. The caller holds irq_lock.
static void come_back(struct irq_owner *owner) {
    clear_waiting(owner);
    if (SMALL_TABLE || (owner->line & SHARED)) {
        unmask_if_done(irq_of(owner));
    } else {
        board_irq_unmask(owner->line);
    }
}

/// The same of those of a task's entries that are in a word of `waiting`.
static void come_back_with(struct task *task, unsigned word) {
    uint32_t bits = waiting[word];
    while (bits) {
        unsigned bit = 31 - (unsigned) __builtin_clz(bits);
        bits ^= 1u << bit;
        struct irq_owner *owner = &owners[32 * word + bit];
        if (owner->slot != TASK_SLOT(task->tid)) {
            continue;
        }
        // A notification that is still to be received belongs to an interrupt not yet seen.
        if (task->notifications & NOTIFY_IRQ) {
            task->irq_pending = true;
        } else {
            come_back(owner);
        }
    }
}

void irq_unmask_done(struct task *task) {
    // Cleared first: a line that fires from here on sets it again.
    __atomic_store_n(&task->irq_pending, false, FOR_OTHER_CPUS(__ATOMIC_SEQ_CST));
    spin_lock(&irq_lock);
    for (unsigned word = 0; word < NUM_WORDS; word++) {
        come_back_with(task, word);
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
        set_waiting(owner);
    }
    spin_unlock(&irq_lock);
}

/// Who is to be told of a line by this entry of the table, or 0.
static task_t waiting_task(const struct irq_owner *owner, unsigned irq) {
    spin_lock(&irq_lock);
    bool waits = irq_of(owner) == irq && is_waiting(owner);
    task_t tid = waits ? tasks[owner->slot - 1].tid : 0;
    spin_unlock(&irq_lock);
    return tid;
}

static void tell_here(struct cpu *cpu, struct task *task, unsigned irq);

/// Tells all owners of a line.
static void tell_owners(unsigned irq) {
    if (CONFIG_NUM_CPUS == 1 && SMALL_TABLE) {
        // None of them ends meanwhile, nor is one dying.
        for (struct irq_owner *owner = owners; (owner = next_owner(owner, irq)) != NULL; owner++) {
            set_waiting(owner);
            tell_here(this_cpu(), &tasks[owner->slot - 1], irq);
        }
        return;
    }
    mask_for_owners(irq);
    for (struct irq_owner *owner = owners; owner < OWNERS_END; owner++) {
        task_t tid = waiting_task(owner, irq);
        if (tid) {
            tell_owner(tid);
        }
    }
}

static void handle(unsigned irq) {
    if (irq >= CONFIG_NUM_IRQS) {
        return;
    }
    count(irq);
    if ((int) irq == board_console_irq()) {
        console_input();
    } else {
        tell_owners(irq);
    }
}

/// The only owner of a line, if it is a task of this CPU, whose lock is held, and if the table tells that
/// at first sight. NULL: it is not so.
static inline struct task *mark_only_owner(const struct cpu *cpu, unsigned irq) {
    struct irq_owner *owner = &owners[home_of(irq)];
    if (!owner->slot || owner->line != irq) {
        return NULL;
    }
    struct task *task = &tasks[owner->slot - 1];
    __asm__("" : "+r"(task));  // Keeps the compiler from finding it twice.
    if (!is_on(task, cpu)) {
        return NULL;
    }
    set_waiting(owner);
    return task;
}

/// The line of a task of this CPU, whose lock is held: the task neither comes back nor ends until it is
/// dropped.
static __noinline void tell_here(struct cpu *cpu, struct task *task, unsigned irq) {
    task->irq_pending = true;
    task->attention = true;
    board_irq_mask(irq);
    fastpath_interrupt(cpu, task);
}

static __noinline void tell_elsewhere(struct cpu *cpu, unsigned irq) {
    cpu_release_this(cpu);
    handle(irq);
}

void kernel_irq(unsigned irq) {
    struct cpu *cpu = this_cpu();
    spin_lock(&cpu->lock);
    spin_lock(&irq_lock);
    struct task *task = mark_only_owner(cpu, irq);
    spin_unlock(&irq_lock);
    if (LIKELY(task)) {
        count(irq);
        tell_here(cpu, task, irq);
    } else {
        tell_elsewhere(cpu, irq);
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
