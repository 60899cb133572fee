#ifndef __FAKE_H__
#define __FAKE_H__

/// \file
/// A fake kernel for the tests of libs/resea: it records what is asked of it, and does what a test
/// tells it to.

#include <kernel_abi.h>
#include <message.h>
#include <setjmp.h>
#include <types.h>

/// Puts the fake back into its first state.
void fake_reset(void);

/// What sys_ipc does. NULL: it fails the test.
extern error_t (*fake_ipc)(task_t peer, struct message *m, unsigned flags,
                           const struct ool_buffer *ool);

/// What sys_notify was asked for, and what it returns.
extern int fake_num_notified;
extern task_t fake_notified;
extern notifications_t fake_notifications;
extern error_t fake_notify_error;

/// What was printed on the console since fake_reset.
extern char fake_console[8192];
/// How often sys_console_write was called; at most how much it takes at a time.
extern int fake_console_writes;
extern size_t fake_console_max;

extern msec_t fake_timer;
extern const char *fake_cmdline;

/// Allocations that still succeed; negative: all do. For sources compiled with malloc renamed.
extern int fake_mallocs_left;
void *fake_malloc(size_t size);
void *fake_realloc(void *ptr, size_t size);
/// The block that malloc_shrink was called with last, and the size.
extern void *fake_shrunk;
extern size_t fake_shrunk_to;

/// Runs the statement; true if it ended the program with a panic whose text contains `text`.
#define PANICS(text, statement)                         \
    (fake_prepare_exit(), (setjmp(fake_exit) == 0) ? ({ \
         statement;                                     \
         false;                                         \
     })                                                 \
                                                   : fake_panicked(text))

extern jmp_buf fake_exit;
void fake_prepare_exit(void);
bool fake_panicked(const char *text);

#endif
