#ifndef __COMMANDS_H__
#define __COMMANDS_H__

/// \file
/// The commands. Each returns its exit status.

#include <args.h>

#define STATUS_FAILED 1
#define STATUS_USAGE  2

struct command {
    const char *name;
    const char *letters;  ///< See args_parse().
    int min_words;
    int max_words;
    const char *usage;
    int (*run)(const struct args *args);
};

extern const struct command commands[];

// list.c
int ls(const struct args *args);
// read.c
int cat(const struct args *args);
int hexdump(const struct args *args);
// copy.c
int cp(const struct args *args);
int mv(const struct args *args);
// change.c
int rm(const struct args *args);
int make_directories(const struct args *args);
int write_text(const struct args *args);
// volumes.c
int df(const struct args *args);
int mount(const struct args *args);
int umount(const struct args *args);
int sync_all(const struct args *args);

/// Whether something is mounted at a path or below it; says so.
bool has_mounts(const char *path);

/// Removes a file, or a directory with all that is in it; says what went wrong. Returns whether it is gone.
bool remove_all(const char *path);

#endif
