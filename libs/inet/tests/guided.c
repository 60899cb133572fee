// What libFuzzer drives: drive.h says what its bytes stand for.

#include "drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    drive(data, len);
    return 0;
}
