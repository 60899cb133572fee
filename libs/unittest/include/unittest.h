#ifndef __UNITTEST_H__
#define __UNITTEST_H__

/// \file
/// Unit tests, which run on the development machine under the address and undefined behaviour
/// sanitizers:
///
///     #include <unittest.h>
///
///     TEST("1 + 1 equals to 2") {
///         TEST_EXPECT_EQ(add(1, 1), 2);
///     }
///
/// The tests of a component, listed as `unittests` in its SConscript, make one program. There are no
/// system calls in it: what the code under test calls is the C library's malloc and string functions,
/// what libs/unittest has of <resea/printf.h>, and stubs that the tests define.
///
/// An expectation that fails is printed with its place, its two sides and their values; the test goes
/// on, and the program ends with status 1 after all of them. Given an argument, the program runs only
/// the tests whose titles contain it.

#include <stdbool.h>
#include <stddef.h>

/// Defines a test. The title is for people: what holds, in words.
#define TEST(title) __UNITTEST_DEFINE(title, __COUNTER__)

/// Both sides are evaluated once. They are compared as C compares them, and so must be numbers or
/// pointers.
#define TEST_EXPECT_EQ(a, b) __UNITTEST_COMPARE(a, ==, b)
#define TEST_EXPECT_NE(a, b) __UNITTEST_COMPARE(a, !=, b)
#define TEST_EXPECT_LT(a, b) __UNITTEST_COMPARE(a, <, b)
#define TEST_EXPECT_LE(a, b) __UNITTEST_COMPARE(a, <=, b)
#define TEST_EXPECT_GT(a, b) __UNITTEST_COMPARE(a, >, b)
#define TEST_EXPECT_GE(a, b) __UNITTEST_COMPARE(a, >=, b)
#define TEST_EXPECT(expr)    unittest_expect(!!(expr), __FILE__, __LINE__, #expr)
/// Strings with the same characters; NULL equals NULL only.
#define TEST_EXPECT_STR_EQ(a, b) unittest_expect_str(a, b, __FILE__, __LINE__, #a, #b)
/// `len` equal bytes.
#define TEST_EXPECT_MEM_EQ(a, b, len) unittest_expect_mem(a, b, len, __FILE__, __LINE__, #a, #b)

// What the macros above consist of.

struct unittest_case {
    const char *title;
    const char *file;
    void (*run)(void);
    struct unittest_case *next;
};

/// A number or pointer, ready to be printed.
struct unittest_value {
    char text[32];
};

void unittest_register(struct unittest_case *test);
bool unittest_expect(bool ok, const char *file, int line, const char *expr);
void unittest_expect_str(const char *a, const char *b, const char *file, int line,
                         const char *a_expr, const char *b_expr);
void unittest_expect_mem(const void *a, const void *b, size_t len, const char *file, int line,
                         const char *a_expr, const char *b_expr);
void unittest_failed_compare(const char *file, int line, const char *expr,
                             struct unittest_value left, struct unittest_value right);
struct unittest_value unittest_signed(long long value);
struct unittest_value unittest_unsigned(unsigned long long value);
struct unittest_value unittest_float(double value);
struct unittest_value unittest_pointer(const volatile void *value);

/// Runs the tests whose titles contain `filter` (NULL: all) and prints a summary. Returns how many
/// failed.
int unittest_run_all(const char *filter);

#define __UNITTEST_CAT2(a, b) a##b
#define __UNITTEST_CAT(a, b)  __UNITTEST_CAT2(a, b)

#define __UNITTEST_DEFINE(test_title, id)                                                   \
    static void __UNITTEST_CAT(unittest_body_, id)(void);                                   \
    __attribute__((constructor)) static void __UNITTEST_CAT(unittest_register_, id)(void) { \
        static struct unittest_case test = {test_title, __FILE__,                           \
                                            __UNITTEST_CAT(unittest_body_, id), NULL};      \
        unittest_register(&test);                                                           \
    }                                                                                       \
    static void __UNITTEST_CAT(unittest_body_, id)(void)

#define __UNITTEST_VALUE(value)                      \
    _Generic((value), bool                           \
             : unittest_unsigned, char               \
             : unittest_signed, signed char          \
             : unittest_signed, short                \
             : unittest_signed, int                  \
             : unittest_signed, long                 \
             : unittest_signed, long long            \
             : unittest_signed, unsigned char        \
             : unittest_unsigned, unsigned short     \
             : unittest_unsigned, unsigned           \
             : unittest_unsigned, unsigned long      \
             : unittest_unsigned, unsigned long long \
             : unittest_unsigned, float              \
             : unittest_float, double                \
             : unittest_float, default               \
             : unittest_pointer)(value)

#define __UNITTEST_COMPARE(a, op, b)                                                            \
    do {                                                                                        \
        _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wsign-compare\"") \
            _Pragma("clang diagnostic ignored \"-Wshadow\"") __auto_type __left = (a);          \
        __auto_type __right = (b);                                                              \
        if (!unittest_expect(__left op __right, NULL, 0, NULL)) {                               \
            unittest_failed_compare(__FILE__, __LINE__, #a " " #op " " #b,                      \
                                    __UNITTEST_VALUE(__left), __UNITTEST_VALUE(__right));       \
        }                                                                                       \
        _Pragma("clang diagnostic pop")                                                         \
    } while (0)

#endif
