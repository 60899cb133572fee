// The driver for libFuzzer, which looks for bytes that lead where none have led before. All sequences
// are run by one process: it has one machine, of as many CPUs as FUZZ_CPUS in the environment says (2).

#include <stdarg.h>
#include <stdlib.h>

#include "exec.h"
#include "generate.h"

#define SEQUENCE_LEN 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct setup setup;
static struct op ops[SEQUENCE_LEN];
static size_t num;

void fuzz_failed(const char *format, ...) {
    va_list args;
    va_start(args, format);
    printf("step %zu: ", num);
    vprintf(format, args);
    va_end(args);
    printf("\n---- the sequence; kernel-fuzz --shrink FILE makes it shorter:\n");
    sequence_print(stdout, &setup, ops, num);
    fflush(stdout);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    const char *cpus = getenv("FUZZ_CPUS");
    struct source source = {.data = data, .len = len};
    setup = generate_setup(&source);
    setup.cpus = cpus ? (unsigned) atoi(cpus) : 2;
    exec_begin(&setup);
    for (num = 0; num < SEQUENCE_LEN && source.len; num++) {
        ops[num] = generate_op(&source);
        exec_step(&ops[num]);
    }
    exec_end();
    return 0;
}
