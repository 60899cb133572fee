#ifndef __TYPES_H__
#define __TYPES_H__

/// \file
/// The types, error codes and small macros that the kernel and every server share.
/// Freestanding: needs nothing but the compiler and <arch_types.h>.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch_types.h>

/// A task ID: the slot in the task table in the low TASK_SLOT_BITS bits, the slot's generation
/// above them. Never negative. 0 is no task: it is what IPC_ANY and KERNEL_TASK are.
typedef int task_t;
/// Names an object that a server keeps for one client (see <resea/handle.h>). Positive.
typedef int handle_t;
/// A duration in milliseconds.
typedef int msec_t;
/// The result of an operation: negative is one of the ERR_* values below, anything else success.
typedef int error_t;
/// An offset in a file or on a device, in bytes unless said otherwise.
typedef uintptr_t offset_t;
/// An address in some task's (or the kernel's) address space.
typedef uintptr_t vaddr_t;
/// A physical address.
typedef uintptr_t paddr_t;
/// A set of NOTIFY_* bits.
typedef uint32_t notifications_t;

/// Message types are signed so that an error can stand where a type does: they share the numbers.
#define OK                 0
#define ERR_NO_MEMORY      (-1)
#define ERR_NOT_PERMITTED  (-2)
#define ERR_WOULD_BLOCK    (-3)
#define ERR_ABORTED        (-4)
#define ERR_TOO_LARGE      (-5)
#define ERR_TOO_SMALL      (-6)
#define ERR_NOT_FOUND      (-7)
#define ERR_INVALID_ARG    (-8)
#define ERR_INVALID_TASK   (-9)
#define ERR_ALREADY_EXISTS (-10)
#define ERR_UNAVAILABLE    (-11)
#define ERR_NOT_ACCEPTABLE (-12)
#define ERR_EMPTY          (-13)
#define DONT_REPLY         (-14)
#define ERR_IN_USE         (-15)
#define ERR_TRY_AGAIN      (-16)
#define ERR_END            (-17)
#define ERR_IO             (-18)  // A device failed, or what is on it is damaged.
#define ERR_NO_SPACE       (-19)  // A disk, or a directory that can't grow, is full.
#define ERR_TIMED_OUT      (-20)  // The other side of a connection hasn't answered in time.
#define ERR_REFUSED        (-21)  // It doesn't want the connection.
#define ERR_RESET          (-22)  // It has ended the connection.
#define ERR_UNREACHABLE    (-23)  // No way leads there.

#define IS_OK(err)    ((err) >= 0)
#define IS_ERROR(err) ((err) < 0)

/// Receives from whoever sends.
#define IPC_ANY 0
/// The source of messages that the kernel makes itself (notifications).
#define KERNEL_TASK 0
/// The first task, vm: it has this ID on every board, from boot to power-off.
#define INIT_TASK 1

#define TASK_SLOT_BITS 10
#define TASK_SLOT(tid) ((tid) & ((1 << TASK_SLOT_BITS) - 1))
/// Generations count up to this and then start over at 0.
#define TASK_GEN_MAX              ((1 << (31 - TASK_SLOT_BITS)) - 1)
#define TASK_GEN(tid)             ((tid) >> TASK_SLOT_BITS)
#define TASK_ID(slot, generation) (((generation) << TASK_SLOT_BITS) | (slot))
/// Bytes of a task's name, the terminating NUL included.
#define TASK_NAME_LEN 24

#define NOTIFY_TIMER   (1u << 0)  ///< The task's timer (timer_set) ran out.
#define NOTIFY_IRQ     (1u << 1)  ///< An interrupt line of the task's fired.
#define NOTIFY_ABORTED (1u << 2)  ///< Something that the task waits for is gone (sent by servers).
#define NOTIFY_ASYNC   (1u << 3)  ///< An asynchronous message can be pulled (see <resea/async.h>).
#define NOTIFY_CONSOLE (1u << 4)  ///< The console has input, or output: see <resea/syscall.h>.
/// The bits from here up mean what the two tasks agreed on.
#define NOTIFY_USER_BASE (1u << 16)

#define MIN(a, b)                \
    ({                           \
        __typeof__(a) __a = (a); \
        __typeof__(b) __b = (b); \
        (__a < __b) ? __a : __b; \
    })
#define MAX(a, b)                \
    ({                           \
        __typeof__(a) __a = (a); \
        __typeof__(b) __b = (b); \
        (__a > __b) ? __a : __b; \
    })

/// `align` must be a power of two.
#define ALIGN_DOWN(value, align) ((value) & ~((__typeof__(value)) (align) -1))
#define ALIGN_UP(value, align)   ALIGN_DOWN((value) + (align) -1, align)
#define IS_ALIGNED(value, align) (((value) & ((align) -1)) == 0)

#define STATIC_ASSERT(expr, summary) _Static_assert(expr, summary)

#ifndef __packed
#    define __packed __attribute__((packed))
#endif
#ifndef __aligned
#    define __aligned(n) __attribute__((aligned(n)))
#endif
#define LIKELY(x)   __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

#define __mustuse      __attribute__((warn_unused_result))
#define __noinline     __attribute__((noinline))
#define ALWAYS_INLINE  inline __attribute__((always_inline))
#define __noreturn     __attribute__((noreturn))
#define __unused       __attribute__((unused))
#define __weak         __attribute__((weak))
#define __printf(f, a) __attribute__((format(__printf__, f, a)))

#endif
