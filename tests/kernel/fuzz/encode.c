#include "encode.h"

#include <message.h>
#include <stddef.h>
#include <string.h>

#include "../host.h"

#define INTERFACE 200

STATIC_ASSERT(MAIL_HEADER == MESSAGE_HEADER_SIZE, "the model is told how long a header is");

/// The type of a message as a number.
static int type_of(const struct mail *mail) {
    int len = (int) mail->len;
    switch (mail->kind == MAIL_USER ? mail->type : -1) {
    case TYPE_PLAIN:
        return MSG_TYPE(INTERFACE, mail->seed & 0xff, 0, MSG_OOL_NONE, len);
    case TYPE_BYTES:
        return MSG_TYPE(INTERFACE, 1, 0, MSG_OOL_BYTES, MAX(len, 16));
    case TYPE_STR:
        return MSG_TYPE(INTERFACE, 2, 0, MSG_OOL_STR, MAX(len, 16));
    case TYPE_ERROR:
        return ERR_NOT_FOUND;
    case TYPE_FAULT_REPLY:
        return PAGE_FAULT_REPLY_MSG;
    case TYPE_BAD_RESERVED:
        return MSG_TYPE(INTERFACE, 1, 0, MSG_OOL_NONE, len) | (1 << 26);
    case TYPE_BAD_KERNEL:
        return NOTIFICATIONS_MSG;
    case TYPE_BAD_OOL_LEN:
        return MSG_TYPE(INTERFACE, 1, 0, MSG_OOL_BYTES, 8);
    case TYPE_BAD_OOL_KIND:
        return MSG_TYPE(INTERFACE, 1, 0, 3, 16);
    default:
        return mail->kind == MAIL_NOTIFICATIONS ? NOTIFICATIONS_MSG
               : mail->kind == MAIL_FAULT       ? PAGE_FAULT_MSG
                                                : EXCEPTION_MSG;
    }
}

size_t mail_bytes(const struct mail *mail) {
    return MESSAGE_HEADER_SIZE + MSG_LEN(type_of(mail));
}

/// What the kernel itself says.
static void encode_kernel_mail(const struct mail *mail, struct message *m) {
    bzero(m->raw, sizeof(m->raw));
    switch (mail->kind) {
    case MAIL_NOTIFICATIONS:
        m->notifications.data = mail->notifications;
        break;
    case MAIL_FAULT:
        m->page_fault.task = mail->src;
        m->page_fault.vaddr = mail->addr;
        m->page_fault.fault = mail->fault;
        break;
    default:
        m->exception.task = mail->src;
        m->exception.exception = mail->exception;
        m->exception.value = mail->value;
        m->exception.addr = mail->addr;
    }
}

size_t encode_mail(const struct mail *mail, vaddr_t payload, void *image) {
    struct message m = {.type = type_of(mail), .src = mail->src};
    if (mail->kind != MAIL_USER) {
        encode_kernel_mail(mail, &m);
    } else {
        uint64_t state = mail->seed * 0x9e3779b97f4a7c15ull + 1;
        for (size_t i = 0; i < sizeof(m.raw) / sizeof(state); i++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            memcpy(m.raw + i * sizeof(state), &state, sizeof(state));
        }
    }
    if (mail->kind == MAIL_USER && (mail->type == TYPE_BYTES || mail->type == TYPE_STR)) {
        m.ool_ptr = (void *) payload;
        m.ool_len = mail->size;
    }
    memcpy(image, &m, sizeof(m));
    return mail_bytes(mail);
}

size_t encode_ip_offset(const struct mail *mail) {
    return mail->kind == MAIL_FAULT       ? offsetof(struct message, page_fault.ip)
           : mail->kind == MAIL_EXCEPTION ? offsetof(struct message, exception.ip)
                                          : 0;
}

void issue_ipc(task_t tid, const struct call *call, bool fast) {
    unsigned flags =
        ((call->flags & OP_SEND) ? IPC_SEND : 0) | ((call->flags & OP_RECV) ? IPC_RECV : 0)
        | ((call->flags & OP_NOBLOCK) ? IPC_NOBLOCK : 0)
        | ((call->flags & OP_REPLY) ? IPC_REPLY : 0) | ((call->flags & OP_UNKNOWN) ? 1u << 20 : 0);
    uintptr_t args[6] = {
        (uintptr_t) call->dst, (uintptr_t) call->src, call->buf, flags, call->in, call->cap};
    host.fast_path = fast;
    host_start_call(tid, SYS_IPC, args);
}
