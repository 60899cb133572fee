#include "../sha256.h"

#include <string.h>
#include <unittest.h>

static void expect_sum(struct sha256 *sum, const char *hex) {
    static const char digits[] = "0123456789abcdef";
    uint8_t digest[SHA256_LEN];
    char text[2 * SHA256_LEN + 1] = "";
    sha256_end(sum, digest);
    for (unsigned i = 0; i < SHA256_LEN; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 0xf];
    }
    TEST_EXPECT_STR_EQ(text, hex);
}

TEST("SHA-256: the examples of NIST") {
    struct sha256 sum;
    sha256_begin(&sum);
    sha256_add(&sum, "abc", 3);
    expect_sum(&sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_begin(&sum);
    expect_sum(&sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    // A million times "a", in parts that fill no block.
    sha256_begin(&sum);
    char part[100];
    memset(part, 'a', sizeof(part));
    for (unsigned i = 0; i < 10000; i++) {
        sha256_add(&sum, part, sizeof(part));
    }
    expect_sum(&sum, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST("SHA-256: all lengths up to 299, around each border of the padding") {
    uint8_t data[300], digest[SHA256_LEN];
    struct sha256 all, sum;
    sha256_begin(&all);
    for (unsigned len = 0; len < sizeof(data); len++) {
        data[len] = (uint8_t) len;
        sha256_begin(&sum);
        sha256_add(&sum, data, len);
        sha256_end(&sum, digest);
        sha256_add(&all, digest, sizeof(digest));
    }
    expect_sum(&all, "df90175783c44235cf6aefd935a2c2747f42399416d16789ece339f1fd26d835");
}
