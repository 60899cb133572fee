// Random inputs of drive.h, as a program for this machine: --seed=N --steps=N (inputs).

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/tests/random.h"
#include "drive.h"

#define INPUT_MAX 2000
#define STEPS     60000
/// Inputs after which it is said how far it is, so that what failed can be found.
#define REPORT 10000

static unsigned long number(const char *argument, const char *name, unsigned long otherwise) {
    size_t len = strlen(name);
    return (strncmp(argument, name, len) == 0) ? strtoul(argument + len, NULL, 10) : otherwise;
}

/// Small numbers are more often right: they are lengths, types and choices.
static uint8_t random_byte(uint32_t *state) {
    uint32_t kind = random_below(state, 4);
    return (uint8_t) random_below(state, (kind == 0) ? 256 : (kind == 1) ? 64 : 16);
}

int main(int argc, char **argv) {
    unsigned long seed = 1, steps = STEPS;
    for (int i = 1; i < argc; i++) {
        seed = number(argv[i], "--seed=", seed);
        steps = number(argv[i], "--steps=", steps);
    }
    uint8_t input[INPUT_MAX];
    for (unsigned long step = 0; step < steps; step++) {
        uint32_t state = (uint32_t) (seed * 1000003 + step + 1);
        size_t len = random_below(&state, INPUT_MAX);
        for (size_t i = 0; i < len; i++) {
            input[i] = random_byte(&state);
        }
        if (step % REPORT == 0) {
            fprintf(stderr, "from input %lu on\n", step);
        }
        drive(input, len);
    }
    printf("%lu inputs, 0 failures\n", steps);
    return 0;
}
