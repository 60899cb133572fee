#ifndef __PARSE_H__
#define __PARSE_H__

/// \file
/// The shell's language:
///
///     line    = command { (";" | "&") command }
///     command = word { word }
///
/// "&" lets the command before it run in the background. Quotes, '…' or "…", keep what is between
/// them together; "#" at the start of a word begins a comment. "$?" is the status of the last command.

#include "history.h"

#define MAX_ARGS CONFIG_SHELL_MAX_ARGS

struct command {
    /// The command as it was typed, without spaces around it: what a program is launched with.
    char text[LINE_LEN];
    /// Its words, their quotes removed. argv[argc] is NULL.
    int argc;
    char *argv[MAX_ARGS + 1];
    /// Keeps the words.
    char words[LINE_LEN];
    bool background;
};

/// Takes the first command off the line at `*line`, and moves `*line` behind it. A command without a
/// word has argc 0. `status` is what "$?" stands for. Returns false at the end of the line, and in
/// case of an error, which `*error` then describes; otherwise it's NULL.
bool parse_command(const char **line, int status, struct command *command, const char **error);

/// Looks for a word of the form `name=value` in a kernel command line, for example run="hello; ps",
/// and copies the value. A boot loader may have moved the quotes to "run=hello; ps" and put
/// backslashes into them. Returns the value's length; `value_len`, with nothing copied, if it doesn't
/// fit into so many bytes or is longer than a line; -1 if there is no such word.
int parse_option(const char *cmdline, const char *name, char *value, size_t value_len);

/// Parses a decimal number, which may be negative. Returns false if `str` is no such number or it
/// doesn't fit into an int.
bool parse_int(const char *str, int *value);

#endif
