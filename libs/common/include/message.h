#ifndef __MESSAGE_H__
#define __MESSAGE_H__

/// \file
/// What a message looks like, and what the number in its `type` says.
///
/// The type tells the kernel and the library all they need to move a message, so that neither needs
/// a table of interfaces:
///
///      30    28 27  26 25  24 23     19 18         9  8  7       0
///     +--------+------+------+---------+------------+---+---------+
///     |reserved| loan |  ool |   len   | interface  | r | method  |
///     +--------+------+------+---------+------------+---+---------+
///
///   method, interface: ordinals from the IDL; r: set in a reply;
///   len: the length class, payload bytes in units of MSG_LEN_UNIT, rounded up;
///   ool, loan: the kind of the out-of-line payload, or of a loan (MSG_OOL_*). A negative type is an error_t: no payload.

#include <types.h>

#define MSG_METHOD_BITS     8
#define MSG_REPLY           (1 << 8)
#define MSG_INTERFACE_SHIFT 9
#define MSG_INTERFACE_BITS  10
#define MSG_LEN_SHIFT       19
#define MSG_LEN_BITS        5
#define MSG_OOL_SHIFT       24
#define MSG_OOL_BITS        4
#define MSG_RESERVED        0x70000000

/// A length class counts machine words.
#define MSG_LEN_UNIT sizeof(uintptr_t)

#define MSG_OOL_NONE  0
#define MSG_OOL_BYTES 1  ///< `ool_len` bytes at `ool_ptr`.
#define MSG_OOL_STR   2  ///< The same, and the last byte is the terminating NUL.
/// `ool_len` bytes at `ool_ptr`, both whole pages, which aren't copied: the receiver has them until it
/// answers, to read only or to write, too. With an MMU only. See docs/loans.md.
#define MSG_OOL_LOAN   4
#define MSG_OOL_LOAN_W 8

/// `(type & MSG_OOL) != 0` tells that a message carries an out-of-line payload.
#define MSG_OOL (3 << MSG_OOL_SHIFT)
/// `(type & MSG_LOAN) != 0` tells that it lends pages. Errors have all kinds of bits set.
#define MSG_LOAN ((MSG_OOL_LOAN | MSG_OOL_LOAN_W) << MSG_OOL_SHIFT)

/// The number of a message: `reply` is 0 or MSG_REPLY, `payload_size` a sizeof.
#define MSG_TYPE(interface, method, reply, ool, payload_size)                         \
    ((int) (((interface) << MSG_INTERFACE_SHIFT) | (method) | (reply)                 \
            | ((((int) (payload_size) + (int) MSG_LEN_UNIT - 1) / (int) MSG_LEN_UNIT) \
               << MSG_LEN_SHIFT)                                                      \
            | ((ool) << MSG_OOL_SHIFT)))

#define MSG_METHOD(type)    ((type) & ((1 << MSG_METHOD_BITS) - 1))
#define MSG_INTERFACE(type) (((type) >> MSG_INTERFACE_SHIFT) & ((1 << MSG_INTERFACE_BITS) - 1))
#define MSG_OOL_KIND(type)  (((type) >> MSG_OOL_SHIFT) & 15)
/// Payload bytes of a message of this type; 0 of an error.
#define MSG_LEN(type) \
    ((type) < 0 ? 0   \
                : (((size_t) (type) >> MSG_LEN_SHIFT) & ((1 << MSG_LEN_BITS) - 1)) * MSG_LEN_UNIT)

/// Interface 0 is the kernel's own (idl/global.idl): methods below this one, unless they are replies,
/// come from the kernel only; it refuses to carry them for a task. In their types all bits between those of
/// the method and the length are 0.
#define MSG_KERNEL_METHODS 8
#define MSG_IS_KERNEL_ONLY(type) \
    ((type) >= 0 && ((type) & ((1 << MSG_LEN_SHIFT) - MSG_KERNEL_METHODS)) == 0)

#define MESSAGE_HEADER_SIZE  (sizeof(int) + sizeof(task_t))
#define MESSAGE_PAYLOAD_SIZE (MESSAGE_SIZE - MESSAGE_HEADER_SIZE)

// The message types and their fields, made from idl/*.idl: *_MSG, struct *_fields and
// IDL_MESSAGE_FIELDS, the list of the union's members below.
#include <idl.h>

struct message {
    /// One of the *_MSG numbers, or, if negative, an error_t.
    int type;
    /// Who sent it; the kernel fills it in.
    task_t src;
    union {
        uint8_t raw[MESSAGE_PAYLOAD_SIZE];
        uintptr_t words[MESSAGE_PAYLOAD_SIZE / sizeof(uintptr_t)];
        /// Where every message with an out-of-line payload keeps it.
        struct {
            void *ool_ptr;
            /// In bytes; of a str with its terminating NUL.
            size_t ool_len;
        };
        IDL_MESSAGE_FIELDS
    };
};

STATIC_ASSERT(sizeof(struct message) == MESSAGE_SIZE, "a message field is larger than a message");
STATIC_ASSERT(MESSAGE_PAYLOAD_SIZE / MSG_LEN_UNIT < (1 << MSG_LEN_BITS),
              "the length class can't tell the longest payload");

#endif
