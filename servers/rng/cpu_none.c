#include "cpu.h"

bool cpu_read_seed(uint64_t *word __unused) {
    return false;
}

bool cpu_read_random(uint64_t *word __unused) {
    return false;
}
