#ifndef __STRINGS_H__
#define __STRINGS_H__

/// \file
/// Lists of strings, and texts that grow. If memory runs out, what doesn't fit any more is left out.

#include <types.h>

struct text {
    char *chars;  ///< NULL as long as it is empty; not terminated.
    size_t len;
    size_t capacity;
};

void text_add(struct text *text, const char *chars, size_t len);
void text_add_str(struct text *text, const char *str);
void text_free(struct text *text);

struct strings {
    char **items;
    size_t count;
};

void strings_add(struct strings *strings, const char *str);
void strings_sort(struct strings *strings);
void strings_free(struct strings *strings);

#endif
