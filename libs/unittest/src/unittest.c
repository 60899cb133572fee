#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unittest.h>

static struct unittest_case *first_case;
static struct unittest_case **last_next = &first_case;
/// Expectations of the running test that failed.
static int num_failures;

void unittest_register(struct unittest_case *test) {
    *last_next = test;
    last_next = &test->next;
}

static const char *colour(const char *sequence) {
    return isatty(STDOUT_FILENO) ? sequence : "";
}

static void print_failure(const char *file, int line, const char *expr) {
    printf("%s:%d: %sfailed%s: %s\n", file, line, colour("\033[1;31m"), colour("\033[0m"), expr);
}

bool unittest_expect(bool ok, const char *file, int line, const char *expr) {
    if (!ok) {
        num_failures++;
    }
    if (!ok && expr != NULL) {
        print_failure(file, line, expr);
    }
    return ok;
}

void unittest_failed_compare(const char *file, int line, const char *expr,
                             struct unittest_value left, struct unittest_value right) {
    print_failure(file, line, expr);
    printf("    left:  %s\n    right: %s\n", left.text, right.text);
}

static void print_str(const char *side, const char *s) {
    if (s == NULL) {
        printf("    %s NULL\n", side);
    } else {
        printf("    %s \"%s\"\n", side, s);
    }
}

void unittest_expect_str(const char *a, const char *b, const char *file, int line,
                         const char *a_expr, const char *b_expr) {
    bool equal = (a == NULL || b == NULL) ? a == b : strcmp(a, b) == 0;
    if (!unittest_expect(equal, NULL, 0, NULL)) {
        printf("%s:%d: %sfailed%s: %s equals %s\n", file, line, colour("\033[1;31m"),
               colour("\033[0m"), a_expr, b_expr);
        print_str("left: ", a);
        print_str("right:", b);
    }
}

void unittest_expect_mem(const void *a, const void *b, size_t len, const char *file, int line,
                         const char *a_expr, const char *b_expr) {
    const unsigned char *p = a;
    const unsigned char *q = b;
    for (size_t i = 0; i < len; i++) {
        if (p[i] != q[i]) {
            unittest_expect(false, NULL, 0, NULL);
            printf("%s:%d: %sfailed%s: the bytes of %s and %s are equal\n", file, line,
                   colour("\033[1;31m"), colour("\033[0m"), a_expr, b_expr);
            printf("    byte %zu: %#x and %#x\n", i, p[i], q[i]);
            return;
        }
    }
}

struct unittest_value unittest_signed(long long value) {
    struct unittest_value v;
    snprintf(v.text, sizeof(v.text), "%lld", value);
    return v;
}

struct unittest_value unittest_unsigned(unsigned long long value) {
    struct unittest_value v;
    snprintf(v.text, sizeof(v.text), "%llu", value);
    return v;
}

struct unittest_value unittest_float(double value) {
    struct unittest_value v;
    snprintf(v.text, sizeof(v.text), "%.17g", value);
    return v;
}

struct unittest_value unittest_pointer(const volatile void *value) {
    struct unittest_value v;
    snprintf(v.text, sizeof(v.text), "%p", (void *) value);
    return v;
}

static bool run_case(const struct unittest_case *test) {
    num_failures = 0;
    test->run();
    bool passed = num_failures == 0;
    printf("%s%s%s %s (%s)\n", colour(passed ? "\033[32m" : "\033[1;31m"), passed ? "pass" : "FAIL",
           colour("\033[0m"), test->title, test->file);
    fflush(stdout);
    return passed;
}

int unittest_run_all(const char *filter) {
    int passed = 0;
    int failed = 0;
    for (struct unittest_case *test = first_case; test != NULL; test = test->next) {
        if (filter != NULL && strstr(test->title, filter) == NULL) {
            continue;
        }
        if (run_case(test)) {
            passed++;
        } else {
            failed++;
        }
    }

    printf("%d passed, %d failed\n", passed, failed);
    return failed;
}
