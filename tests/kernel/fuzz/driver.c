// The plain driver:
//
//     kernel-fuzz                  a test: what once failed, then some that are made up
//     kernel-fuzz --seed=N ...     makes up sequences, from that seed on; --steps=N or --minutes=N
//     kernel-fuzz --replay FILE... those of files
//     kernel-fuzz --shrink FILE    looks for a shorter one that fails, too

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sequence.h"

#define DEFAULT_SEED 20261128
/// As a unit test among others: seconds, not minutes.
#define DEFAULT_STEPS 400000
/// Where sequences are that once failed, from the tree's top.
#define REGRESSIONS "tests/kernel/regressions"
#define FAILED      1

static const struct progress *progress;

/// Of the calls and answers of all sequences that may take the fast path.
static size_t calls, fast;
/// Of a hundred of them, this many take it at least: else too little of it is tested.
#define FAST_LEAST 5
#define FEW_CALLS  10000

static bool is_fast_enough(void) {
    printf("%zu of %zu calls and answers took the fast path\n", fast, calls);
    return calls < FEW_CALLS || fast * 100 >= calls * FAST_LEAST;
}

/// The line that `scons soak` reads.
static void report(size_t sequences, size_t steps, size_t failures) {
    printf("%zu sequences, %zu steps, %zu failures\n", sequences, steps, failures);
}

static int run_random(uint64_t seed, size_t steps, unsigned minutes) {
    time_t end = time(NULL) + 60 * (time_t) minutes;
    size_t made = 0, sequences = 0;
    while (minutes ? time(NULL) < end : made < steps) {
        bool failed = sequence_make_up(source_from_seed(seed), NULL);
        made += progress->done;
        calls += progress->calls;
        fast += progress->fast;
        sequences++;
        if (failed) {
            printf("seed %llu fails after %zu steps\n", (unsigned long long) seed, progress->num);
            sequence_show_last();
            report(sequences, made, 1);
            return FAILED;
        }
        seed++;
    }
    report(sequences, made, 0);
    return is_fast_enough() ? 0 : FAILED;
}

static bool replay(const char *path) {
    static struct op ops[SEQUENCE_LEN];
    struct setup setup;
    long num = sequence_read(path, &setup, ops, SEQUENCE_LEN);
    bool good = num >= 0 && !sequence_fails(&setup, ops, (size_t) num);
    if (!good) {
        printf("%s fails\n", path);
    }
    return good;
}

static int replay_files(int num_files, char **paths) {
    int num_good = 0;
    for (int i = 0; i < num_files; i++) {
        num_good += replay(paths[i]);
    }
    printf("%d of %d sequences from files are good\n", num_good, num_files);
    return num_good == num_files ? 0 : FAILED;
}

static int replay_regressions(void) {
    DIR *folder = opendir(REGRESSIONS);
    int num = 0, num_good = 0;
    if (!folder) {
        perror(REGRESSIONS);
        return FAILED;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[512];
        if (strstr(entry->d_name, ".seq")) {
            snprintf(path, sizeof(path), "%s/%s", REGRESSIONS, entry->d_name);
            num_good += replay(path);
            num++;
        }
    }
    closedir(folder);
    printf("%d of %d sequences in " REGRESSIONS " are good\n", num_good, num);
    return num > 0 && num_good == num ? 0 : FAILED;
}

static int shrink_file(const char *path) {
    static struct op ops[SEQUENCE_LEN];
    struct setup setup;
    long num = sequence_read(path, &setup, ops, SEQUENCE_LEN);
    if (num >= 0) {
        sequence_show(&setup, ops, (size_t) num);
    }
    return num < 0 ? FAILED : 0;
}

/// The number in --NAME=NUMBER.
static bool option(const char *arg, const char *name, uint64_t *value) {
    size_t len = strlen(name);
    if (strncmp(arg, name, len) != 0 || arg[len] != '=') {
        return false;
    }
    *value = strtoull(arg + len + 1, NULL, 0);
    return true;
}

static int make_up(int argc, char **argv) {
    uint64_t seed = DEFAULT_SEED, steps = DEFAULT_STEPS, minutes = 0;
    for (int i = 1; i < argc; i++) {
        if (!option(argv[i], "--seed", &seed) && !option(argv[i], "--steps", &steps)
            && !option(argv[i], "--minutes", &minutes)) {
            fprintf(stderr, "%s: not an option: %s\n", argv[0], argv[i]);
            return 2;
        }
    }
    return run_random(seed, (size_t) steps, (unsigned) minutes);
}

int main(int argc, char **argv) {
    progress = sequence_init();
    if (!progress) {
        perror(argv[0]);
        return FAILED;
    }
    if (argc > 1 && !strcmp(argv[1], "--replay")) {
        return replay_files(argc - 2, argv + 2);
    }
    if (argc == 3 && !strcmp(argv[1], "--shrink")) {
        return shrink_file(argv[2]);
    }
    if (argc == 1 && replay_regressions() != 0) {
        return FAILED;
    }
    return make_up(argc, argv);
}
