#include "measure.h"

#include <arch_user.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

#define TIMES_PER_ROW 1000
#define ROWS          5

/// The clock's rate and an instruction's time, if that is what is to be counted.
static uint64_t clock_hz;
static unsigned instruction_ns;

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

void measure_init(void) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    clock_hz = kernel.clock_hz;
    const char *ns = cmdline_option("instruction-ns");
    instruction_ns = ns ? (unsigned) atoi(ns) : 0;
}

uint64_t measure_counted(uint64_t cycles) {
    return instruction_ns ? cycles * 1000000000 / (clock_hz * instruction_ns) : cycles;
}

void measure_slow(const char *name, unsigned times, void (*run)(void)) {
    // The first calls fault in pages, here and on the other side.
    run();
    run();
    uint64_t empty = best_row(times, do_nothing);
    METRIC(name, measure_counted(best_row(times, run) - empty) / times, "cycles");
}

void measure_span(const char *name, unsigned times, uint64_t (*run)(void)) {
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < ROWS; i++) {
        uint64_t sum = 0;
        for (unsigned k = 0; k < times; k++) {
            sum += run();
        }
        best = MIN(best, sum);
    }
    METRIC(name, measure_counted(best) / times, "cycles");
}

void measure(const char *name, void (*run)(void)) {
    measure_slow(name, TIMES_PER_ROW, run);
}
