#ifndef __SAY_H__
#define __SAY_H__

/// \file
/// What went wrong, in the form "ping: example.com: no such host"; numbers of options.

#include <args.h>
#include <types.h>

/// The name of the command that runs.
extern const char *command_name;

void say_text(const char *subject, const char *text);
/// Says it, if it is an error of the network's. Returns whether all is well.
bool say(const char *subject, error_t err);
/// The same of a file.
bool say_file(const char *path, error_t err);

/// The number that an option has, or `otherwise` if it wasn't given. False, and says so: it is none, or not in the range.
bool option_number(const struct args *args, char option, uint64_t min, uint64_t max,
                   uint64_t otherwise, uint64_t *number);
/// A port, as a word.
bool word_port(const char *word, uint16_t *port);

#endif
