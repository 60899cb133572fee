#ifndef __FILES_H__
#define __FILES_H__

/// \file
/// What the shell knows of files: a directory that relative paths begin from, patterns, and completion. It asks no file
/// system itself, as one that doesn't answer would hold it up: it launches the program `glob` for each question, and
/// ends it if there is no answer for some time. Only with an MMU.

#include "editor.h"
#include "parse.h"

#ifdef CONFIG_MMU

/// Waits until `automount` has mounted what there is, if it is at work.
void files_wait_for_mounts(void);
/// Replaces the patterns of a command by paths. Returns false if that fails, and says why.
bool files_expand(struct command *command, int status);
/// The command line to launch a program with, which tells it the directory. Valid until the next call.
const char *files_command_line(const char *text);
/// Completes the path before the cursor.
void files_complete(struct editor *editor);
/// The commands.
int files_cd(const struct command *command);
int files_pwd(const struct command *command);

#else

static inline void files_wait_for_mounts(void) {}

static inline bool files_expand(struct command *command __unused, int status __unused) {
    return true;
}

static inline const char *files_command_line(const char *text) {
    return text;
}

#endif

#endif
