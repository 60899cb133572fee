#include <kernel/ipc.h>
#include <kernel/memory.h>
#include <kernel/transfer.h>
#include <string.h>

error_t transfer_send_other(struct task *task, struct task *dst, int type, bool ready) {
    struct message *m = &task->msg;
    if (!transfer_read(task, m, type)) {
        return syscall_fault();
    }
    if (has_ool(type)) {
        error_t err = transfer_check_ool(type, m->ool_len);
        if (IS_ERROR(err)) {
            return err;
        }
        if (ready && m->ool_len > ipc_ool_cap(dst)) {
            return ERR_TOO_LARGE;
        }
    }
    return TRANSFER_HELD;
}

bool transfer_deliver(void) {
    struct task *task = current_task();
    struct message *m = &task->msg;
    return arch_copy_to_user(ipc_user_msg(task), m, MESSAGE_HEADER_SIZE + MSG_LEN(m->type));
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

/// Pulls the payload of `sender` into the buffer of the current task, a piece a call.
static error_t pull_ool(struct task *sender) {
    struct task *task = current_task();
    size_t len = sender->msg.ool_len;
    if (task->ool_from != sender->tid || task->ool_from_buf != ipc_ool_buf(task)
        || task->ool_done > len) {
        task->ool_from = sender->tid;
        task->ool_from_buf = ipc_ool_buf(task);
        task->ool_done = 0;
    }
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
    if (!arch_copy_to_user(ipc_ool_buf(task) + task->ool_done, src, piece)) {
        bool is_reply = (ipc_flags(sender) & IPC_REPLY) != 0;
        if ((is_reply && task->pager != INIT_TASK) || task->pager == sender->tid) {
            // A pager that never answers must not hold up the server that replies; and a pager can't
            // answer while it sends to the very task.
            return ERR_ABORTED;
        }
        memory_note_fault(task);
        ipc_restart_receive(task);
        return SYSCALL_PENDING;
    }
    task->ool_done += piece;
    return task->ool_done == len ? OK : ERR_TRY_AGAIN;
}

error_t transfer_receive_ool(struct task *sender) {
    struct task *task = current_task();
    const struct message *m = &sender->msg;
    error_t err = m->ool_len > ipc_ool_cap(task) ? ERR_TOO_LARGE : pull_ool(sender);
    if (err == SYSCALL_PENDING || err == ERR_TRY_AGAIN) {
        return err;
    }
    task->ool_from = 0;
    if (err == OK) {
        memcpy(transfer_buffer(task), m, MESSAGE_HEADER_SIZE + MSG_LEN(m->type));
        task->msg.ool_ptr = m->ool_len ? (void *) ipc_ool_buf(task) : NULL;
    }
    return err;
}
