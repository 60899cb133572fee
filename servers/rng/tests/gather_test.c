#include "../gather.h"

#include <resea/syscall.h>
#include <string.h>
#include <unittest.h>

#include "../cpu.h"
#include "../drbg.h"
#include "../pool.h"
#include "../waiters.h"

/// The processor: how many words its generators give yet.
static unsigned seeds_left, randoms_left;
static bool stuck;
static uint64_t next_word;

static bool read_word(unsigned *left, uint64_t *word) {
    if (*left == 0) {
        return false;
    }
    (*left)--;
    next_word += stuck ? 0 : 1;
    *word = next_word;
    return true;
}

bool cpu_read_seed(uint64_t *word) {
    return read_word(&seeds_left, word);
}

bool cpu_read_random(uint64_t *word) {
    return read_word(&randoms_left, word);
}

static struct task_info task;

int sys_info(int kind, unsigned index, void *buffer, size_t len) {
    TEST_EXPECT_EQ(kind, INFO_TASK);
    TEST_EXPECT_EQ(len, sizeof(task));
    if (index != (unsigned) TASK_SLOT(task.tid)) {
        return ERR_NOT_FOUND;
    }
    memcpy(buffer, &task, sizeof(task));
    return (int) sizeof(task);
}

static void reset(unsigned seeds, unsigned randoms) {
    pool_init();
    seeds_left = seeds;
    randoms_left = randoms;
    stuck = false;
    next_word = 100;
}

TEST("RDSEED's bits are all counted, half of RDRAND's, and RDRAND is asked only for want of "
     "RDSEED") {
    reset(100, 100);
    gather_from_cpu();
    TEST_EXPECT_EQ(pool_pending_bits(), 256);
    TEST_EXPECT_EQ(seeds_left, 96);
    TEST_EXPECT_EQ(randoms_left, 100);
    TEST_EXPECT_EQ(pool_source(RNG_SOURCE_RDSEED)->bits, 256);
    TEST_EXPECT_EQ(pool_source(RNG_SOURCE_RDSEED)->samples, 4);

    reset(0, 100);
    gather_from_cpu();
    TEST_EXPECT_EQ(pool_pending_bits(), 256);
    TEST_EXPECT_EQ(randoms_left, 92);
    TEST_EXPECT_EQ(pool_source(RNG_SOURCE_RDRAND)->bits, 256);

    reset(0, 0);
    gather_from_cpu();
    TEST_EXPECT_EQ(pool_pending_bits(), 0);
    TEST_EXPECT(!pool_try_seed(0));

    // A generator that repeats itself is given up after its first word.
    reset(100, 0);
    stuck = true;
    gather_from_cpu();
    TEST_EXPECT_EQ(pool_pending_bits(), 64);
}

TEST("requests and jitter change the pool; requests never count") {
    reset(0, 0);
    for (int i = 0; i < 1000; i++) {
        gather_request();
    }
    TEST_EXPECT_EQ(pool_pending_bits(), 0);
    TEST_EXPECT_EQ(pool_source(RNG_SOURCE_REQUESTS)->samples, 1000);
    gather_jitter();
    TEST_EXPECT_LE(pool_pending_bits(), 16);
    TEST_EXPECT_EQ(pool_source(RNG_SOURCE_JITTER)->samples, 1);
}

static error_t find(task_t tid, task_t pager, const char *name, enum rng_source *source) {
    task = (struct task_info){.tid = TASK_ID(9, 3), .pager = pager};
    strncpy2(task.name, name, sizeof(task.name));
    return gather_find_source(tid, source);
}

TEST("only drivers of generators that vm has started are sources") {
    enum rng_source source;
    TEST_EXPECT_EQ(find(TASK_ID(9, 3), INIT_TASK, "virtio_rng", &source), OK);
    TEST_EXPECT_EQ(source, RNG_SOURCE_VIRTIO);
    TEST_EXPECT_EQ(find(TASK_ID(9, 3), INIT_TASK, "bcm_rng", &source), OK);
    TEST_EXPECT_EQ(source, RNG_SOURCE_BCM);
    TEST_EXPECT_EQ(find(TASK_ID(9, 3), INIT_TASK, "hello", &source), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(find(TASK_ID(9, 3), INIT_TASK, "", &source), ERR_NOT_PERMITTED);
    // A task that somebody else has created, and named.
    TEST_EXPECT_EQ(find(TASK_ID(9, 3), TASK_ID(4, 0), "bcm_rng", &source), ERR_NOT_PERMITTED);
    // One that has ended meanwhile.
    TEST_EXPECT_EQ(find(TASK_ID(9, 2), INIT_TASK, "bcm_rng", &source), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(find(TASK_ID(8, 3), INIT_TASK, "bcm_rng", &source), ERR_NOT_PERMITTED);
}

TEST("there is no seed of less than 256 bits, and no claim of more bits than there are") {
    reset(0, 0);
    uint8_t data[64] = {1, 2, 3};
    pool_add(RNG_SOURCE_VIRTIO, 0, data, 8, 1000000);
    TEST_EXPECT_EQ(pool_pending_bits(), 64);
    pool_add(RNG_SOURCE_VIRTIO, 0, data, 23, 184);
    pool_add(RNG_SOURCE_VIRTIO, 0, data, 64, 7);
    TEST_EXPECT_EQ(pool_pending_bits(), 255);
    TEST_EXPECT(!pool_try_seed(1000));
    TEST_EXPECT(!pool_is_seeded());
    pool_add(RNG_SOURCE_VIRTIO, 0, data, 1, 1);
    TEST_EXPECT(pool_try_seed(1000));
    TEST_EXPECT(pool_is_seeded());
    TEST_EXPECT_EQ(pool_pending_bits(), 0);
    TEST_EXPECT_EQ(pool_num_seeds(), 1);
}

TEST("there is a new seed a minute later, if there is enough for it") {
    reset(0, 0);
    uint8_t data[64] = {1};
    pool_add(RNG_SOURCE_BCM, 0, data, 64, 512);
    TEST_EXPECT(pool_try_seed(5000));
    TEST_EXPECT(!pool_try_seed(1000000));
    pool_add(RNG_SOURCE_BCM, 0, data, 64, 512);
    TEST_EXPECT(!pool_try_seed(5000 + POOL_RESEED_MS - 1));
    TEST_EXPECT(pool_try_seed(5000 + POOL_RESEED_MS));
    TEST_EXPECT_EQ(pool_num_seeds(), 2);
}

/// What the generator gives after a seed from these bytes, on top of the same state.
static void output(const void *data, size_t len, uint64_t time, uint8_t result[32]) {
    static uint64_t now;
    static const uint8_t enough[32];
    pool_init();
    pool_add(RNG_SOURCE_VIRTIO, time, data, len, 0);
    pool_add(RNG_SOURCE_VIRTIO, 0, enough, sizeof(enough), 256);
    now += POOL_RESEED_MS;
    TEST_EXPECT(pool_try_seed(now));
    drbg_fill(result, 32);
}

TEST("whatever is stirred in, bits or the time they came, gives another output") {
    uint8_t results[4][32];
    output("a", 1, 7, results[0]);
    output("b", 1, 7, results[1]);
    output("a", 1, 8, results[2]);
    output("", 0, 7, results[3]);
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++) {
            TEST_EXPECT(memcmp(results[i], results[j], 32) != 0);
        }
    }
}

TEST("who waits is answered in order, once, and some wait in vain") {
    task_t client;
    size_t len;
    TEST_EXPECT(!waiters_take(&client, &len));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < WAITERS_MAX; i++) {
            TEST_EXPECT_EQ(waiters_add(100 + i, (size_t) i), OK);
        }
        TEST_EXPECT_EQ(waiters_add(99, 0), ERR_TRY_AGAIN);
        TEST_EXPECT_EQ(waiters_add(105, 77), OK);
        for (int i = 0; i < WAITERS_MAX; i++) {
            TEST_EXPECT(waiters_take(&client, &len));
            TEST_EXPECT_EQ(client, 100 + i);
            TEST_EXPECT_EQ(len, (i == 5) ? 77u : (size_t) i);
        }
        TEST_EXPECT(!waiters_take(&client, &len));
    }
}
