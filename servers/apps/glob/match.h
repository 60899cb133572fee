#ifndef __MATCH_H__
#define __MATCH_H__

/// \file
/// Patterns: `*` stands for anything, `?` for one character, `[a-z]` for one of those, `[!a-z]` for any but those. A
/// backslash takes the meaning of the character behind it. An unclosed `[` is one.

#include <types.h>

/// Whether a name fits all of a pattern of `len` bytes. What begins with a dot fits only a pattern that does.
bool match(const char *pattern, size_t len, const char *name);

/// Whether a pattern of `len` bytes has anything but characters that stand for themselves.
bool match_is_pattern(const char *pattern, size_t len);

#endif
