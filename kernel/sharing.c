#include <kernel/sharing.h>
#include <kernel/task.h>

#ifdef CONFIG_COUNT_SHARING

// What a CPU's lock guards, another CPU writes only while it holds that lock. So there is no need to watch
// the writes: a message that finds that another CPU has been there shares a line, that of the lock at least.

void sharing_begin(struct cpu *cpu) {
    cpu->sharing.in_message = true;
}

void sharing_end(struct cpu *cpu) {
    cpu->sharing.in_message = false;
}

/// Others read the counters at any time.
static void count(uint64_t *counter) {
    __atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

/// The CPU that a lock belongs to, or NULL.
static struct cpu *owner_of(const struct spinlock *lock) {
    uintptr_t offset = (uintptr_t) lock - (uintptr_t) cpus;
    return offset < sizeof(cpus) ? &cpus[offset / sizeof(cpus[0])] : NULL;
}

void sharing_note_lock(const struct spinlock *lock) {
    struct cpu *self = this_cpu();
    struct cpu *owner = owner_of(lock);
    bool in_message = self->sharing.in_message;
    if (owner != self) {
        if (in_message) {
            count(&self->sharing.locks);
        }
        if (owner) {
            owner->sharing.visited = true;
        }
    } else if (in_message && self->sharing.visited) {
        count(&self->sharing.writes);
        self->sharing.visited = false;
    }
}

void sharing_note_write(void) {
    struct cpu *self = this_cpu();
    if (self->sharing.in_message) {
        count(&self->sharing.writes);
    }
}

#endif
