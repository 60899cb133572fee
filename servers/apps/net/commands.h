#ifndef __COMMANDS_H__
#define __COMMANDS_H__

/// \file
/// The commands. Each returns its exit status.

#include <args.h>
#include <types.h>

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

int ping(const struct args *args);
int nslookup(const struct args *args);
int ifconfig(const struct args *args);
int netstat(const struct args *args);
int nc(const struct args *args);
int http(const struct args *args);
int iperf(const struct args *args);

#endif
