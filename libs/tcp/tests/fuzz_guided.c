// libFuzzer's inputs for fuzz.c.

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    (void) fuzz_run(data, len);
    return 0;
}
