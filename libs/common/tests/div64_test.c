#include <div64.h>
#include <unittest.h>

static void check(uint64_t n, uint32_t d) {
    uint64_t quotient = n;
    TEST_EXPECT_EQ(div64_by_bits(&quotient, d), n % d);
    TEST_EXPECT_EQ(quotient, n / d);
    quotient = n;
    TEST_EXPECT_EQ(div64(&quotient, d), n % d);
    TEST_EXPECT_EQ(quotient, n / d);
}

TEST("div64 divides as the machine does") {
    static const uint64_t numbers[] = {
        0,
        1,
        9,
        10,
        16000,
        0x7fffffff,
        0x80000000,
        0xffffffff,
        0x100000000,
        0x123456789abcdef0,
        0x7fffffffffffffff,
        0x8000000000000000,
        0xffffffffffffffff,
    };
    static const uint32_t divisors[] = {1, 2, 8, 10, 16, 1000, 16000, 0x10000, 0x7fffffff};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (size_t k = 0; k < sizeof(divisors) / sizeof(divisors[0]); k++) {
            check(numbers[i], divisors[k]);
        }
    }
}

TEST("mul64 multiplies as the machine does") {
    static const uint32_t numbers[] = {0, 1, 3, 16000, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
            uint64_t expected = (uint64_t) numbers[i] * numbers[k];
            TEST_EXPECT_EQ(mul64_by_bits(numbers[i], numbers[k]), expected);
            TEST_EXPECT_EQ(mul64(numbers[i], numbers[k]), expected);
        }
    }
}
