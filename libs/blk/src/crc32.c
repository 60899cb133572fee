#include "crc32.h"

/// The polynomial's bits in reverse order.
#define POLYNOMIAL 0xedb88320u

uint32_t crc32(uint32_t crc, const void *data, size_t len) {
    const uint8_t *bytes = data;
    crc = ~crc;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) ? POLYNOMIAL : 0);
        }
    }
    return ~crc;
}
