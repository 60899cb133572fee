#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#define HEXDUMP_COLUMNS 16

/// The line that is being printed. Long ones go out in pieces.
static char line[CONFIG_LINE_BUFFER];
static size_t line_len;

/// A second panic, while the first is being printed, must not start over.
static bool panicking;

void printf_flush(void) {
    size_t done = 0;
    while (done < line_len) {
        int written = sys_console_write(&line[done], line_len - done);
        if (written <= 0) {
            break;  // There is nobody to tell that the console refuses to print.
        }
        done += (size_t) written;
    }
    line_len = 0;
}

static void put(void *ctx __unused, char ch) {
    line[line_len] = ch;
    line_len++;
    if (ch == '\n' || line_len == sizeof(line)) {
        printf_flush();
    }
}

int vprintf(const char *fmt, va_list ap) {
    return vprintf_with(put, NULL, fmt, ap);
}

int printf(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int len = vprintf(fmt, ap);
    va_end(ap);
    return len;
}

static void put_bytes(const char *s, size_t len) {
    for (size_t i = 0; i < len; i++) {
        put(NULL, s[i]);
    }
}

void printf_write(const char *text, size_t len) {
    put_bytes(text, len);
    printf_flush();
}

/// The name in brackets, straight from the command line: program_name() would need a buffer. This and
/// what else surrounds a message is printed without printf, which takes a third of a small stack.
static void print_name(void) {
    const char *cmdline = program_cmdline();
    const char *end = strchr(cmdline, ' ');
    put(NULL, '[');
    put_bytes(cmdline,
              (end != NULL) ? (size_t) (end - cmdline) : strnlen(cmdline, TASK_NAME_LEN - 1));
    put(NULL, ']');
}

static void __printf(2, 0) log_vprint(const char *kind, const char *fmt, va_list ap) {
    print_name();
    put(NULL, ' ');
    put_bytes(kind, strlen(kind));
    vprintf_with(put, NULL, fmt, ap);
    put(NULL, '\n');
}

void log_print(const char *kind, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    log_vprint(kind, fmt, ap);
    va_end(ap);
}

void log_oops(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    log_vprint("OOPS: ", fmt, ap);
    va_end(ap);
    backtrace();
}

__noreturn void log_panic(const char *fmt, ...) {
    if (!panicking) {
        panicking = true;
        va_list ap;
        va_start(ap, fmt);
        log_vprint("PANIC: ", fmt, ap);
        va_end(ap);
        backtrace();
    }
    task_exit_with(1);
}

static void print_hexdump_line(const uint8_t *bytes, size_t offset, size_t len) {
    print_name();
    printf(" %04zx:", offset);
    for (size_t i = 0; i < HEXDUMP_COLUMNS; i++) {
        if (i < len) {
            printf(" %02x", bytes[i]);
        } else {
            printf("   ");
        }
    }

    printf("  ");
    for (size_t i = 0; i < len; i++) {
        printf("%c", isprint(bytes[i]) ? bytes[i] : '.');
    }
    printf("\n");
}

void log_hexdump(const void *data, size_t len) {
    const uint8_t *bytes = data;
    for (size_t offset = 0; offset < len; offset += HEXDUMP_COLUMNS) {
        print_hexdump_line(&bytes[offset], offset, MIN(len - offset, (size_t) HEXDUMP_COLUMNS));
    }
}

void log_metric(const char *name, long long value, const char *unit) {
    printf("metric %s %lld %s\n", name, value, (unit[0] != '\0') ? unit : "count");
}
