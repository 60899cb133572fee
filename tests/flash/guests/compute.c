// Arithmetic of many kinds, whose results go to the serial line: the simulated core must come to the
// same ones as QEMU's.

#include <stdint.h>

#define REG(offset) (*(volatile uint32_t *) (0x40002000 + (offset)))

int main(void);

static uint32_t table[64];

static void put(char c) {
    REG(0x51c) = (uint8_t) c;
    while (!REG(0x11c)) {}
    REG(0x11c) = 0;
}

static void put_hex(uint32_t value) {
    for (int shift = 28; shift >= 0; shift -= 4) {
        put("0123456789abcdef"[value >> shift & 15]);
    }
    put('\n');
}

static uint32_t mix(uint32_t x, uint32_t n) {
    x += n * 2246822519u;
    x ^= x << (n & 31);
    x = x >> 7 | x << 25;
    x += (uint32_t) ((int32_t) x >> (n & 15)) * 2654435761u;
    return x ^ __builtin_bswap32(x) ^ (uint32_t) (int16_t) x ^ (uint8_t) (x >> 9);
}

static uint32_t crc(const uint8_t *bytes, uint32_t len) {
    uint32_t sum = ~0u;
    while (len--) {
        sum ^= *bytes++;
        for (int i = 0; i < 8; i++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
        }
    }
    return ~sum;
}

static void sort(int32_t *values, int count) {
    for (int i = 1; i < count; i++) {
        for (int j = i; j > 0 && values[j - 1] > values[j]; j--) {
            int32_t swap = values[j];
            values[j] = values[j - 1];
            values[j - 1] = swap;
        }
    }
}

/// Shifts by registers, with counts around the width: the flags decide as well as the values.
static uint32_t shifts(uint32_t x) {
    uint32_t sum = 0;
    for (uint32_t count = 0; count < 260; count += 15) {
        uint32_t value = x, flags;
        __asm__(
            "lsls %0, %1\n adcs %0, %0\n lsrs %0, %1\n adcs %0, %0\n asrs %0, %1\n adcs %0, %0\n"
            "rors %0, %1\n adcs %0, %0\n mrs %2, apsr"
            : "+l"(value), "+l"(count), "=l"(flags)
            :
            : "cc");
        sum = (sum << 1 | sum >> 31) ^ value ^ flags;
    }
    return sum;
}

int main(void) {
    int64_t wide = 1;
    REG(0x50c) = 25;
    REG(0x524) = 0x1d7e000;
    REG(0x500) = 4;
    REG(0x008) = 1;
    for (uint32_t i = 0; i < 64; i++) {
        table[i] = mix(i ? table[i - 1] : 12345, i);
        wide = ((wide << 3) ^ wide) + (int32_t) table[i] - (wide >> 5);
    }
    put_hex(crc((const uint8_t *) table, sizeof(table)));
    put_hex((uint32_t) wide);
    put_hex((uint32_t) (wide >> 32));
    put_hex(shifts(table[5]));
    put_hex(shifts(0x80000001));
    sort((int32_t *) table, 64);
    put_hex(crc((const uint8_t *) table, sizeof(table)));
    put('.');
    put('\n');
    return 0;
}
