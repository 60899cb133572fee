#include <stdlib.h>
#include <string.h>
#include <unittest.h>

#include "../blake2s.h"
#include "../chacha20.h"
#include "../drbg.h"

static uint8_t digit(char c) {
    return (uint8_t) (c <= '9' ? c - '0' : c - 'a' + 10);
}

static void expect_hex(const uint8_t *data, const char *hex) {
    uint8_t expected[CHACHA20_BLOCK_LEN];
    size_t len = strlen(hex) / 2;
    for (size_t i = 0; i < len; i++) {
        expected[i] = (uint8_t) (digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    }
    TEST_EXPECT_MEM_EQ(data, expected, len);
}

TEST("ChaCha20 makes the blocks of RFC 8439, 2.3.2 and A.1") {
    uint8_t key[CHACHA20_KEY_LEN], block[CHACHA20_BLOCK_LEN];
    for (unsigned i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t) i;
    }
    static const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a};
    chacha20_block(key, 1, nonce, block);
    expect_hex(block, "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
                      "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
    static const uint8_t zeroes[CHACHA20_KEY_LEN];
    chacha20_block(zeroes, 0, zeroes, block);
    expect_hex(block, "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                      "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
    chacha20_block(zeroes, 1, zeroes, block);
    expect_hex(block, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                      "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

/// Bytes 0, 1, 2, …, of which a hash gets `len`, in pieces.
static void hash(size_t key_len, size_t len, size_t piece, uint8_t result[BLAKE2S_LEN]) {
    uint8_t data[1000];
    for (unsigned i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t) i;
    }
    struct blake2s state;
    blake2s_init(&state, data, key_len);
    for (size_t i = 0; i < len; i += piece) {
        blake2s_add(&state, &data[i], MIN(piece, len - i));
    }
    blake2s_finish(&state, result);
}

TEST("BLAKE2s agrees with RFC 7693, appendix B, and with Python's hashlib") {
    uint8_t result[BLAKE2S_LEN];
    struct blake2s state;
    blake2s_init(&state, NULL, 0);
    blake2s_add(&state, "abc", 3);
    blake2s_finish(&state, result);
    expect_hex(result, "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");

    static const struct {
        size_t key_len, len;
        const char *hex;
    } cases[] = {
        {0, 0, "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
        {0, 64, "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e"},
        {0, 65, "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472"},
        {0, 128, "1fa877de67259d19863a2a34bcc6962a2b25fcbf5cbecd7ede8f1fa36688a796"},
        {0, 1000, "b5f9d7799111edafc9326fbf667be98140b5e20ce5e151793c59125bf654ac18"},
        {32, 0, "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"},
        {32, 64, "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4"},
        {16, 255, "172201ff4b7e240167b03ae037ce150d6fdf5fe4edf9e2f0d3b5df2f08c83081"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const size_t pieces[] = {1000, 64, 63, 1};
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
            hash(cases[i].key_len, cases[i].len, pieces[j], result);
            expect_hex(result, cases[i].hex);
        }
    }
}

static void seed_with(uint8_t value) {
    uint8_t seed[CHACHA20_KEY_LEN];
    memset(seed, value, sizeof(seed));
    drbg_seed(seed);
}

TEST("nothing is given twice, however it is asked for, and a new seed changes all that follows") {
    uint8_t parts[2000], more[2000];
    seed_with(1);
    for (size_t done = 0, part = 1; done < sizeof(parts); part++) {
        size_t len = MIN(part, sizeof(parts) - done);
        drbg_fill(&parts[done], len);
        done += len;
    }
    drbg_fill(more, sizeof(more));
    for (size_t i = 0; i + 16 <= sizeof(parts); i++) {
        for (size_t j = i + 1; j + 16 <= sizeof(parts); j += 1) {
            if (memcmp(&parts[i], &parts[j], 16) == 0) {
                TEST_EXPECT_EQ(i, j);
            }
        }
        TEST_EXPECT(memcmp(&parts[i], &more[i], 16) != 0);
    }
    // The same seed again: the key before it counts, too.
    seed_with(1);
    drbg_fill(more, sizeof(more));
    TEST_EXPECT(memcmp(parts, more, 16) != 0);
}

/// The number of bits that are set in a byte.
static unsigned ones(uint8_t byte) {
    return (unsigned) __builtin_popcount(byte);
}

TEST("four million bytes pass for random: bits, runs, bytes, and pairs of bytes") {
    static uint8_t data[1 << 22];
    static uint32_t pairs[1 << 16];
    memset(pairs, 0, sizeof(pairs));
    seed_with(2);
    drbg_fill(data, sizeof(data));
    uint64_t set = 0, changes = 0;
    uint64_t bytes[256] = {0};
    for (size_t i = 0; i < sizeof(data); i++) {
        set += ones(data[i]);
        changes += ones((uint8_t) (data[i] ^ (data[i] >> 1 | data[i] << 7)));
        bytes[data[i]]++;
        if (i % 2 == 1) {
            pairs[data[i - 1] << 8 | data[i]]++;
        }
    }
    // 2^25 bits: the standard deviation is 2^12.5 / 2 = 2896; we allow for five of them.
    TEST_EXPECT_LT(llabs((long long) set - (1 << 24)), 5 * 2896);
    TEST_EXPECT_LT(llabs((long long) changes - (1 << 24)), 5 * 2896);
    // Chi-square, with 255 and 65535 degrees of freedom: mean 255 and 65535, deviation 22.6 and
    // 362.
    double chi = 0, expected = sizeof(data) / 256.0;
    for (unsigned i = 0; i < 256; i++) {
        chi += ((double) bytes[i] - expected) * ((double) bytes[i] - expected) / expected;
    }
    TEST_EXPECT_GT(chi, 255 - 5 * 22.6);
    TEST_EXPECT_LT(chi, 255 + 5 * 22.6);
    chi = 0;
    expected = sizeof(data) / 2 / 65536.0;
    for (unsigned i = 0; i < 65536; i++) {
        chi += (pairs[i] - expected) * (pairs[i] - expected) / expected;
    }
    TEST_EXPECT_GT(chi, 65535 - 5 * 362);
    TEST_EXPECT_LT(chi, 65535 + 5 * 362);
}
