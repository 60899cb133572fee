#include <div64.h>
#include <string.h>
#include <vprintf.h>

/// Enough for 64 bits in octal.
#define DIGITS_MAX 22

struct output {
    putc_t putc;
    void *ctx;
    int count;
};

/// What stands between % and the conversion's letter.
struct spec {
    bool left;
    bool zero;
    bool alternate;
    char plus;  ///< What a number that isn't negative starts with: '+', ' ' or '\0'.
    int width;
    int precision;  ///< Negative: none was given.
    int size;       ///< Of an integer argument, in bytes.
};

/// An integer in pieces: prefix, then zeroes, then digits.
struct number {
    char prefix[3];
    char digits[DIGITS_MAX];
    int num_digits;
    int num_zeroes;
};

static void emit(struct output *out, char ch) {
    out->putc(out->ctx, ch);
    out->count++;
}

static void emit_times(struct output *out, char ch, int times) {
    for (int i = 0; i < times; i++) {
        emit(out, ch);
    }
}

static void emit_bytes(struct output *out, const char *s, int len) {
    for (int i = 0; i < len; i++) {
        emit(out, s[i]);
    }
}

static void print_str(struct output *out, const struct spec *spec, const char *s) {
    if (s == NULL) {
        s = "(null)";
    }

    int len = (int) strnlen(s, (spec->precision >= 0) ? (size_t) spec->precision : INT32_MAX);
    emit_times(out, ' ', spec->left ? 0 : spec->width - len);
    emit_bytes(out, s, len);
    emit_times(out, ' ', spec->left ? spec->width - len : 0);
}

static void print_char(struct output *out, const struct spec *spec, char ch) {
    emit_times(out, ' ', spec->left ? 0 : spec->width - 1);
    emit(out, ch);
    emit_times(out, ' ', spec->left ? spec->width - 1 : 0);
}

static void make_digits(struct number *num, uint64_t value, unsigned base, const char *alphabet) {
    num->num_digits = 0;
    while (value != 0) {
        num->num_digits++;
        num->digits[DIGITS_MAX - num->num_digits] = alphabet[div64(&value, base)];
    }
}

static void print_number(struct output *out, const struct spec *spec, struct number *num) {
    int prefix_len = (int) strlen(num->prefix);
    int precision = (spec->precision >= 0) ? spec->precision : 1;
    num->num_zeroes = MAX(num->num_zeroes, precision - num->num_digits);

    int len = prefix_len + num->num_zeroes + num->num_digits;
    // A precision turns the 0 flag off, as does left alignment.
    if (spec->zero && !spec->left && spec->precision < 0 && len < spec->width) {
        num->num_zeroes += spec->width - len;
        len = spec->width;
    }

    emit_times(out, ' ', spec->left ? 0 : spec->width - len);
    emit_bytes(out, num->prefix, prefix_len);
    emit_times(out, '0', num->num_zeroes);
    emit_bytes(out, &num->digits[DIGITS_MAX - num->num_digits], num->num_digits);
    emit_times(out, ' ', spec->left ? spec->width - len : 0);
}

static void print_signed(struct output *out, const struct spec *spec, int64_t value) {
    struct number num = {.prefix = {(value < 0) ? '-' : spec->plus}};
    // Negated as an unsigned number: the lowest value has no positive counterpart.
    uint64_t magnitude = (value < 0) ? 0 - (uint64_t) value : (uint64_t) value;
    make_digits(&num, magnitude, 10, "0123456789");
    print_number(out, spec, &num);
}

static void print_unsigned(struct output *out, const struct spec *spec, uint64_t value, char conv) {
    unsigned base = (conv == 'u') ? 10 : (conv == 'o') ? 8 : 16;
    struct number num = {.prefix = {'\0'}};
    make_digits(&num, value, base, (conv == 'X') ? "0123456789ABCDEF" : "0123456789abcdef");
    if (spec->alternate && base == 16 && value != 0) {
        num.prefix[0] = '0';
        num.prefix[1] = conv;
    } else if (spec->alternate && base == 8) {
        num.num_zeroes = 1;
    }
    print_number(out, spec, &num);
}

static void print_pointer(struct output *out, const struct spec *spec, uintptr_t value) {
    struct number num = {.prefix = "0x"};
    make_digits(&num, value, 16, "0123456789abcdef");
    print_number(out, spec, &num);
}

static const char *parse_flags(const char *fmt, struct spec *spec) {
    for (;; fmt++) {
        switch (*fmt) {
        case '-':
            spec->left = true;
            break;
        case '0':
            spec->zero = true;
            break;
        case '#':
            spec->alternate = true;
            break;
        case '+':
            spec->plus = '+';
            break;
        case ' ':
            spec->plus = (spec->plus == '+') ? '+' : ' ';
            break;
        default:
            return fmt;
        }
    }
}

static const char *parse_number(const char *fmt, int *value) {
    *value = 0;
    for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
        // A cap, so that no format string can overflow it.
        *value = MIN(*value * 10 + (*fmt - '0'), 10000);
    }
    return fmt;
}

static const char *parse_length(const char *fmt, struct spec *spec) {
    switch (*fmt) {
    case 'h':
        spec->size = (fmt[1] == 'h') ? sizeof(char) : sizeof(short);
        return fmt + ((fmt[1] == 'h') ? 2 : 1);
    case 'l':
        spec->size = (fmt[1] == 'l') ? sizeof(long long) : sizeof(long);
        return fmt + ((fmt[1] == 'l') ? 2 : 1);
    case 'z':
        spec->size = sizeof(size_t);
        return fmt + 1;
    case 't':
        spec->size = sizeof(ptrdiff_t);
        return fmt + 1;
    case 'j':
        spec->size = sizeof(intmax_t);
        return fmt + 1;
    default:
        spec->size = sizeof(int);
        return fmt;
    }
}

/// va_list may be an array type, which functions can't take a pointer to unless it is wrapped.
struct args {
    va_list ap;
};

/// Parses what is between % and the conversion's letter; returns where that letter is.
static const char *parse_spec(const char *fmt, struct spec *spec, struct args *args) {
    fmt = parse_flags(fmt, spec);
    if (*fmt == '*') {
        int width = va_arg(args->ap, int);
        spec->left = spec->left || width < 0;
        spec->width = (width < 0) ? -MAX(width, -INT32_MAX) : width;
        fmt++;
    } else {
        fmt = parse_number(fmt, &spec->width);
    }

    if (fmt[0] == '.' && fmt[1] == '*') {
        spec->precision = va_arg(args->ap, int);
        fmt += 2;
    } else if (fmt[0] == '.') {
        fmt = parse_number(fmt + 1, &spec->precision);
    }
    return parse_length(fmt, spec);
}

static uint64_t unsigned_arg(const struct spec *spec, struct args *args) {
    if (spec->size == sizeof(uint64_t)) {
        return va_arg(args->ap, uint64_t);
    }

    unsigned value = va_arg(args->ap, unsigned);
    switch (spec->size) {
    case sizeof(char):
        return (unsigned char) value;
    case sizeof(short):
        return (unsigned short) value;
    default:
        return value;
    }
}

static int64_t signed_arg(const struct spec *spec, struct args *args) {
    if (spec->size == sizeof(int64_t)) {
        return va_arg(args->ap, int64_t);
    }

    int value = va_arg(args->ap, int);
    switch (spec->size) {
    case sizeof(char):
        return (signed char) value;
    case sizeof(short):
        return (short) value;
    default:
        return value;
    }
}

/// Returns false, having printed nothing, if there is no such conversion.
static bool convert(struct output *out, const struct spec *spec, char conv, struct args *args) {
    switch (conv) {
    case 'd':
    case 'i':
        print_signed(out, spec, signed_arg(spec, args));
        return true;
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        print_unsigned(out, spec, unsigned_arg(spec, args), conv);
        return true;
    case 'p':
        print_pointer(out, spec, (uintptr_t) va_arg(args->ap, void *));
        return true;
    case 's':
        print_str(out, spec, va_arg(args->ap, const char *));
        return true;
    case 'c':
        print_char(out, spec, (char) va_arg(args->ap, int));
        return true;
    case '%':
        emit(out, '%');
        return true;
    default:
        return false;
    }
}

int vprintf_with(putc_t putc, void *ctx, const char *fmt, va_list ap) {
    struct output out = {.putc = putc, .ctx = ctx};
    struct args args;
    va_copy(args.ap, ap);
    while (*fmt != '\0') {
        if (*fmt != '%') {
            emit(&out, *fmt++);
            continue;
        }

        struct spec spec = {.precision = -1};
        const char *conv = parse_spec(fmt + 1, &spec, &args);
        if (*conv != '\0' && convert(&out, &spec, *conv, &args)) {
            fmt = conv + 1;
        } else {
            emit(&out, *fmt++);
        }
    }

    va_end(args.ap);
    return out.count;
}

struct buffer {
    char *buf;
    size_t size;
    size_t len;
};

static void put_into_buffer(void *ctx, char ch) {
    struct buffer *b = ctx;
    if (b->len + 1 < b->size) {
        b->buf[b->len] = ch;
        b->len++;
    }
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap) {
    struct buffer b = {.buf = buf, .size = size};
    int len = vprintf_with(put_into_buffer, &b, fmt, ap);
    if (size > 0) {
        buf[b.len] = '\0';
    }
    return len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return len;
}
