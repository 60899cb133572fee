#include "encode.h"

#include <message.h>
#include <stddef.h>
#include <string.h>

#include "../host.h"

#define INTERFACE 200

STATIC_ASSERT(MAIL_IN_REGISTERS == IPC_WORDS * sizeof(uintptr_t),
              "the model counts words as bytes");
STATIC_ASSERT(MAIL_IN_MEMORY == MESSAGE_IN_REGISTERS, "the model is told how long a header is");

/// Above the 32 bits that are looked at, there may be anything.
#define GARBAGE 0x5a5a5a5a00000000ul

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
        return MSG_TYPE(INTERFACE, 1, 0, MSG_OOL_NONE, len) | (1 << 28);
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
    return MSG_LEN(type_of(mail));
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

/// All that a message could have, whether its type tells of it or not.
static void fill(const struct mail *mail, vaddr_t payload, struct message *m) {
    *m = (struct message){.type = type_of(mail), .src = mail->src};
    if (mail->kind != MAIL_USER) {
        encode_kernel_mail(mail, m);
        return;
    }
    uint64_t state = mail->seed * 0x9e3779b97f4a7c15ull + 1;
    for (size_t i = 0; i < sizeof(m->raw) / sizeof(state); i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        memcpy(m->raw + i * sizeof(state), &state, sizeof(state));
    }
    if (mail->type == TYPE_BYTES || mail->type == TYPE_STR) {
        m->ool_ptr = (void *) payload;
        m->ool_len = mail->size;
    }
}

struct registers encode_mail(const struct mail *mail, vaddr_t payload, void *image) {
    struct message m;
    fill(mail, payload, &m);
    struct registers registers = {.type = m.type, .src = m.src};
    for (size_t i = 0; i < IPC_WORDS; i++) {
        bool exists = mail_bytes(mail) > i * sizeof(uintptr_t);
        registers.words[i] = exists ? m.words[i] : 0;
    }
    memcpy(image, &m, sizeof(m));
    return registers;
}

size_t encode_ip_offset(const struct mail *mail) {
    return mail->kind == MAIL_FAULT       ? offsetof(struct message, page_fault.ip)
           : mail->kind == MAIL_EXCEPTION ? offsetof(struct message, exception.ip)
                                          : 0;
}
STATIC_ASSERT(offsetof(struct message, page_fault.ip) >= MAIL_IN_MEMORY
                  && offsetof(struct message, exception.ip) >= MAIL_IN_MEMORY,
              "the instruction that faulted is in a register");

bool is_ipc(const struct task *k) {
    return (k->arch.number & ((1u << IPC_FLAGS_SHIFT) - 1)) == SYS_IPC;
}

bool has_received(const struct task *k) {
    bool receives = (k->arch.number >> IPC_FLAGS_SHIFT) & IPC_RECV;
    return is_ipc(k) && receives && k->arch.result == OK;
}

void issue_ipc(task_t tid, const struct call *call) {
    unsigned flags =
        ((call->flags & OP_SEND) ? IPC_SEND : 0) | ((call->flags & OP_RECV) ? IPC_RECV : 0)
        | ((call->flags & OP_NOBLOCK) ? IPC_NOBLOCK : 0)
        | ((call->flags & OP_REPLY) ? IPC_REPLY : 0) | ((call->flags & OP_OPEN) ? IPC_OPEN : 0)
        | ((call->flags & OP_UNKNOWN) ? 1u << 20 : 0);
    struct message m;
    fill(&call->mail, call->mail.out, &m);
    uintptr_t args[6] = {
        (uint32_t) call->peer | GARBAGE,
        (uint32_t) m.type | GARBAGE,
        call->ool,
        call->buf,
        m.words[0],
        m.words[1],
    };
    host_start_raw_call(tid, SYS_IPC_WITH(flags), args);
}
