#include "measure.h"

#include <arch_user.h>
#include <resea/printf.h>

#define TIMES_PER_ROW 1000
#define ROWS          5

static void do_nothing(void) {
    // Keeps the compiler from dropping the loop around it.
    __asm__ __volatile__("" ::: "memory");
}

static uint64_t measure_row(unsigned times, void (*run)(void)) {
    uint64_t start = arch_cpu_cycles();
    for (unsigned i = 0; i < times; i++) {
        run();
    }

    return arch_cpu_cycles() - start;
}

static uint64_t best_row(unsigned times, void (*run)(void)) {
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < ROWS; i++) {
        best = MIN(best, measure_row(times, run));
    }

    return best;
}

void measure_slow(const char *name, unsigned times, void (*run)(void)) {
    // The first calls fault in pages, here and on the other side.
    run();
    run();
    uint64_t empty = best_row(times, do_nothing);
    METRIC(name, (best_row(times, run) - empty) / times, "cycles");
}

void measure(const char *name, void (*run)(void)) {
    measure_slow(name, TIMES_PER_ROW, run);
}
