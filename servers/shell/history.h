#ifndef __HISTORY_H__
#define __HISTORY_H__

/// \file
/// The last few lines that were entered.

#include <config.h>
#include <types.h>

/// Bytes of a line, the terminating NUL included.
#define LINE_LEN CONFIG_SHELL_LINE_LEN
/// Lines that are remembered; older ones are dropped.
#define HISTORY_LEN CONFIG_SHELL_HISTORY_LEN

/// Zeroed, it's empty.
struct history {
    char lines[HISTORY_LEN][LINE_LEN];
    /// Lines ever added; the newest is at (added - 1) % HISTORY_LEN.
    unsigned added;
};

/// Remembers `line`, unless it's empty or the same as the last one.
void history_add(struct history *history, const char *line);
/// Returns the line entered `age` lines ago (1 is the last one), or NULL if none is that old.
const char *history_get(const struct history *history, unsigned age);

#endif
