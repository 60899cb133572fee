#ifndef __RESEA_CMDLINE_H__
#define __RESEA_CMDLINE_H__

/// \file
/// Command lines: words separated by spaces, the first of which is the program's name. Double or
/// single quotes keep spaces in a word.
///
/// A program with subcommands declares them, then parses:
///
///     char *path;
///     cmdline_init();
///     int cat = cmdline_cmd("cat");
///     cmdline_arg(&path, cat, "path", false);
///     int cmd = cmdline_parse(program_cmdline(), &name);
///     if (cmd == cat) { … path … }

#include <types.h>

#define CMDLINE_CMDS_MAX 32
#define CMDLINE_ARGS_MAX 8

/// Where to store a word: takes a `char **` and a `const char **`.
typedef union {
    char **writable;
    const char **constant;
} cmdline_result_t __attribute__((transparent_union));

/// This program's own command line.
const char *program_cmdline(void);

/// The value of the option `--name=value` of our own command line; "" of `--name` alone; NULL if there
/// is no such option. The string stays valid.
const char *cmdline_option(const char *name);

/// Forgets all declarations, and the words of the last parse.
void cmdline_init(void);

/// Declares a subcommand and returns its number. `name` isn't copied.
int cmdline_cmd(const char *name);

/// Declares the next argument of a subcommand. cmdline_parse stores the word in *result: NULL if it is
/// optional and not there. Optional arguments come last.
void cmdline_arg(cmdline_result_t result, int cmd, const char *name, bool optional);

/// Returns the number of the subcommand that the line's second word names, and stores the name in
/// *cmd_name (NULL if there is none). The words stay valid until the next cmdline_init.
///
/// If there is no such command, or too few or too many arguments, prints how it is used and returns
/// ERR_NOT_FOUND, ERR_TOO_SMALL or ERR_TOO_LARGE. A quote that isn't closed is ERR_INVALID_ARG.
int cmdline_parse(const char *cmdline, cmdline_result_t cmd_name);

/// Splits `line` in place into words; returns how many there are, or ERR_TOO_LARGE if there are more
/// than `max`, or ERR_INVALID_ARG if a quote isn't closed.
int cmdline_split(char *line, char **words, int max);

#endif
