#include "gather.h"

#include <arch_user.h>
#include <resea/syscall.h>
#include <string.h>

#include "cpu.h"
#include "jitter.h"
#include "pool.h"
#include "wipe.h"

#define WORD_BITS 64
/// RDRAND's generator is seeded with 256 bits of its own for every 511 times 128 that it gives at
/// most (SDM volume 1, 7.3.17): a half of each word is a cautious guess, made by us.
#define RDRAND_WORD_BITS 32

#define JITTER_SAMPLES 128

static void gather_words(enum rng_source source, bool (*read)(uint64_t *word),
                         unsigned bits_per_word) {
    uint64_t last = 0;
    for (unsigned bits = 0; bits < POOL_SEED_BITS; bits += bits_per_word) {
        uint64_t word;
        // A word that comes twice is a broken generator's: by chance it happens once in 2^64 times.
        if (!read(&word) || word == last) {
            return;
        }
        last = word;
        pool_add(source, arch_cycles(), &word, sizeof(word), bits_per_word);
        wipe(&word, sizeof(word));
    }
}

void gather_from_cpu(void) {
    unsigned before = pool_source(RNG_SOURCE_RDSEED)->bits;
    gather_words(RNG_SOURCE_RDSEED, cpu_read_seed, WORD_BITS);
    if (pool_source(RNG_SOURCE_RDSEED)->bits - before < POOL_SEED_BITS) {
        gather_words(RNG_SOURCE_RDRAND, cpu_read_random, RDRAND_WORD_BITS);
    }
}

void gather_jitter(void) {
    struct jitter jitter = {0};
    uint64_t times[JITTER_SAMPLES];
    uint32_t seed = 0;
    for (unsigned i = 0; i < JITTER_SAMPLES; i++) {
        seed = jitter_work(seed);
        times[i] = arch_cycles();
        jitter_add(&jitter, times[i]);
    }
    pool_add(RNG_SOURCE_JITTER, arch_cycles(), times, sizeof(times), jitter_bits(&jitter));
    wipe(times, sizeof(times));
}

void gather_request(void) {
    pool_add(RNG_SOURCE_REQUESTS, arch_cycles(), NULL, 0, 0);
}

error_t gather_find_source(task_t task, enum rng_source *source) {
    static const struct {
        const char *program;
        enum rng_source source;
    } programs[] = {
        {"virtio_rng", RNG_SOURCE_VIRTIO},
        {"bcm_rng", RNG_SOURCE_BCM},
    };
    struct task_info info;
    error_t err = sys_info(INFO_TASK, (unsigned) TASK_SLOT(task), &info, sizeof(info));
    // Only vm creates tasks whose pager vm is, and names them as the manifest does.
    if (IS_ERROR(err) || info.tid != task || info.pager != INIT_TASK) {
        return ERR_NOT_PERMITTED;
    }
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (strcmp(info.name, programs[i].program) == 0) {
            *source = programs[i].source;
            return OK;
        }
    }
    return ERR_NOT_PERMITTED;
}
