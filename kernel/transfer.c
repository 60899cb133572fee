#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/transfer.h>
#include <string.h>

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
    error_t err = has_ool(type) ? transfer_check_ool(type, m->ool_len) : OK;
    return IS_ERROR(err) ? err : TRANSFER_HELD;
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

// ---- Out-of-line payloads -----------------------------------------------------------------------

// A payload is copied once, by the receiver, from the sender's pages (which are looked up in its page
// tables) into its own buffer (which it writes as any user memory). The sender is blocked meanwhile. A
// page is copied under the locks, then others get their turn; what has been done is kept in the
// receiver, so that its own faults and interrupts cost no copy again. A page that the sender lacks
// does: the sender takes the fault itself, and sends anew.

/// Where the bytes of a blocked task are. On failure, notes what it has to fault on.
static error_t find_page(struct task *task, vaddr_t vaddr, const uint8_t **ptr) {
    paddr_t paddr;
    unsigned flags;
    vaddr_t page = ALIGN_DOWN(vaddr, PAGE_SIZE);
    error_t err = ERR_NOT_FOUND;
    if (arch_is_user_page(page)) {
        spin_lock(&task->aspace->lock);
        err = arch_aspace_lookup(task->aspace, page, &paddr, &flags);
        spin_unlock(&task->aspace->lock);
    }
    if (IS_ERROR(err) || !memory_is_ram(paddr)) {
        task->fault.vaddr = vaddr;
        task->fault.flags = 0;
        return ERR_NOT_FOUND;
    }
    *ptr = (const uint8_t *) arch_ram_ptr(paddr) + (vaddr - page);
    return OK;
}

/// Begins with the payload of `sender`, or goes on where it was.
static void begin_payload(struct task *task, const struct task *sender, vaddr_t to, size_t len) {
    if (task->ool_from != sender->tid || task->ool_from_buf != to || task->ool_done > len) {
        task->ool_from = sender->tid;
        task->ool_from_buf = to;
        task->ool_done = 0;
    }
}

/// The current task's buffer isn't there: its pager has to be asked, if the sender can wait for that.
static error_t fault_on_buffer(struct task *task, struct task *sender) {
    bool is_reply = (ipc_flags(sender) & IPC_REPLY) != 0;
    if ((is_reply && task->pager != INIT_TASK) || task->pager == sender->tid) {
        // A pager that never answers must not hold up the server that replies; and a pager can't
        // answer while it sends to the very task.
        task->ool_from = 0;
        return ERR_ABORTED;
    }
    memory_note_fault(task);
    ipc_restart_receive(task);
    return SYSCALL_PENDING;
}

/// Pulls the payload of `sender` to where the current task wants it, a piece a call.
static error_t pull_ool(struct task *sender, vaddr_t to) {
    struct task *task = current_task();
    size_t len = sender->msg.ool_len;
    begin_payload(task, sender, to, len);
    if (task->ool_done == len) {
        return OK;
    }
    vaddr_t from = (vaddr_t) sender->msg.ool_ptr + task->ool_done;
    size_t piece = MIN(len - task->ool_done, PAGE_SIZE - from % PAGE_SIZE);
    const uint8_t *src;
    error_t err = find_page(sender, from, &src);
    if (IS_ERROR(err)) {
        return err;
    }
    if (!arch_copy_to_user(to + task->ool_done, src, piece)) {
        return fault_on_buffer(task, sender);
    }
    task->ool_done += piece;
    return task->ool_done == len ? OK : ERR_TRY_AGAIN;
}

error_t transfer_receive_ool(struct task *sender) {
    struct task *task = current_task();
    struct message *m = &sender->msg;
    struct ool_buffer buf = {NULL, 0};
    vaddr_t user_buf = ipc_user_ool(task);
    if (user_buf && !arch_copy_from_user(&buf, user_buf, sizeof(buf))) {
        return fault_on_buffer(task, sender);
    }
    error_t err = m->ool_len > buf.capacity ? ERR_TOO_LARGE : pull_ool(sender, (vaddr_t) buf.ptr);
    if (err == SYSCALL_PENDING || err == ERR_TRY_AGAIN) {
        return err;
    }
    task->ool_from = 0;
    if (err == OK) {
        m->ool_ptr = m->ool_len ? buf.ptr : NULL;
        memcpy(transfer_buffer(task), m,
               MESSAGE_HEADER_SIZE + MAX(MSG_LEN(m->type), IPC_REG_BYTES));
    }
    return err;
}
