// The plain driver. Each sequence is run in a process of its own, from its boot on, so that it always
// comes out the same:
//
//     kernel-fuzz [--seed=N] [--steps=N] [--minutes=N]     makes up sequences, from that seed on
//     kernel-fuzz --replay FILE...                         those of files
//     kernel-fuzz --shrink FILE                            looks for a shorter one that fails, too

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"
#include "generate.h"
#include "shrink.h"

/// Steps of one sequence.
#define SEQUENCE_LEN 10000
#define DEFAULT_SEED 20261128
/// As a unit test among others: seconds, not minutes.
#define DEFAULT_STEPS 400000
/// Seconds; a sequence that takes longer hangs. One that is tried when another is being shrunk has less.
#define LIMIT         60
#define LIMIT_SHORT   4
#define STATUS_FAILED 1

/// What a child has come to, where its parent sees it.
static struct progress {
    struct setup setup;
    size_t num;  ///< Steps begun.
    size_t done;
    struct op ops[SEQUENCE_LEN];
} * progress;

/// A child that only tries whether a sequence fails has nothing to say.
static bool quiet;

void fuzz_failed(const char *format, ...) {
    va_list args;
    va_start(args, format);
    if (!quiet) {
        printf("step %zu: ", progress->num);
        vprintf(format, args);
        printf("\n");
    }
    va_end(args);
    fflush(stdout);
    _exit(STATUS_FAILED);
}

// ---- Sequences ----------------------------------------------------------------------------------

static void make_up(uint64_t seed) {
    struct source source = source_from_seed(seed);
    progress->setup = generate_setup(&source);
    exec_begin(&progress->setup);
    while (progress->num < SEQUENCE_LEN) {
        struct op *op = &progress->ops[progress->num];
        *op = generate_op(&source);
        progress->num++;
        progress->done += exec_step(op);
    }
    exec_end();
}

static void run_ops(const struct setup *setup, const struct op *ops, size_t num) {
    exec_begin(setup);
    for (size_t i = 0; i < num; i++) {
        progress->num = i + 1;
        progress->done += exec_step(&ops[i]);
    }
    exec_end();
}

static void silence(void) {
    quiet = true;
    fflush(stdout);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) {
        _exit(0);
    }
}

/// Becomes a child (true) or waits for it; then `*failed` says how it ended.
static bool become_child(bool *failed) {
    int status = 0;
    progress->num = progress->done = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        return true;
    }
    *failed = pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM && !quiet) {
        printf("step %zu: it hangs\n", progress->num);
    }
    return false;
}

static bool fails(const struct setup *setup, const struct op *ops, size_t num, bool silent) {
    bool failed;
    if (become_child(&failed)) {
        alarm(silent ? LIMIT_SHORT : LIMIT);
        if (silent) {
            silence();
        }
        run_ops(setup, ops, num);
        _exit(0);
    }
    return failed;
}

static bool fails_silently(const struct setup *setup, const struct op *ops, size_t num) {
    return fails(setup, ops, num, true);
}

/// Shows a sequence that fails, as short as it gets.
static void show_shrunk(const struct setup *setup, struct op *ops, size_t num) {
    if (!fails_silently(setup, ops, num)) {
        printf("it does not fail when its steps are made again; here they are:\n");
    } else {
        num = shrink(setup, ops, num, fails_silently);
        printf(
            "---- shrunk to %zu steps; kept as tests/kernel/regressions/NAME.seq, it is a test:\n",
            num);
    }
    sequence_print(stdout, setup, ops, num);
    printf("---- which ends in:\n");
    fails(setup, ops, num, false);
}

// ---- The commands -------------------------------------------------------------------------------

/// The last line that `scons soak` reads.
static void report(size_t sequences, size_t steps, size_t failures) {
    printf("%zu sequences, %zu steps, %zu failures\n", sequences, steps, failures);
}

static int run_random(uint64_t seed, size_t steps, unsigned minutes) {
    static struct op ops[SEQUENCE_LEN];
    time_t end = time(NULL) + 60 * minutes;
    size_t made = 0, sequences = 0;
    while (minutes ? time(NULL) < end : made < steps) {
        bool failed;
        if (become_child(&failed)) {
            alarm(LIMIT);
            make_up(seed);
            _exit(0);
        }
        made += progress->done;
        sequences++;
        if (failed) {
            size_t num = progress->num;
            struct setup setup = progress->setup;
            memcpy(ops, progress->ops, num * sizeof(ops[0]));
            printf("seed %llu fails after %zu steps\n", (unsigned long long) seed, num);
            show_shrunk(&setup, ops, num);
            report(sequences, made, 1);
            return STATUS_FAILED;
        }
        seed++;
    }
    report(sequences, made, 0);
    return 0;
}

static int replay(int num_files, char **files) {
    static struct op ops[SEQUENCE_LEN];
    int failures = 0;
    for (int i = 0; i < num_files; i++) {
        struct setup setup;
        long num = sequence_read(files[i], &setup, ops, SEQUENCE_LEN);
        if (num < 0 || fails(&setup, ops, (size_t) num, false)) {
            printf("%s: fails\n", files[i]);
            failures++;
        }
    }
    printf("%d of %d sequences from files are good\n", num_files - failures, num_files);
    return failures ? STATUS_FAILED : 0;
}

static int shrink_file(const char *path) {
    static struct op ops[SEQUENCE_LEN];
    struct setup setup;
    long num = sequence_read(path, &setup, ops, SEQUENCE_LEN);
    if (num >= 0) {
        show_shrunk(&setup, ops, (size_t) num);
    }
    return num < 0 ? STATUS_FAILED : 0;
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

int main(int argc, char **argv) {
    uint64_t seed = DEFAULT_SEED, steps = DEFAULT_STEPS, minutes = 0;
    progress =
        mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (progress == MAP_FAILED) {
        perror("mmap");
        return STATUS_FAILED;
    }
    if (argc > 1 && !strcmp(argv[1], "--replay")) {
        return replay(argc - 2, argv + 2);
    }
    if (argc == 3 && !strcmp(argv[1], "--shrink")) {
        return shrink_file(argv[2]);
    }
    for (int i = 1; i < argc; i++) {
        if (!option(argv[i], "--seed", &seed) && !option(argv[i], "--steps", &steps)
            && !option(argv[i], "--minutes", &minutes)) {
            fprintf(stderr, "%s: not an option: %s\n", argv[0], argv[i]);
            return 2;
        }
    }
    return run_random(seed, (size_t) steps, (unsigned) minutes);
}
