#ifndef __OOL_H__
#define __OOL_H__

/// \file
/// Out-of-line payloads, inside libs/resea.

#include <config.h>
#include <kernel_abi.h>
#include <message.h>

/// Whether the message has an out-of-line payload. The types of errors have all kinds of bits set.
static inline bool ool_is_present(const struct message *m) {
    return m->type > 0 && (m->type & MSG_OOL) != 0;
}

/// Whether a message needs a second look before it is sent, or after it came: it has a payload, lends
/// pages, or is an error.
static inline bool ool_is_special(const struct message *m) {
    return (unsigned) m->type >= (1u << MSG_OOL_SHIFT);
}

/// Where the kernel may put the next payload. Without memory, `ptr` is NULL.
extern struct ool_buffer ool_buffer;

/// The payload that was handed to the program last, if its block still is as large as the buffer was: as
/// most programs free their payloads before they receive again, nothing is cut off before that.
extern struct ool_payload {
    void *ptr;  ///< NULL: none.
    size_t len;
} ool_payload;

/// Whether payloads keep their blocks. Where blocks are watched, they don't.
#ifndef CONFIG_MALLOC_CHECKS
#    define OOL_KEEPS_BLOCKS true
#else
#    define OOL_KEEPS_BLOCKS false
#endif

/// Whether memory is so short that a program that allocates, while it has a payload, is to have the rest of its
/// block.
#ifdef CONFIG_MMU
#    define OOL_IS_SHORT false
#else
#    define OOL_IS_SHORT true
#endif

/// Words of a payload that a receive always writes: what a message hasn't got is 0 there.
#ifdef CONFIG_MMU
#    define OOL_WRITTEN_WORDS IPC_WORDS
#else
#    define OOL_WRITTEN_WORDS (MESSAGE_PAYLOAD_SIZE / sizeof(uintptr_t))
#endif

/// Takes back a payload that the program frees: it is the buffer again. False: the pointer is no such one.
static inline bool ool_take_back(void *ptr) {
    if (!OOL_KEEPS_BLOCKS || ptr != ool_payload.ptr) {
        return false;
    }
    ool_buffer.ptr = ptr;
    ool_payload.ptr = NULL;
    return true;
}

/// Makes a block of its own of a payload that the program keeps.
void ool_cut_payload(void);

/// All bits but the lowest of the type of a message that consists of its payload, and how long that part of
/// it is.
#define OOL_PLAIN_BYTES MSG_TYPE(0, 0, 0, MSG_OOL_BYTES, OOL_PLAIN_WORDS *MSG_LEN_UNIT)
#define OOL_PLAIN_WORDS 2

/// Whether a message consists of a payload that is no string, as most with a payload do.
static inline bool ool_is_plain(const struct message *m) {
    return (m->type & ~((1 << MSG_LEN_SHIFT) - 1)) == OOL_PLAIN_BYTES;
}

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
