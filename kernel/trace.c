#include <kernel/ipc.h>
#include <kernel/spinlock.h>
#include <kernel/trace.h>
#include <kernel/transfer.h>
#include <string.h>

#ifdef CONFIG_TRACE

// One ring for all CPUs: the order of its events is the order in which things happened. While events
// are recorded CPUs share its lock, which is what a kernel that doesn't record must not pay for.

bool trace_enabled;

static struct spinlock ring_lock;  // A leaf: taken after CPU locks.
static struct trace_event ring[CONFIG_TRACE_EVENTS];
static uint64_t num_recorded;

/// Begins an event, and takes the lock.
static struct trace_event *begin(enum trace_kind kind, task_t src, task_t dst) {
    spin_lock(&ring_lock);
    struct trace_event *event = &ring[num_recorded % CONFIG_TRACE_EVENTS];
    *event = (struct trace_event){
        .number = num_recorded,
        .time = arch_cycles(),
        .src = src,
        .dst = dst,
        .kind = (uint8_t) kind,
        .cpu = this_cpu()->id,
    };
    num_recorded++;
    return event;
}

static void end(void) {
    spin_unlock(&ring_lock);
}

/// `m` has all of the message but for what the sender, if there is one, has in its registers. It is not changed: where the
/// receiver has it already, its words may be others (the place of a loan).
static void copy_message(struct trace_event *event, const struct message *m, struct task *src) {
    int type = src ? transfer_type(src) : m->type;
    uintptr_t words[] = {m->words[0], m->words[1]};
    if (src) {
        words[0] = transfer_word(src, type, 0);
        words[1] = transfer_word(src, type, 1);
    }
    event->type = type;
    event->data_len = (uint8_t) MIN(MSG_LEN(type), sizeof(event->data));
    memcpy(event->data, m->raw, event->data_len);
    memcpy(event->data, words, MIN((size_t) event->data_len, sizeof(words)));
    if (type >= 0 && (type & (MSG_OOL | MSG_LOAN))) {
        event->ool_len = (uint32_t) words[1];
    }
}

static enum trace_kind kind_of_message(unsigned flags) {
    if (flags & IPC_REPLY) {
        return TRACE_REPLY;
    }
    return (flags & (IPC_RECV | IPC_NOBLOCK)) == IPC_RECV ? TRACE_CALL : TRACE_SEND;
}

void trace_record_message(struct task *src, struct task *dst, bool delivered) {
    enum trace_kind kind = kind_of_message(ipc_flags(src));
    if (kind == TRACE_CALL && ipc_src(src) != dst->tid) {
        kind = TRACE_SEND;
    }
    struct trace_event *event = begin(kind, src->tid, dst->tid);
    event->delivered = delivered;
    copy_message(event, delivered ? &dst->msg : &src->msg, src);
    end();
}

void trace_record_receive(struct task *dst) {
    struct trace_event *event = begin(TRACE_RECEIVE, dst->msg.src, dst->tid);
    event->delivered = true;
    copy_message(event, &dst->msg, NULL);
    end();
}

void trace_record_report(struct task *task, bool delivered) {
    bool faulted = task->state == TASK_FAULTED;
    struct trace_event *event = begin(faulted ? TRACE_FAULT : TRACE_EXIT, task->tid, task->pager);
    uint64_t where[] = {task->fault.vaddr, arch_task_ip(task)};
    int32_t why[] = {task->exception, task->fault.value};
    event->delivered = delivered;
    event->type = faulted ? PAGE_FAULT_MSG : EXCEPTION_MSG;
    event->data_len = (uint8_t) (faulted ? sizeof(where) : sizeof(why));
    memcpy(event->data, faulted ? (void *) where : (void *) why, event->data_len);
    end();
}

void trace_record(enum trace_kind kind, task_t src, task_t dst, uint32_t value) {
    struct trace_event *event = begin(kind, src, dst);
    event->delivered = true;
    event->data_len = sizeof(value);
    memcpy(event->data, &value, sizeof(value));
    end();
}

void trace_record_created(task_t creator, const struct task *task) {
    struct trace_event *event = begin(TRACE_CREATE, creator, task->tid);
    STATIC_ASSERT(sizeof(event->data) >= TASK_NAME_LEN, "an event holds a task's name");
    event->delivered = true;
    event->data_len = TASK_NAME_LEN;
    memcpy(event->data, task->name, TASK_NAME_LEN);
    end();
}

// ---- The system call ----------------------------------------------------------------------------

/// Switches all CPUs to or from the ways that tell of what they do.
static void set_enabled(bool enabled) {
    trace_enabled = enabled;
    for (unsigned i = 0; i < CONFIG_NUM_CPUS; i++) {
        __atomic_store_n(&cpus[i].traced, enabled, __ATOMIC_RELAXED);
    }
}

static void start(void) {
    spin_lock(&ring_lock);
    num_recorded = 0;
    spin_unlock(&ring_lock);
    set_enabled(true);
}

/// Copies an event. False: there is none from `index` on.
static bool get(uintptr_t index, struct trace_event *event) {
    spin_lock(&ring_lock);
    uint64_t oldest = num_recorded - MIN(num_recorded, (uint64_t) CONFIG_TRACE_EVENTS);
    uint64_t number = MAX((uint64_t) index, oldest);
    bool found = number < num_recorded;
    if (found) {
        *event = ring[number % CONFIG_TRACE_EVENTS];
    }
    spin_unlock(&ring_lock);
    return found;
}

static intptr_t read(uintptr_t index, vaddr_t buf, size_t len) {
    struct trace_event event;
    if (!get(index, &event)) {
        return ERR_END;
    }
    if (!(current_task()->flags & TASK_RIGHT_DEBUG)) {
        event.data_len = 0;
        memset(event.data, 0, sizeof(event.data));
    }
    len = MIN(len, sizeof(event));
    return arch_copy_to_user(buf, &event, len) ? (intptr_t) len : syscall_fault();
}

intptr_t trace_syscall(unsigned what, uintptr_t index, vaddr_t buf, size_t len) {
    if (!(current_task()->flags & (TASK_RIGHT_DEBUG | TASK_RIGHT_TRACE))) {
        return ERR_NOT_PERMITTED;
    }
    switch (what) {
    case TRACE_STOP:
        set_enabled(false);
        return OK;
    case TRACE_START:
        start();
        return OK;
    case TRACE_READ:
        return read(index, buf, len);
    default:
        return ERR_INVALID_ARG;
    }
}

#endif
