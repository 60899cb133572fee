#include "ool.h"

#include <config.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/syscall.h>
#include <string.h>

/// A server that dies of a message again and again must not keep its client busy for ever.
#define SERVICE_TRIES 4

static error_t send(task_t dst, struct message *m, unsigned flags) {
    if (ool_is_special(m)) {
        error_t err = ool_prepare_send(m);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return sys_ipc(dst, m, IPC_SEND | flags, NULL);
}

static error_t send_err(task_t dst, error_t error, unsigned flags) {
    struct message m;
    m.type = error;
    m.words[0] = m.words[1] = 0;
    return sys_ipc(dst, &m, IPC_SEND | flags, NULL);
}

error_t ipc_send(task_t dst, struct message *m) {
    return send(dst, m, 0);
}

error_t ipc_send_err(task_t dst, error_t error) {
    return send_err(dst, error, 0);
}

error_t ipc_send_noblock(task_t dst, struct message *m) {
    return send(dst, m, IPC_NOBLOCK);
}

#define NUM_WORDS (MESSAGE_PAYLOAD_SIZE / sizeof(uintptr_t))

#define CLEAR_PAIR(n)              \
    case n:                        \
        if ((n) < NUM_WORDS) {     \
            m->words[n] = 0;       \
        }                          \
        if ((n) + 1 < NUM_WORDS) { \
            m->words[(n) + 1] = 0; \
        }                          \
        __attribute__((fallthrough));
#define CLEAR_4_PAIRS(n) CLEAR_PAIR(n) CLEAR_PAIR((n) + 2) CLEAR_PAIR((n) + 4) CLEAR_PAIR((n) + 6)

/// Clears all words from `first` on: a jump to the first ones of those that are cleared in pairs, which is a store
/// each on some machines.
static ALWAYS_INLINE void clear_words_from(struct message *m, unsigned first) {
    STATIC_ASSERT(NUM_WORDS < 32, "that many are cleared");
    if (UNLIKELY(first % 2)) {
        if (first >= NUM_WORDS) {
            return;
        }
        m->words[first] = 0;
        first++;
    }
    switch (first) {
        CLEAR_4_PAIRS(0)
        CLEAR_4_PAIRS(8)
        CLEAR_4_PAIRS(16)
        CLEAR_4_PAIRS(24)
    default:
        break;
    }
}

/// After an open receive. A server answers with the buffer that it received into: what is left there of
/// one client's message must not go to another one. Messages without a payload, as most are, take no
/// call: with that, the functions below need not save registers.
static ALWAYS_INLINE error_t accept_any(struct message *m) {
    unsigned type = (unsigned) m->type;
    if (UNLIKELY(type >= (1u << MSG_OOL_SHIFT))) {
        return ool_accept_any(m);
    }
    unsigned words = type >> MSG_LEN_SHIFT;
    if (UNLIKELY(words > OOL_WRITTEN_WORDS)) {
        clear_words_from(m, words);
        return OK;
    }
    for (size_t i = OOL_WRITTEN_WORDS; i < sizeof(m->words) / sizeof(m->words[0]); i++) {
        m->words[i] = 0;
    }
    return OK;
}

static __noinline error_t open_receive(task_t dst, struct message *m, unsigned flags) {
    error_t err = (flags & IPC_SEND) ? sys_ipc(dst, m, IPC_SERVE, ool_prepare_recv())
                                     : sys_ipc(dst, m, IPC_RECV | IPC_OPEN, ool_prepare_recv());
    return IS_ERROR(err) ? err : accept_any(m);
}

static __noinline error_t closed_receive(task_t src, struct message *m) {
    error_t err = sys_ipc(src, m, IPC_RECV, ool_prepare_recv());
    return IS_ERROR(err) ? err : ool_accept(m);
}

error_t ipc_recv(task_t src, struct message *m) {
    return (src == IPC_ANY) ? open_receive(0, m, 0) : closed_receive(src, m);
}

void ipc_reply(task_t dst, struct message *m) {
    // The client waits: tell it at least that there is no answer to come.
    if (send(dst, m, IPC_REPLY) == ERR_TOO_LARGE) {
        ipc_reply_err(dst, ERR_TOO_LARGE);
    }
}

void ipc_reply_err(task_t dst, error_t error) {
    // That the client is gone is its own business.
    (void) send_err(dst, error, IPC_REPLY);
}

error_t ipc_notify(task_t dst, notifications_t notifications) {
    return sys_notify(dst, notifications);
}

/// A call with a payload to send, or without a buffer for one.
static __noinline error_t call_other(task_t dst, struct message *m) {
    error_t err = OK;
    if (!ool_is_plain(m) || m->ool_len > CONFIG_OOL_MAX) {
        err = ool_prepare_send(m);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    err = sys_ipc(dst, m, IPC_CALL, ool_prepare_recv());
    return (IS_ERROR(err) || !ool_is_special(m)) ? err : ool_accept(m);
}

error_t ipc_call(task_t dst, struct message *m) {
    const struct ool_buffer *ool = &ool_buffer;
    if (UNLIKELY(ool_is_special(m)) || UNLIKELY(ool->ptr == NULL)) {
        return call_other(dst, m);
    }
    error_t err = sys_ipc(dst, m, IPC_CALL, ool);
    if (UNLIKELY(IS_ERROR(err))) {
        return err;
    }
    return UNLIKELY(ool_is_special(m)) ? ool_accept(m) : OK;
}

/// An answer with a payload, an error, none at all, or without a buffer for the next payload.
static __noinline error_t replyrecv_other(task_t dst, struct message *m) {
    if (dst == 0 || m->type == DONT_REPLY) {
        return open_receive(0, m, 0);
    }
    error_t err = ool_prepare_send(m);
    if (IS_ERROR(err)) {
        m->type = err;
    }
    return open_receive(dst, m, IPC_SEND);
}

error_t ipc_replyrecv(task_t dst, struct message *m) {
    const struct ool_buffer *ool = &ool_buffer;
    error_t err;
    if (LIKELY(!ool_is_special(m)) && LIKELY(dst != 0) && LIKELY(ool->ptr != NULL)) {
        err = sys_ipc(dst, m, IPC_SERVE, ool);
    } else if (m->type == DONT_REPLY && LIKELY(ool->ptr != NULL)) {
        err = sys_ipc(0, m, IPC_RECV | IPC_OPEN, ool);
    } else {
        return replyrecv_other(dst, m);
    }
    return UNLIKELY(IS_ERROR(err)) ? err : accept_any(m);
}

error_t ipc_serve(const char *name) {
    struct message m;
    m.type = DISCOVERY_SERVE_MSG;
    m.discovery_serve.name = name;
    return ipc_call(INIT_TASK, &m);
}

task_t ipc_lookup(const char *name) {
    struct message m;
    m.type = DISCOVERY_LOOKUP_MSG;
    m.discovery_lookup.name = name;
    error_t err = ipc_call(INIT_TASK, &m);
    return IS_ERROR(err) ? err : m.discovery_lookup_reply.task;
}

/// Calls once, with a copy of the request; forgets the server if it turns out to be gone.
static error_t call_cached(const char *name, task_t *cached, const struct message *request,
                           struct message *m) {
    if (*cached == 0) {
        task_t server = ipc_lookup(name);
        if (IS_ERROR(server)) {
            return server;
        }
        *cached = server;
    }

    memcpy(m, request, sizeof(*m));
    error_t err = ipc_call(*cached, m);
    if (err == ERR_INVALID_TASK || err == ERR_ABORTED) {
        *cached = 0;
    }
    return err;
}

static error_t call_service(const char *name, task_t *cached, struct message *m, bool idempotent) {
    struct message request;
    memcpy(&request, m, sizeof(request));

    error_t err;
    int tries = 0;
    do {
        err = call_cached(name, cached, &request, m);
        tries++;
    } while (tries < SERVICE_TRIES
             && (err == ERR_INVALID_TASK || (idempotent && err == ERR_ABORTED)));
    return err;
}

error_t ipc_call_service(const char *name, task_t *cached, struct message *m) {
    return call_service(name, cached, m, false);
}

error_t ipc_call_service_idempotent(const char *name, task_t *cached, struct message *m) {
    return call_service(name, cached, m, true);
}

void discard_unknown_message(struct message *m) {
    // Anybody who may call a server may notify it, of whatever it likes.
    if (m->type == NOTIFICATIONS_MSG) {
        return;
    }

    WARN_DBG("unknown message: type %#x from task %d", (unsigned) m->type, m->src);
    if (ool_is_present(m)) {
        free(m->ool_ptr);
        m->ool_ptr = NULL;
    }

    // Errors and answers are not answered: two servers would do so to each other for ever.
    if (m->type >= 0 && (m->type & MSG_REPLY) == 0) {
        ipc_reply_err(m->src, ERR_NOT_ACCEPTABLE);
    }
}
