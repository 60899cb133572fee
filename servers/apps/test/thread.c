#include "thread.h"

#include <idl_client.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

#include "test.h"
#include "variant.h"

/// How long a thread may take to get into a state.
#define PATIENCE_MS 10000

struct thread {
    task_t tid;
    void (*run)(void);
    /// A message of its that was received by somebody who waited for something else.
    bool has_message;
    struct message message;
};

static struct thread threads[MAX_THREADS];
task_t main_task;

static struct thread *find_thread(task_t tid) {
    for (int i = 0; i < MAX_THREADS; i++) {
        if (threads[i].tid == tid) {
            return &threads[i];
        }
    }

    return NULL;
}

static unsigned index_of(const struct thread *thread) {
    return (unsigned) (thread - threads);
}

unsigned thread_index(task_t tid) {
    struct thread *thread = find_thread(tid);
    ASSERT(thread != NULL);
    return index_of(thread);
}

void threads_init(void) {
    main_task = task_self();
}

static task_t alloc_tid(void) {
    task_t tid;
    ASSERT_OK(call_task_alloc(INIT_TASK, main_task, &tid));
    return tid;
}

task_t thread_create(void (*run)(void), unsigned flags) {
    struct thread *thread = find_thread(0);
    ASSERT(thread != NULL);
    task_t tid = alloc_tid();
    ASSERT_OK(variant_create_task(index_of(thread), tid, main_task, flags));
    thread->run = run;
    thread->has_message = false;
    thread->tid = tid;
    return tid;
}

static task_t start_at(void (*run)(void), int priority) {
    task_t tid = thread_create(run, 0);
    ASSERT_OK(task_schedule(tid, priority));
    return tid;
}

task_t thread_start(void (*run)(void)) {
    return start_at(run, own_priority());
}

task_t thread_start_below(void (*run)(void)) {
    return start_at(run, own_priority() + 1);
}

static bool any_thread(void) {
    for (int i = 0; i < MAX_THREADS; i++) {
        if (threads[i].tid != 0) {
            return true;
        }
    }

    return false;
}

void thread_destroy(task_t tid) {
    struct thread *thread = find_thread(tid);
    ASSERT(thread != NULL);
    thread->tid = 0;
    CHECK_OK(task_destroy(tid));
    CHECK_OK(call_task_free(INIT_TASK, tid));
    if (!any_thread()) {
        variant_all_ended();
    }
}

void threads_end(void) {
    for (int i = 0; i < MAX_THREADS; i++) {
        if (threads[i].tid != 0) {
            thread_destroy(threads[i].tid);
        }
    }
}

__noreturn void thread_main(void) {
    // Not task_self(): the library remembers what it returned to the main task.
    find_thread(sys_task_self())->run();
    task_exit_with(THREAD_DONE);
}

bool thread_page_in(task_t tid, vaddr_t vaddr, unsigned fault) {
    return variant_page_in(thread_index(tid), tid, vaddr, fault);
}

void thread_resume(task_t tid) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = PAGE_FAULT_REPLY_MSG;
    ipc_reply(tid, &m);
}

/// Takes a message that was received before.
static bool take_kept(task_t src, struct message *m) {
    for (int i = 0; i < MAX_THREADS; i++) {
        struct thread *thread = &threads[i];
        if (thread->tid != 0 && thread->has_message && (src == IPC_ANY || src == thread->tid)) {
            *m = thread->message;
            thread->has_message = false;
            return true;
        }
    }

    return false;
}

/// Receives until there is something else than a page fault that can be served.
static error_t skip_faults(error_t err, task_t src, struct message *m) {
    while (err == OK && m->type == PAGE_FAULT_MSG
           && thread_page_in(m->src, m->page_fault.vaddr, m->page_fault.fault)) {
        thread_resume(m->src);
        bzero(m, sizeof(*m));
        err = ipc_recv(src, m);
    }

    return err;
}

bool thread_keep(const struct message *m) {
    struct thread *thread = find_thread(m->src);
    if (m->src == 0 || thread == NULL || thread->has_message) {
        return false;
    }

    thread->message = *m;
    thread->has_message = true;
    return true;
}

error_t thread_recv(task_t src, struct message *m) {
    if (take_kept(src, m)) {
        return OK;
    }

    bzero(m, sizeof(*m));
    return skip_faults(ipc_recv(src, m), src, m);
}

error_t thread_replyrecv(task_t dst, struct message *m) {
    return skip_faults(ipc_replyrecv(dst, m), IPC_ANY, m);
}

void thread_rest(msec_t ms) {
    struct message m;
    CHECK_OK(timer_set(ms));
    CHECK_OK(thread_recv(IPC_ANY, &m));
    CHECK_EQ(m.type, NOTIFICATIONS_MSG);
}

static bool get_info(task_t tid, struct task_info *info) {
    error_t err = sys_info(INFO_TASK, TASK_SLOT(tid), info, sizeof(*info));
    return err > 0 && info->tid == tid;
}

enum task_state state_of(task_t tid) {
    struct task_info info;
    return get_info(tid, &info) ? (enum task_state) info.state : TASK_UNUSED;
}

int own_priority(void) {
    struct task_info info;
    ASSERT(get_info(main_task, &info));
    return info.priority;
}

task_t find_task(const char *name) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    for (unsigned slot = 1; slot <= kernel.num_tasks; slot++) {
        struct task_info info;
        error_t err = sys_info(INFO_TASK, (int) slot, &info, sizeof(info));
        if (err > 0 && strcmp(info.name, name) == 0) {
            return info.tid;
        }
    }

    return 0;
}

/// Receives the page fault of a thread that is in one.
static void serve_fault(struct thread *thread) {
    // A task that has faulted can send nothing else. NOBLOCK: we may have had it already.
    struct message *m = &thread->message;
    if (raw_ipc(0, thread->tid, m, IPC_RECV | IPC_NOBLOCK) != OK) {
        return;
    }

    if (thread_page_in(thread->tid, m->page_fault.vaddr, m->page_fault.fault)) {
        thread_resume(thread->tid);
    } else {
        thread->has_message = true;
    }
}

void thread_serve_faults(void) {
    for (int i = 0; i < MAX_THREADS; i++) {
        struct thread *thread = &threads[i];
        if (thread->tid != 0 && !thread->has_message && state_of(thread->tid) == TASK_FAULTED) {
            serve_fault(thread);
        }
    }
}

bool thread_wait_state(task_t tid, enum task_state state) {
    uint64_t deadline = sys_clock() + PATIENCE_MS;
    while (state_of(tid) != state) {
        thread_serve_faults();
        if (sys_clock() > deadline) {
            check_failed(__FILE__, __LINE__, "thread %d is in state %d, expected %d", tid,
                         state_of(tid), state);
            return false;
        }
    }

    return true;
}

bool thread_wait_blocked(task_t tid) {
    struct thread *thread = find_thread(tid);
    while (true) {
        enum task_state state = state_of(tid);
        if (thread->has_message || state == TASK_STOPPED || state == TASK_SENDING) {
            return false;
        }

        if (state == TASK_RECEIVING) {
            return true;
        }

        thread_serve_faults();
    }
}

void thread_expect_exception(task_t tid, int exception, int *value) {
    struct message m;
    if (!CHECK_OK(thread_recv(tid, &m)) || !CHECK_EQ(m.type, EXCEPTION_MSG)) {
        return;
    }

    CHECK_EQ(m.src, tid);
    CHECK_EQ(m.exception.task, tid);
    CHECK_EQ(m.exception.exception, exception);
    if (value != NULL) {
        *value = m.exception.value;
    }
}

void thread_join(task_t tid) {
    int status = 0;
    thread_expect_exception(tid, EXP_EXIT, &status);
    CHECK_EQ(status, THREAD_DONE);
    thread_destroy(tid);
}

error_t raw_ipc(task_t dst, task_t src, struct message *m, unsigned flags) {
    bool open = (flags & IPC_RECV) && src == IPC_ANY;
    return sys_ipc((dst || open) ? dst : src, m, flags | (open ? IPC_OPEN : 0), NULL);
}
