#ifndef __STRING_H__
#define __STRING_H__

/// \file
/// Memory and string functions: what the C standard says of them, unless said otherwise below.

#include <types.h>

size_t strlen(const char *s);
/// Looks at `max` bytes at most.
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t len);
char *strchr(const char *s, int ch);
char *strrchr(const char *s, int ch);
char *strstr(const char *haystack, const char *needle);
/// Skips white space, takes a sign. A number that an int can't hold becomes INT_MIN or INT_MAX.
int atoi(const char *s);

int memcmp(const void *a, const void *b, size_t len);
void *memcpy(void *dst, const void *src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int value, size_t len);
void bzero(void *dst, size_t len);

/// Copies a string into a buffer of `size` bytes, cut to fit and always NUL-terminated (unless size
/// is 0). The bytes behind the terminator are left as they are.
void strncpy2(char *dst, const char *src, size_t size);

#endif
