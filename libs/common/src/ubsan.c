#include <sanitizer.h>

/// \file
/// The functions that code compiled with -fsanitize=undefined calls when a check fails. Their names
/// and the layout of their first argument are the compiler's (clang 14).

/// The name of a handler. Its unit test, which the compiler's own run-time library is linked to, has
/// other names.
#ifndef UBSAN_HANDLER
#    define UBSAN_HANDLER(name) __ubsan_handle_##name
#endif

struct location {
    const char *file;
    uint32_t line;
    uint32_t column;
};

/// Almost every check describes itself with a struct that begins with the place in the source.
struct data {
    struct location loc;
};

struct type_mismatch_data {
    struct location loc;
    const void *type;
    uint8_t log_align;
    uint8_t kind;
};

static void report(const char *what, const struct location *loc) {
    ubsan_report(what, (loc->file != NULL) ? loc->file : "(unknown)", loc->line, loc->column);
}

/// Defines the handler of a check, in the form that goes on and in the form that may not.
#define HANDLER(name, what)                                                \
    void UBSAN_HANDLER(name)(const struct data *data);                     \
    void UBSAN_HANDLER(name)(const struct data *data) {                    \
        report(what, &data->loc);                                          \
    }                                                                      \
    __noreturn void UBSAN_HANDLER(name##_abort)(const struct data *data);  \
    __noreturn void UBSAN_HANDLER(name##_abort)(const struct data *data) { \
        report(what, &data->loc);                                          \
        __builtin_trap();                                                  \
    }

HANDLER(add_overflow, "signed integer overflow in an addition")
HANDLER(sub_overflow, "signed integer overflow in a subtraction")
HANDLER(mul_overflow, "signed integer overflow in a multiplication")
HANDLER(negate_overflow, "signed integer overflow in a negation")
HANDLER(divrem_overflow, "division by zero or overflow in a division")
HANDLER(shift_out_of_bounds, "shift by a negative or too large amount")
HANDLER(out_of_bounds, "array index out of bounds")
HANDLER(vla_bound_not_positive, "variable-length array whose length isn't positive")
HANDLER(float_cast_overflow, "number out of range in a conversion from floating point")
HANDLER(load_invalid_value, "invalid value of a bool or enum")
HANDLER(implicit_conversion, "implicit conversion that changes the value")
HANDLER(invalid_builtin, "zero passed to a bit-counting builtin")
HANDLER(pointer_overflow, "pointer arithmetic that overflows")
HANDLER(alignment_assumption, "pointer is less aligned than promised")
HANDLER(nonnull_arg, "null pointer as an argument that must not be null")
HANDLER(nullability_arg, "null pointer as an argument declared _Nonnull")

/// These checks give the place as their second argument.
#define RETURN_HANDLER(name, what)                                                             \
    void UBSAN_HANDLER(name)(const void *data, const struct location *loc);                    \
    void UBSAN_HANDLER(name)(const void *data __unused, const struct location *loc) {          \
        report(what, loc);                                                                     \
    }                                                                                          \
    __noreturn void UBSAN_HANDLER(name##_abort)(const void *data, const struct location *loc); \
    __noreturn void UBSAN_HANDLER(name##_abort)(const void *data __unused,                     \
                                                const struct location *loc) {                  \
        report(what, loc);                                                                     \
        __builtin_trap();                                                                      \
    }

RETURN_HANDLER(nonnull_return_v1, "null pointer returned where it must not be null")
RETURN_HANDLER(nullability_return_v1, "null pointer returned as a _Nonnull value")

/// There is nothing to go on with after these.
#define FATAL_HANDLER(name, what)                                  \
    __noreturn void UBSAN_HANDLER(name)(const struct data *data);  \
    __noreturn void UBSAN_HANDLER(name)(const struct data *data) { \
        report(what, &data->loc);                                  \
        __builtin_trap();                                          \
    }

FATAL_HANDLER(builtin_unreachable, "code marked as unreachable was reached")
FATAL_HANDLER(missing_return, "function ended without returning a value")

static void report_type_mismatch(const struct type_mismatch_data *data, uintptr_t ptr) {
    uintptr_t align = (uintptr_t) 1 << data->log_align;
    if (ptr == 0) {
        report("use of a null pointer", &data->loc);
    } else if (!IS_ALIGNED(ptr, align)) {
        report("use of a misaligned pointer", &data->loc);
    } else {
        report("use of a pointer to too small an object", &data->loc);
    }
}

void UBSAN_HANDLER(type_mismatch_v1)(const struct type_mismatch_data *data, uintptr_t ptr);
__noreturn void UBSAN_HANDLER(type_mismatch_v1_abort)(const struct type_mismatch_data *data,
                                                      uintptr_t ptr);

void UBSAN_HANDLER(type_mismatch_v1)(const struct type_mismatch_data *data, uintptr_t ptr) {
    report_type_mismatch(data, ptr);
}

__noreturn void UBSAN_HANDLER(type_mismatch_v1_abort)(const struct type_mismatch_data *data,
                                                      uintptr_t ptr) {
    report_type_mismatch(data, ptr);
    __builtin_trap();
}
