// Random bytes for fuzz.c: a program of its own, `libs-tcp-fuzz [--seed=N] [--steps=N]`.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/tests/random.h"
#include "fuzz.h"

#define RUN_LEN 4096

static uint64_t argument(int argc, char **argv, const char *name, uint64_t otherwise) {
    size_t len = strlen(name);
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], name, len) == 0) {
            return strtoull(argv[i] + len, NULL, 10);
        }
    }
    return otherwise;
}

int main(int argc, char **argv) {
    uint64_t seed = argument(argc, argv, "--seed=", 1);
    uint64_t wanted = argument(argc, argv, "--steps=", 200000);
    uint64_t steps = 0, runs = 0;
    for (; steps < wanted; runs++) {
        uint32_t state = (uint32_t) (seed + runs) * 2654435761u | 1;
        uint8_t bytes[RUN_LEN];
        for (unsigned i = 0; i < RUN_LEN; i++) {
            bytes[i] = (uint8_t) (random_next(&state) >> 11);
        }
        unsigned long long this_seed = seed + runs;
        fprintf(stderr, "seed %llu\r", this_seed);
        steps += fuzz_run(bytes, RUN_LEN);
    }
    printf("%llu sequences, %llu steps, 0 failures\n", (unsigned long long) runs,
           (unsigned long long) steps);
    printf("%llu connections accepted, %llu bytes read\n", (unsigned long long) fuzz_connections,
           (unsigned long long) fuzz_bytes);
    // A campaign in which nothing gets anywhere would test little.
    return (fuzz_connections * 1000 >= steps && fuzz_bytes >= steps) ? 0 : 1;
}
