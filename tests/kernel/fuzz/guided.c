// The driver for libFuzzer, which looks for bytes that lead where none have led before. Where a
// sequence has led its process is added up here, for libFuzzer to see.

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sequence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/// How often each piece of code has run: the compiler puts the counters side by side.
extern uint8_t counters_start[] __asm__("__start___sancov_cntrs");
extern uint8_t counters_end[] __asm__("__stop___sancov_cntrs");

static uint8_t *childs_counters;
static const struct progress *progress;
static size_t num_sequences, num_steps, num_failures;

/// The line that `scons soak` reads.
static void report(void) {
    printf("%zu sequences, %zu steps, %zu failures\n", num_sequences, num_steps, num_failures);
    fflush(stdout);
}

static size_t counters_len(void) {
    return (size_t) (counters_end - counters_start);
}

static void init(void) {
    progress = sequence_init();
    childs_counters =
        mmap(NULL, counters_len(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!progress || childs_counters == MAP_FAILED) {
        abort();
    }
    atexit(report);
}

static void hand_counters_to_parent(void) {
    memcpy(childs_counters, counters_start, counters_len());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!progress) {
        init();
    }
    bool failed =
        sequence_make_up((struct source){.data = data, .len = len}, hand_counters_to_parent);
    memcpy(counters_start, childs_counters, counters_len());
    num_sequences++;
    num_steps += progress->done;
    if (failed) {
        num_failures++;
        sequence_show_last();
        report();
        abort();
    }
    return 0;
}
