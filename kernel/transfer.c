#include <kernel/fastpath.h>
#include <kernel/ipc.h>
#include <kernel/loan.h>
#include <kernel/memory.h>
#include <kernel/transfer.h>
#include <string.h>

// ---- Out-of-line payloads -----------------------------------------------------------------------

// A payload is copied once, from the sender's pages to the receiver's, which are looked up in their page
// tables: pages of a task that doesn't run are unmapped under its CPU's lock only. If the receiver waits
// on this CPU, the sender copies as much as it may, and is done with most payloads. What is left, the
// receiver copies while the sender is blocked. What has been done is kept in the receiver. A page that
// somebody lacks, that task faults on: the sender sends anew, the receiver goes on where it was.

/// What one entry copies at most. Machines move about eight bytes an instruction, and interrupts wait for
/// less than 5,000.
#define COPY_BUDGET ((size_t) 22 << 10)

/// Looks up a page that wasn't found at once.
static __noinline uint8_t *look_up(struct task *task, vaddr_t vaddr, bool write, size_t *len) {
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    paddr_t paddr;
    unsigned flags;
    error_t err = ERR_NOT_FOUND;
    if (arch_is_user_page(page)) {
        spin_lock(&task->aspace->lock);
        err = arch_aspace_lookup(task->aspace, page, &paddr, &flags);
        spin_unlock(&task->aspace->lock);
    }
    if (err == OK && memory_is_ram(paddr) && (!write || (flags & MAP_W))) {
        *len = MIN(*len, PAGE_SIZE - (vaddr - page));
        return (uint8_t *) arch_ram_ptr(paddr) + (vaddr - page);
    }
    task->fault.vaddr = vaddr;
    task->fault.flags = (write ? FAULT_WRITE : 0) | (err == OK ? FAULT_PRESENT : 0);
    return NULL;
}

/// The kernel's pointer to what a task has at `vaddr`, to be read or written, and how much of *len is there
/// in a row. NULL: the task has to fault there, as is noted in it.
static ALWAYS_INLINE uint8_t *find_bytes(struct task *task, vaddr_t vaddr, bool write,
                                         size_t *len) {
    uint8_t *ptr = arch_fast_run(task->aspace, vaddr, write, len);
    return LIKELY(ptr) ? ptr : look_up(task, vaddr, write, len);
}

uint8_t *transfer_find_bytes(struct task *task, vaddr_t vaddr, bool write, size_t *len) {
    return find_bytes(task, vaddr, write, len);
}

/// Begins with the payload of `sender`, or goes on where the receiver was.
static void begin_payload(struct task *receiver, const struct task *sender, vaddr_t to,
                          size_t len) {
    if (receiver->ool_from != sender->tid || receiver->ool_from_buf != to
        || receiver->ool_done > len) {
        receiver->ool_from = sender->tid;
        receiver->ool_from_buf = to;
        receiver->ool_done = 0;
    }
}

/// Copies `budget` bytes at most of what is left of a payload at `from`. Returns what transfer_push() does.
static ALWAYS_INLINE error_t copy_payload(struct task *sender, vaddr_t from, size_t len,
                                          struct task *receiver, size_t budget) {
    size_t done = receiver->ool_done;
    size_t left = MIN(len - done, budget);
    error_t err = done + left == len ? OK : ERR_TRY_AGAIN;
    vaddr_t to = receiver->ool_from_buf + done;
    const uint8_t *src = NULL;
    uint8_t *dst = NULL;
    size_t num_src = 0, num_dst = 0;
    from += done;
    done += left;
    while (left) {
        if (!num_src) {
            num_src = left;
            src = find_bytes(sender, from, false, &num_src);
            from += num_src;
            if (UNLIKELY(!src)) {
                err = ERR_NOT_FOUND;
                break;
            }
        }
        if (!num_dst) {
            num_dst = left;
            dst = find_bytes(receiver, to, true, &num_dst);
            to += num_dst;
            if (UNLIKELY(!dst)) {
                err = ERR_NO_BUFFER;
                break;
            }
        }
        size_t piece = MIN(num_src, num_dst);
        arch_copy_ram(dst, src, piece);
        src += piece;
        dst += piece;
        num_src -= piece;
        num_dst -= piece;
        left -= piece;
    }
    receiver->ool_done = done - left;
    return err;
}

error_t transfer_push(struct task *task, struct task *dst, vaddr_t from, size_t len, vaddr_t *to) {
    vaddr_t user_buf = ipc_user_ool(dst);
    if (UNLIKELY(!IS_ALIGNED(user_buf, sizeof(struct ool_buffer)))) {
        return ERR_NO_BUFFER;  // It may lie in two pages.
    }
    size_t some = 1;
    const struct ool_buffer *buf = (const void *) find_bytes(dst, user_buf, false, &some);
    if (UNLIKELY(!buf) || UNLIKELY(len > buf->capacity)) {
        return ERR_NO_BUFFER;
    }
    *to = (vaddr_t) buf->ptr;
    begin_payload(dst, task, *to, len);
    error_t err = copy_payload(task, from, len, dst, COPY_BUDGET);
    if (err == OK) {
        dst->ool_from = 0;
    }
    return err;
}

/// The current task has read a message with a payload into its `msg`: sends it to `dst`, which waits on
/// this CPU. Returns what transfer_send() does.
static error_t send_ool(struct task *task, struct task *dst) {
    struct message *m = &task->msg;
    vaddr_t to;
    error_t err = (m->type & MSG_LOAN)
                      ? loan_begin(task, dst, &to)
                      : transfer_push(task, dst, (vaddr_t) m->ool_ptr, m->ool_len, &to);
    if (err == ERR_NOT_FOUND) {
        // Who knows what it sends after that.
        dst->ool_from = 0;
        task->work |= WORK_FAULT;
        arch_syscall_restart(task);
        return SYSCALL_PENDING;
    }
    // One who may be told that nobody waits any more mustn't leave half a payload.
    bool will_wait = !(ipc_flags(task) & (IPC_NOBLOCK | IPC_REPLY));
    if (err == ERR_TRY_AGAIN && (will_wait || dst->waits_for == task->tid)) {
        arch_syscall_restart(task);
        return SYSCALL_PENDING;
    }
    if (err != OK) {
        return TRANSFER_HELD;
    }
    m->ool_ptr = m->ool_len ? (void *) to : NULL;
    memcpy(transfer_buffer(dst), m, MESSAGE_HEADER_SIZE + MAX(MSG_LEN(m->type), IPC_REG_BYTES));
    return OK;
}

/// A page of the current task's isn't there, as its `fault` says: its pager has to be asked, if the sender
/// can wait for that.
static error_t fault_on_buffer(struct task *task, struct task *sender) {
    bool is_reply = (ipc_flags(sender) & IPC_REPLY) != 0;
    if ((is_reply && task->pager != INIT_TASK) || task->pager == sender->tid) {
        // A pager that never answers must not hold up the server that replies; and a pager can't
        // answer while it sends to the very task.
        return ERR_ABORTED;
    }
    task->work |= WORK_FAULT;
    ipc_restart_receive(task);
    return SYSCALL_PENDING;
}

/// Pulls the payload of `sender` to where the current task wants it. The lock of another CPU is held for a
/// page at a time.
static error_t pull_ool(struct task *sender, vaddr_t to) {
    struct task *task = current_task();
    struct message *m = &sender->msg;
    bool is_here = is_on(sender, this_cpu());
    begin_payload(task, sender, to, m->ool_len);
    error_t err = copy_payload(sender, (vaddr_t) m->ool_ptr, m->ool_len, task,
                               is_here ? COPY_BUDGET : PAGE_SIZE);
    if (err == ERR_NO_BUFFER) {
        return fault_on_buffer(task, sender);
    }
    if (err == ERR_TRY_AGAIN && is_here) {
        ipc_restart_receive(task);
        return SYSCALL_PENDING;
    }
    return err;
}

/// Reads where the current task wants the payload of `sender`.
static error_t read_buffer(struct task *task, struct task *sender, struct ool_buffer *buf) {
    vaddr_t user_buf = ipc_user_ool(task);
    if (user_buf && !arch_copy_from_user(buf, user_buf, sizeof(*buf))) {
        task->fault.vaddr = arch_copy_fault(&task->fault.flags);
        return fault_on_buffer(task, sender);
    }
    return OK;
}

/// The current task wants the payload of `sender`: *to.
static error_t copy_ool(struct task *task, struct task *sender, vaddr_t *to) {
    struct ool_buffer buf = {NULL, 0};
    error_t err = read_buffer(task, sender, &buf);
    if (err != OK) {
        return err;
    }
    *to = (vaddr_t) buf.ptr;
    return sender->msg.ool_len > buf.capacity ? ERR_TOO_LARGE : pull_ool(sender, *to);
}

/// The current task borrows what `sender` lends: *to.
static error_t borrow(struct task *task, struct task *sender, vaddr_t *to) {
    // An answer may just have ended another loan: as much again would take too long.
    bool begins = !(ipc_flags(task) & IPC_SEND);
    error_t err = begins ? loan_begin(sender, task, to) : ERR_TRY_AGAIN;
    if (err == ERR_NO_BUFFER) {
        return fault_on_buffer(task, sender);
    }
    if (err == ERR_TRY_AGAIN) {
        ipc_restart_receive(task);
        return SYSCALL_PENDING;
    }
    return err;
}

error_t transfer_receive_ool(struct task *sender) {
    struct task *task = current_task();
    struct message *m = &sender->msg;
    vaddr_t to = 0;
    error_t err = m->type & MSG_LOAN ? borrow(task, sender, &to) : copy_ool(task, sender, &to);
    if (err == SYSCALL_PENDING || err == ERR_TRY_AGAIN) {
        return err;
    }
    task->ool_from = 0;
    if (err == OK) {
        m->ool_ptr = m->ool_len ? (void *) to : NULL;
        memcpy(transfer_buffer(task), m,
               MESSAGE_HEADER_SIZE + MAX(MSG_LEN(m->type), IPC_REG_BYTES));
    }
    return err;
}

// ---- Messages -------------------------------------------------------------------------------------

/// Reads the current task's message into `m`: its words, and from its buffer what isn't in them.
static bool __mustuse read_message(struct task *task, struct message *m, int type) {
    m->type = type;
    m->src = task->tid;
    m->words[0] = transfer_word(task, type, 0);
    m->words[1] = transfer_word(task, type, 1);
    size_t len = MSG_LEN(type);
    return len <= IPC_REG_BYTES
           || arch_copy_from_user(m->raw + IPC_REG_BYTES,
                                  ipc_user_msg(task) + MESSAGE_HEADER_SIZE + IPC_REG_BYTES,
                                  len - IPC_REG_BYTES);
}

error_t transfer_send_other(struct task *task, struct task *dst, int type, bool ready) {
    bool now = ready && !has_ool(type);
    struct message *m = now ? &dst->msg : &task->msg;
    if (!read_message(task, m, type)) {
        return syscall_fault();
    }
    if (now) {
        dst->work |= WORK_DELIVER;
        return OK;
    }
    error_t err = OK;
    if (has_ool(type)) {
        err = (type & MSG_LOAN) ? loan_check(task) : transfer_check_ool(type, m->ool_len);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    return ready && is_on(dst, this_cpu()) ? send_ool(task, dst) : TRANSFER_HELD;
}

bool transfer_deliver(void) {
    struct task *task = current_task();
    struct message *m = &task->msg;
    size_t len = MSG_LEN(m->type);
    if (len > IPC_REG_BYTES
        && !arch_copy_to_user(ipc_user_msg(task) + MESSAGE_HEADER_SIZE + IPC_REG_BYTES,
                              m->raw + IPC_REG_BYTES, len - IPC_REG_BYTES)) {
        return false;
    }
    transfer_give(task, m->src, m->type, m->words[0], m->words[1]);
    return true;
}
