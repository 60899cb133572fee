#include "sequence.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "shrink.h"

/// Seconds; a sequence that takes longer hangs. One that is tried when another is being shrunk has
/// less.
#define LIMIT       30
#define LIMIT_SHORT 2

static struct progress *progress;
/// A child that only tries whether a sequence fails has nothing to say.
static bool quiet;

const struct progress *sequence_init(void) {
    progress =
        mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return progress == MAP_FAILED ? NULL : progress;
}

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
    _exit(1);
}

// ---- Children -----------------------------------------------------------------------------------

/// What a fuzzer that is the parent has set up for itself is not the child's.
static void forget_handlers(void) {
    static const int signals[] = {SIGALRM, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        signal(signals[i], SIG_DFL);
    }
}

/// libFuzzer looks at the clock now and then, by a signal.
static bool wait_for(pid_t pid, int *status) {
    pid_t ended;
    do {
        ended = waitpid(pid, status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == pid;
}

/// Becomes a child (true) or waits for it; then `*failed` says how it ended.
static bool become_child(bool *failed) {
    int status = 0;
    progress->num = progress->done = progress->calls = progress->fast = 0;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        forget_handlers();
        alarm(LIMIT);
        return true;
    }
    *failed = pid < 0 || !wait_for(pid, &status) || status != 0;
    return false;
}

static void silence(void) {
    quiet = true;
    alarm(LIMIT_SHORT);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) {
        _exit(0);
    }
}

/// Makes the next step. `again`: the sequence has been run on the fast path.
static void step(const struct op *op, bool again) {
    uint32_t *seen = progress->seen[progress->num++];
    progress->done += exec_step(op);
    exec_count(&progress->calls, &progress->fast);
    for (int slot = 1; slot <= NUM_SLOTS; slot++) {
        uint32_t now = exec_seen(slot);
        if (again && seen[slot] != now) {
            fuzz_failed(
                "slot %d: on the slow path its task is in another state or has seen something else",
                slot);
        }
        seen[slot] = now;
    }
}

static void make_up(struct source *source) {
    progress->setup = generate_setup(source);
    exec_begin(&progress->setup);
    bool endless = !source->data;
    while (progress->num < SEQUENCE_LEN && (endless || source->len)) {
        struct op *op = &progress->ops[progress->num];
        *op = generate_op(source);
        step(op, false);
    }
    exec_end();
}

static void run_ops(const struct setup *setup, const struct op *ops, size_t num, bool again) {
    exec_begin(setup);
    for (size_t i = 0; i < num; i++) {
        step(&ops[i], again);
    }
    exec_end();
}

/// Runs a sequence in a child. `again`: a second time, on the slow path.
static bool run(const struct setup *setup, const struct op *ops, size_t num, bool again,
                void (*at_begin)(void)) {
    struct setup own = *setup;
    own.fast &= !again;
    bool failed;
    if (become_child(&failed)) {
        if (at_begin) {
            at_begin();
        }
        run_ops(&own, ops, num, again);
        _exit(0);
    }
    return failed;
}

static bool is_to_run_twice(const struct setup *setup) {
    return setup->cpus == 1 && setup->fast && setup->still;
}

bool sequence_make_up(struct source source, void (*at_end)(void)) {
    bool failed;
    if (become_child(&failed)) {
        make_up(&source);
        if (at_end) {
            at_end();
        }
        _exit(0);
    }
    if (!failed && is_to_run_twice(&progress->setup)) {
        size_t calls = progress->calls, fast = progress->fast;
        failed = run(&progress->setup, progress->ops, progress->num, true, NULL);
        if (!failed) {
            progress->calls = calls;
            progress->fast = fast;
        }
    }
    return failed;
}

static bool fails(const struct setup *setup, const struct op *ops, size_t num,
                  void (*at_begin)(void)) {
    return run(setup, ops, num, false, at_begin)
           || (is_to_run_twice(setup) && run(setup, ops, num, true, at_begin));
}

bool sequence_fails(const struct setup *setup, const struct op *ops, size_t num) {
    return fails(setup, ops, num, NULL);
}

static bool fails_silently(const struct setup *setup, const struct op *ops, size_t num) {
    return fails(setup, ops, num, silence);
}

// ---- Those that fail ----------------------------------------------------------------------------

void sequence_show(const struct setup *setup, struct op *ops, size_t num) {
    if (fails_silently(setup, ops, num)) {
        num = shrink(setup, ops, num, fails_silently);
        printf(
            "---- shrunk to %zu steps; kept as tests/kernel/regressions/NAME.seq, it is a test:\n",
            num);
    } else {
        printf("---- it takes more than %d s, or doesn't fail when its steps are made again:\n",
               LIMIT_SHORT);
    }
    sequence_print(stdout, setup, ops, num);
    printf("---- which ends in (nothing: it hangs):\n");
    sequence_fails(setup, ops, num);
}

void sequence_show_last(void) {
    static struct op ops[SEQUENCE_LEN];
    size_t num = progress->num;
    struct setup setup = progress->setup;
    memcpy(ops, progress->ops, num * sizeof(ops[0]));
    sequence_show(&setup, ops, num);
}
