#ifndef __OOL_H__
#define __OOL_H__

/// \file
/// Out-of-line payloads, inside libs/resea.

#include <message.h>

/// Where the kernel may put the next payload.
struct ool_buffer {
    void *ptr;
    size_t capacity;
};

/// Whether the message has an out-of-line payload. The types of errors have all kinds of bits set.
static inline bool ool_is_present(const struct message *m) {
    return m->type > 0 && (m->type & MSG_OOL) != 0;
}

/// Completes a message that is about to be sent.
error_t ool_prepare_send(struct message *m);
/// The buffer for a receive, which stays the library's until ool_accept.
struct ool_buffer ool_prepare_recv(void);
/// Hands the payload of a message that has been received to the program.
void ool_accept(struct message *m);

#endif
