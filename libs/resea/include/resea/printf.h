#ifndef __RESEA_PRINTF_H__
#define __RESEA_PRINTF_H__

/// \file
/// Output to the kernel's console, and the macros to tell what goes on and to stop when it goes wrong.
/// <vprintf.h> describes the formats.
///
/// Output is kept until a line is complete (or too long), so that lines of several tasks don't mix.
/// The macros print a line each, which begins with the program's name: `[name] text`.

#include <config.h>
#include <error_name.h>
#include <stdarg.h>
#include <types.h>
#include <vprintf.h>

int printf(const char *fmt, ...) __printf(1, 2);
int vprintf(const char *fmt, va_list ap) __printf(1, 0);
/// Prints an incomplete line (a prompt) now.
void printf_flush(void);
/// Prints text as it is, now, behind what printf() has kept back.
void printf_write(const char *text, size_t len);

/// This program's name, as the board manifest has it.
const char *program_name(void);

/// What the macros below expand to.
void log_print(const char *kind, const char *fmt, ...) __printf(2, 3);
void log_oops(const char *fmt, ...) __printf(1, 2);
__noreturn void log_panic(const char *fmt, ...) __printf(1, 2);
void log_hexdump(const void *data, size_t len);
void log_metric(const char *name, long long value, const char *unit);

/// Prints the return addresses of the functions that are active.
void backtrace(void);

#define INFO(fmt, ...) log_print("", fmt, ##__VA_ARGS__)
#define WARN(fmt, ...) log_print("WARN: ", fmt, ##__VA_ARGS__)
/// A warning with a backtrace.
#define OOPS(fmt, ...) log_oops(fmt " (%s:%d)", ##__VA_ARGS__, __FILE__, __LINE__)
/// Prints the message and a backtrace, and ends the program with status 1.
#define PANIC(fmt, ...) log_panic(fmt " (%s:%d)", ##__VA_ARGS__, __FILE__, __LINE__)

#ifdef CONFIG_DEBUG
#    define __LOG_DEBUG(kind, fmt, ...) log_print(kind, fmt, ##__VA_ARGS__)
#else
// The arguments are still checked against the format, but never evaluated.
#    define __LOG_DEBUG(kind, fmt, ...)              \
        do {                                         \
            if (false) {                             \
                log_print(kind, fmt, ##__VA_ARGS__); \
            }                                        \
        } while (0)
#endif

/// These print nothing in release builds.
#define TRACE(fmt, ...)    __LOG_DEBUG("", fmt, ##__VA_ARGS__)
#define DEBUG(fmt, ...)    __LOG_DEBUG("", fmt, ##__VA_ARGS__)
#define WARN_DBG(fmt, ...) __LOG_DEBUG("WARN: ", fmt, ##__VA_ARGS__)
/// Prints in every build: for a line that you put in to find a bug and take out again.
#define DBG(fmt, ...) log_print("", fmt, ##__VA_ARGS__)

#define ASSERT(expr)                              \
    do {                                          \
        if (__builtin_expect(!(expr), 0)) {       \
            PANIC("assertion failed: %s", #expr); \
        }                                         \
    } while (0)

/// Stops the program if the expression, an error_t, is an error.
#define ASSERT_OK(expr)                                                                 \
    do {                                                                                \
        error_t __assert_err = (expr);                                                  \
        if (__builtin_expect(IS_ERROR(__assert_err), 0)) {                              \
            PANIC("%s failed: %s (%d)", #expr, error_name(__assert_err), __assert_err); \
        }                                                                               \
    } while (0)

/// Prints a warning with a backtrace if the expression, an error_t, is an error, and goes on.
#define OOPS_OK(expr)                                                              \
    do {                                                                           \
        error_t __oops_err = (expr);                                               \
        if (__builtin_expect(IS_ERROR(__oops_err), 0)) {                           \
            OOPS("%s failed: %s (%d)", #expr, error_name(__oops_err), __oops_err); \
        }                                                                          \
    } while (0)

/// An ASSERT that release builds don't evaluate.
#ifdef CONFIG_DEBUG
#    define DEBUG_ASSERT(expr) ASSERT(expr)
#else
#    define DEBUG_ASSERT(expr) \
        do {                   \
            if (false) {       \
                (void) (expr); \
            }                  \
        } while (0)
#endif

/// Not yet implemented.
#define NYI()         PANIC("not yet implemented: %s", __func__)
#define UNREACHABLE() PANIC("unreachable code was reached in %s", __func__)

#define HEXDUMP(data, len) log_hexdump(data, len)

/// A measured value, for the tools that collect them: prints the line `metric NAME VALUE UNIT`.
/// METRIC("size.task", n, "bytes"); the unit may be left out if it is a mere count.
#define METRIC(name, value, ...) log_metric(name, (long long) (value), "" __VA_ARGS__)

#endif
