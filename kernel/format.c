#include <config.h>
#include <div64.h>
#include <kernel/format.h>
#include <string.h>

// The part of <vprintf.h> that the kernel uses, in a third of the code. All formats are its own: nothing
// here has to bear bad ones.

// What only the debugger's commands need is left out with them: widths, and numbers longer than a pointer.
#ifdef CONFIG_KDEBUG_COMMANDS
#    define PRINTS_TABLES true
typedef uint64_t number_t;
#else
#    define PRINTS_TABLES false
typedef uintptr_t number_t;
#endif

/// Enough for 64 bits in decimal.
#define DIGITS_MAX 20

struct spec {
    bool left;
    char fill;
    int width;
};

struct output {
    putc_t putc;
};

static void emit(struct output *out, char ch) {
    out->putc(NULL, ch);
}

/// Prints text with its fill: blanks on either side, or zeroes behind the sign.
static void print_text(struct output *out, const struct spec *spec, const char *s, int len) {
    int fill = PRINTS_TABLES ? spec->width - len : 0;
    if (PRINTS_TABLES && spec->fill == '0' && len > 0 && *s == '-') {
        emit(out, *s++);
        len--;
    }
    for (; !spec->left && fill > 0; fill--) {
        emit(out, spec->fill);
    }
    while (len-- > 0) {
        emit(out, *s++);
    }
    for (; fill > 0; fill--) {
        emit(out, ' ');
    }
}

static void print_number(struct output *out, const struct spec *spec, number_t number,
                         unsigned base, const char *prefix) {
    char text[DIGITS_MAX + 2];
    char *at = &text[sizeof(text)];
    uint64_t value = number;
    do {
        *--at = "0123456789abcdef"[div64(&value, base)];
    } while (value);
    for (size_t len = strlen(prefix); len > 0; len--) {
        *--at = prefix[len - 1];
    }
    print_text(out, spec, at, (int) (&text[sizeof(text)] - at));
}

/// va_list may be an array type, which functions can't take a pointer to unless it is wrapped.
struct args {
    va_list ap;
};

/// Takes an integer of the length that was given as `longs` times `l`.
static number_t integer_arg(struct args *args, int longs, bool is_signed) {
    if (PRINTS_TABLES && longs > 1) {
        return (number_t) va_arg(args->ap, uint64_t);
    }
    if (longs && sizeof(long) > sizeof(int)) {
        long value = va_arg(args->ap, long);
        return is_signed ? (number_t) value : (unsigned long) value;
    }
    int value = va_arg(args->ap, int);
    return is_signed ? (number_t) value : (unsigned) value;
}

/// Returns false, having printed nothing, if there is no such conversion.
static bool convert(struct output *out, const struct spec *spec, char conv, int longs,
                    struct args *args) {
    const char *prefix = "";
    unsigned base = 16;
    switch (conv) {
    case 's': {
        const char *s = va_arg(args->ap, const char *);
        print_text(out, spec, s, (int) strlen(s));
        return true;
    }
    case 'c': {
        char ch = (char) va_arg(args->ap, int);
        print_text(out, spec, &ch, 1);
        return true;
    }
    case 'p':
        longs = 1;
        prefix = "0x";
        break;
    case 'd':
    case 'i':
    case 'u':
        base = 10;
        break;
    case 'x':
        break;
    default:
        return false;
    }
    number_t value = integer_arg(args, longs, conv != 'u' && base == 10);
    if (conv != 'u' && base == 10 && (value >> (8 * sizeof(value) - 1))) {
        value = 0 - value;
        prefix = "-";
    }
    print_number(out, spec, value, base, prefix);
    return true;
}

/// Prints what the conversion after a % says; returns what is behind it, or NULL if there is none.
static const char *print_conversion(struct output *out, const char *fmt, struct args *args) {
    struct spec spec = {.fill = ' '};
    int longs = 0;
    for (; PRINTS_TABLES && (*fmt == '-' || *fmt == '0'); fmt++) {
        spec.left |= *fmt == '-';
        spec.fill = *fmt == '0' ? '0' : spec.fill;
    }
    for (; PRINTS_TABLES && *fmt >= '0' && *fmt <= '9'; fmt++) {
        spec.width = spec.width * 10 + (*fmt - '0');
    }
    for (; *fmt == 'l' || *fmt == 'z'; fmt++) {
        longs++;
    }
    spec.fill = spec.left ? ' ' : spec.fill;
    return convert(out, &spec, *fmt, longs, args) ? fmt + 1 : NULL;
}

void format_small(putc_t putc, const char *fmt, va_list ap) {
    struct output out = {putc};
    struct args args;
    va_copy(args.ap, ap);
    while (*fmt) {
        const char *next = *fmt == '%' ? print_conversion(&out, fmt + 1, &args) : NULL;
        if (next) {
            fmt = next;
            continue;
        }
        emit(&out, *fmt);
        fmt += (*fmt == '%' && fmt[1] == '%') ? 2 : 1;
    }
    va_end(args.ap);
}
