#ifndef __RENAMED_H__
#define __RENAMED_H__

/// \file
/// The functions under test have the names of the C library's, which the tests compare them with: here
/// they get names of their own.

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

size_t resea_strlen(const char *s);
size_t resea_strnlen(const char *s, size_t max);
int resea_strcmp(const char *a, const char *b);
int resea_strncmp(const char *a, const char *b, size_t len);
char *resea_strchr(const char *s, int ch);
char *resea_strrchr(const char *s, int ch);
char *resea_strstr(const char *haystack, const char *needle);
int resea_atoi(const char *s);
int resea_memcmp(const void *a, const void *b, size_t len);
void *resea_memcpy(void *dst, const void *src, size_t len);
void *resea_memmove(void *dst, const void *src, size_t len);
void *resea_memset(void *dst, int value, size_t len);
void resea_bzero(void *dst, size_t len);
void resea_strncpy2(char *dst, const char *src, size_t size);

int resea_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int resea_snprintf(char *buf, size_t size, const char *fmt, ...);

struct ubsan_location {
    const char *file;
    uint32_t line;
    uint32_t column;
};

void tested_add_overflow(const struct ubsan_location *data);
void tested_out_of_bounds(const struct ubsan_location *data);
void tested_nonnull_return_v1(const void *data, const struct ubsan_location *loc);
void tested_type_mismatch_v1(const void *data, uintptr_t ptr);

#endif
