/// \file
/// What code under test calls of libs/common and libs/resea and the C library doesn't have. All of it
/// is weak: a component that brings its own (those libraries themselves, the kernel) is tested with
/// that.

#include <error_name.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__weak const char *program_name(void) {
    return "unittest";
}

__weak void printf_flush(void) {
    fflush(stdout);
}

__weak const char *error_name(error_t err) {
    return IS_OK(err) ? "OK" : "an error";
}

__weak void strncpy2(char *dst, const char *src, size_t size) {
    snprintf(dst, size, "%.*s", (int) size, src);
}

__weak void malloc_shrink(void *ptr __unused, size_t size __unused) {}

static __printf(2, 0) void print_line(const char *kind, const char *fmt, va_list ap) {
    fprintf(stderr, "[%s] %s", program_name(), kind);
    vfprintf(stderr, fmt, ap);
    fprintf(stderr, "\n");
}

__weak void log_print(const char *kind, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    print_line(kind, fmt, ap);
    va_end(ap);
}

__weak void log_oops(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    print_line("OOPS: ", fmt, ap);
    va_end(ap);
}

/// A panic ends the whole test program: nothing that follows could be trusted.
__weak __noreturn void log_panic(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    print_line("PANIC: ", fmt, ap);
    va_end(ap);
    abort();
}

__weak void backtrace(void) {}

__weak void log_hexdump(const void *data, size_t len) {
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        fprintf(stderr, "%02x%c", bytes[i], (i % 16 == 15 || i + 1 == len) ? '\n' : ' ');
    }
}

__weak void log_metric(const char *name, long long value, const char *unit) {
    printf("metric %s %lld %s\n", name, value, unit);
}
