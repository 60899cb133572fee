#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define LINE_MAX  64
#define WORDS_MAX 3

static task_t server;

static void check(error_t err) {
    if (err != OK) {
        printf("random: there is no random number: %s\n", error_name(err));
        task_exit_with(1);
    }
}

__noreturn static void usage(void) {
    printf("usage: random [COUNT]       prints numbers\n"
           "       random bytes COUNT   prints bytes, from the generator for cryptography\n"
           "       random info          says what that one is seeded from\n");
    task_exit_with(2);
}

static unsigned parse_count(const char *word) {
    int count = isdigit(word[0]) ? atoi(word) : 0;
    if (count <= 0) {
        usage();
    }
    return (unsigned) count;
}

static void print_numbers(unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        struct message m;
        bzero(&m, sizeof(m));
        m.type = RANDOM_GET_RANDOM_MSG;
        check(ipc_call_service_idempotent("random", &server, &m));
        printf("%08x\n", (unsigned) m.random_get_random_reply.random_number);
    }
}

static void look_up(void) {
    server = ipc_lookup("random");
    check(IS_ERROR(server) ? server : OK);
}

static void print_bytes(unsigned count) {
    look_up();
    while (count > 0) {
        size_t part = MIN((size_t) count, RNG_FILL_MAX), len;
        void *data;
        check(call_rng_fill(server, part, &data, &len));
        for (size_t i = 0; i < len; i++) {
            bool end = i % 32 == 31 || i + 1 == len;
            printf("%02x%s", ((uint8_t *) data)[i], end ? "\n" : "");
        }
        free(data);
        count -= (unsigned) MIN(len, (size_t) count);
    }
}

static const char *source_name(enum rng_source source) {
    static const char *const names[] = {"rdseed", "rdrand", "virtio", "bcm", "jitter", "requests"};
    size_t count = sizeof(names) / sizeof(names[0]);
    return ((size_t) source < count) ? names[source] : "?";
}

static void print_info(void) {
    look_up();
    bool seeded;
    uint32_t pending, seeds;
    uint64_t bytes;
    check(call_rng_info(server, &seeded, &pending, &seeds, &bytes));
    printf("%s: %u seeds, %u bits towards the next one, %llu bytes given\n",
           seeded ? "seeded" : "not seeded", (unsigned) seeds, (unsigned) pending,
           (unsigned long long) bytes);
    for (unsigned i = 0;; i++) {
        enum rng_source source;
        uint32_t bits, samples;
        error_t err = call_rng_source_info(server, i, &source, &bits, &samples);
        if (err == ERR_END) {
            return;
        }
        check(err);
        printf("  %-8s %8u bits counted, %8u times\n", source_name(source), (unsigned) bits,
               (unsigned) samples);
    }
}

void main(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (num_words == 1) {
        print_numbers(1);
    } else if (num_words == 2 && strcmp(words[1], "info") == 0) {
        print_info();
    } else if (num_words == 2) {
        print_numbers(parse_count(words[1]));
    } else if (num_words == 3 && strcmp(words[1], "bytes") == 0) {
        print_bytes(parse_count(words[2]));
    } else {
        usage();
    }
}
