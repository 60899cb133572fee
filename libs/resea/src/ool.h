#ifndef __OOL_H__
#define __OOL_H__

/// \file
/// Out-of-line payloads, inside libs/resea.

#include <kernel_abi.h>
#include <message.h>

/// Whether the message has an out-of-line payload. The types of errors have all kinds of bits set.
static inline bool ool_is_present(const struct message *m) {
    return m->type > 0 && (m->type & MSG_OOL) != 0;
}

/// Whether a message needs a second look before it is sent, or after it came: it has a payload, or is an
/// error.
static inline bool ool_is_special(const struct message *m) {
    return (unsigned) m->type >= (1u << MSG_OOL_SHIFT);
}

/// Where the kernel may put the next payload. Without memory, `ptr` is NULL.
extern struct ool_buffer ool_buffer;

/// Completes a message that is about to be sent.
error_t ool_prepare_send(struct message *m);
/// Allocates the buffer for a receive if there is none.
void ool_refill(void);
/// Hands the payload of a message that has been received to the program. Returns the error that the
/// message is, or OK.
error_t ool_accept(struct message *m);
/// The same after an open receive: whatever came, it is OK. Bytes of *m that the message hasn't are cleared.
error_t ool_accept_any(struct message *m);

/// The buffer for a receive, which stays the library's until ool_accept.
static inline const struct ool_buffer *ool_prepare_recv(void) {
    if (UNLIKELY(ool_buffer.ptr == NULL)) {
        ool_refill();
    }
    return &ool_buffer;
}

#endif
