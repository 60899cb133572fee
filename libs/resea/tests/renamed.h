#ifndef __RENAMED_H__
#define __RENAMED_H__

/// \file
/// The functions under test that have the names of the C library's, which the tests use themselves:
/// here they get names of their own.

#include <resea/malloc.h>
#include <stdarg.h>
#include <stddef.h>

int resea_printf(const char *fmt, ...);
void resea_forget_panic(void);

void *resea_malloc(size_t size);
void *resea_realloc(void *ptr, size_t size);
void resea_free(void *ptr);
char *resea_strdup(const char *s);
char *resea_strndup(const char *s, size_t len);
void *resea_malloc_aligned(size_t size, size_t align);
void resea_malloc_shrink(void *ptr, size_t size);
/// Makes a range of memory the heap.
void resea_heap_init(void *start, size_t len);

#endif
