#include <kernel/board.h>
#include <kernel/irq.h>
#include <kernel/rights.h>
#include <string.h>

#ifdef CONFIG_MMU

/// A range of interrupt lines, ports or device memory that a task may use. Ranges of one task and kind that
/// touch are one: what the task holds of any place ends where one grant does. A grant ends with its task.
struct grant {
    uint16_t key;  ///< Whose it is, and of which kind: key_of(). 0: free.
    uintptr_t base;
    uintptr_t len;
};

#    define KIND_SHIFT 12
STATIC_ASSERT(CONFIG_NUM_TASKS < (1 << KIND_SHIFT), "a key can't name that many slots");

static struct grant grants[CONFIG_NUM_GRANTS];
static struct spinlock grants_lock;

static uint16_t key_of(const struct task *task, enum grant_kind kind) {
    return (uint16_t) (TASK_SLOT((unsigned) task->tid) | ((unsigned) kind << KIND_SHIFT));
}

__noinline uintptr_t rights_end(const struct task *task, enum grant_kind kind, uintptr_t base) {
    uint16_t key = key_of(task, kind);
    uintptr_t end = base;
    spin_lock(&grants_lock);
    for (const struct grant *grant = grants; grant < &grants[CONFIG_NUM_GRANTS]; grant++) {
        if (UNLIKELY(grant->key == key) && base - grant->base < grant->len) {
            end = grant->base + grant->len;
            break;
        }
    }
    spin_unlock(&grants_lock);
    return end;
}

bool rights_covers(const struct task *task, enum grant_kind kind, uintptr_t base, uintptr_t len) {
    return len <= rights_end(task, kind, base) - base;
}

void rights_for_each(const struct task *task, enum grant_kind kind,
                     void (*callback)(uintptr_t base, uintptr_t len, void *arg), void *arg) {
    uint16_t key = key_of(task, kind);
    spin_lock(&grants_lock);
    for (const struct grant *grant = grants; grant < &grants[CONFIG_NUM_GRANTS]; grant++) {
        if (UNLIKELY(grant->key == key)) {
            callback(grant->base, grant->len, arg);
        }
    }
    spin_unlock(&grants_lock);
}

static error_t add_range(struct task *task, enum grant_kind kind, uintptr_t base, uintptr_t len) {
    uint16_t key = key_of(task, kind);
    uintptr_t end = base + len;
    struct grant *free = NULL;
    spin_lock(&grants_lock);
    for (struct grant *grant = grants; grant < &grants[CONFIG_NUM_GRANTS]; grant++) {
        uintptr_t grant_end = (uintptr_t) grant->base + grant->len;
        if (grant->key == key && grant->base <= end && base <= grant_end) {
            base = MIN(base, grant->base);
            end = MAX(end, grant_end);
            grant->key = 0;
        }
        if (!grant->key && !free) {
            free = grant;
        }
    }
    if (free) {
        *free = (struct grant){key, base, end - base};
    }
    spin_unlock(&grants_lock);
    arch_ports_changed(task);
    return free ? OK : ERR_NO_MEMORY;
}

/// Ends what a task holds.
static void remove_ranges(const struct task *task) {
    spin_lock(&grants_lock);
    for (int i = 0; i < CONFIG_NUM_GRANTS; i++) {
        if ((grants[i].key & ((1u << KIND_SHIFT) - 1)) == TASK_SLOT((unsigned) task->tid)) {
            grants[i].key = 0;
        }
    }
    spin_unlock(&grants_lock);
}

static bool is_remembered(enum grant_kind kind __unused) {
    return true;
}

#else

// Without an MMU device memory can't be kept from anybody: vm looks at the manifest, and the kernel has only
// interrupt lines to remember.

static uint32_t lines[CONFIG_NUM_TASKS];  ///< Of each slot: a bit a line.
STATIC_ASSERT(CONFIG_NUM_IRQS <= 32, "an element can't name that many lines");

static uint32_t *lines_of(const struct task *task) {
    return &lines[TASK_SLOT(task->tid) - 1];
}

static uint32_t mask_of(uintptr_t base, uintptr_t len) {
    return ((2u << (len - 1)) - 1) << base;
}

static bool is_remembered(enum grant_kind kind) {
    return kind == GRANT_IRQ;
}

/// The caller has checked the range, which is not empty.
bool rights_covers(const struct task *task, enum grant_kind kind, uintptr_t base, uintptr_t len) {
    return is_remembered(kind) && !(mask_of(base, len) & ~*lines_of(task));
}

static error_t add_range(struct task *task, enum grant_kind kind __unused, uintptr_t base,
                         uintptr_t len) {
    *lines_of(task) |= mask_of(base, len);
    return OK;
}

static void remove_ranges(const struct task *task) {
    *lines_of(task) = 0;
}

#endif

static error_t check_range(unsigned kind, uintptr_t base, uintptr_t len) {
    if (!len || base + len < base) {
        return ERR_INVALID_ARG;
    }
    switch (kind) {
    case GRANT_IRQ:
        return base + len <= CONFIG_NUM_IRQS ? OK : ERR_INVALID_ARG;
    case GRANT_PORTS:
        return base + len <= 0x10000 ? OK : ERR_INVALID_ARG;
    case GRANT_MMIO:
        return board_owns_mmio(base, len) ? ERR_NOT_PERMITTED : OK;
    default:
        return ERR_INVALID_ARG;
    }
}

/// Ranges: from whoever holds them, or vm.
static error_t grant_range(struct task *task, enum grant_kind kind, uintptr_t base, uintptr_t len) {
    struct task *granter = current_task();
    error_t err = check_range(kind, base, len);
    if (IS_ERROR(err)) {
        return err;
    }
    if (!(granter->flags & TASK_RIGHT_PHYS) && !rights_covers(granter, kind, base, len)) {
        return ERR_NOT_PERMITTED;
    }
    if (!is_remembered(kind) || rights_covers(task, kind, base, len)) {
        return OK;
    }
    return add_range(task, kind, base, len);
}

/// Whom a task may call is to be looked up anew.
static void forget_peer(struct task *task __unused) {
#ifdef CONFIG_MMU
    __atomic_store_n(&task->peer_tid, 0, __ATOMIC_RELAXED);
#endif
}

/// Who a task is for others, and whom it may call: from vm only.
static error_t grant_peer(struct task *task, unsigned kind, uintptr_t server) {
    if (!(current_task()->flags & TASK_RIGHT_PHYS)) {
        return ERR_NOT_PERMITTED;
    }
    if (server >= NUM_SERVERS_MAX) {
        return ERR_INVALID_ARG;
    }
    if (kind == GRANT_SERVER) {
        task->server = server;
        for (int i = 0; i < CONFIG_NUM_TASKS; i++) {
            forget_peer(&tasks[i]);
        }
    } else {
        task->may_call[RIGHTS_WORD(server)] |= 1u << (server % 32);
    }
    return OK;
}

error_t rights_grant(task_t tid, unsigned kind, uintptr_t base, uintptr_t len) {
    struct task *task = task_acquire(tid);
    if (!task) {
        return ERR_INVALID_TASK;
    }
    error_t err = (kind == GRANT_SERVER || kind == GRANT_CALL)
                      ? grant_peer(task, kind, base)
                      : grant_range(task, (enum grant_kind) kind, base, len);
    cpu_release();
    return err;
}

void rights_inherit(struct task *task, const struct task *creator) {
    task->server = creator->server;
    memcpy(task->may_call, creator->may_call, sizeof(task->may_call));
}

void rights_revoke_all(struct task *task) {
    remove_ranges(task);
    for (unsigned i = 0; i < sizeof(task->may_call) / sizeof(task->may_call[0]); i++) {
        task->may_call[i] = 0;
    }
    forget_peer(task);  // It may still run, on a CPU that hasn't heard of its end.
}
