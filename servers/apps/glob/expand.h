#ifndef __EXPAND_H__
#define __EXPAND_H__

/// \file
/// Replaces patterns by the paths that there are.

#include "strings.h"

/// Calls `found` for everything in a directory. What can't be listed has nothing. In main.c, or in tests.
typedef void (*list_found_t)(const char *name, bool is_directory, void *arg);
void list_directory(const char *path, list_found_t found, void *arg);
/// Whether there is something at a path.
bool path_exists(const char *path);

/// The paths that a pattern stands for, sorted. None: nothing fits, or it isn't a pattern.
void expand_pattern(const struct text *pattern, struct strings *paths);

/// A command line whose words that are patterns are replaced by the paths that they stand for. A pattern that nothing
/// fits stays as it is.
void expand_text(const char *text, struct text *expanded);

#endif
