#include "pairs.h"

#include <idl_client.h>
#include <resea/async.h>
#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

// Each pair is a benchmark_server and a client, which is this program with other options. The clients
// begin to call at once, so that the kernel finds each pair a CPU, and count in a span of time that is the
// same for all. What they have counted is their exit status.
//
// On a busy host all of this may take longer than is left for it. Then it is done again in twice the time.

#define PAIRS_MAX 4

/// In milliseconds: what is left for starting the programs and finding each pair a CPU; how long is counted.
#define SETTLE_MS 1500
#define COUNT_MS  2000
/// The pairs are at work that much earlier, and that much longer.
#define MARGIN_MS 500
/// How many times as long it may take at most.
#define SCALE_MAX 8
/// Round trips between looks at the clock, and how many there are to be at least.
#define TRIPS_PER_ROW 100
#define TRIPS_MIN     2000

static msec_t now_ms(void) {
    return (msec_t) timer_uptime();
}

static struct kernel_info kernel_info(void) {
    struct kernel_info info;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &info, sizeof(info)));
    return info;
}

static void round_trip(task_t server) {
    static struct message m;
    m.type = BENCHMARK_NOP_MSG;
    m.benchmark_nop.value = 1;
    ASSERT_OK(ipc_call(server, &m));
}

static int number_option(const char *name) {
    const char *value = cmdline_option(name);
    ASSERT(value != NULL);
    return atoi(value);
}

/// Or an error, if there is no such task any more.
static int cpu_of(task_t task) {
    struct task_info info;
    error_t err = sys_info(INFO_TASK, (unsigned) TASK_SLOT(task), &info, sizeof(info));
    return IS_ERROR(err) ? err : info.cpu;
}

// ---- Clients ------------------------------------------------------------------------------------

/// Calls as often as it can. Returns how often from `from` to `until`.
static unsigned count_trips(task_t server, msec_t from, msec_t until) {
    unsigned trips = 0;
    for (msec_t now = now_ms(); now < until + MARGIN_MS; now = now_ms()) {
        for (int i = 0; i < TRIPS_PER_ROW; i++) {
            round_trip(server);
        }
        if (now >= from && now < until) {
            trips += TRIPS_PER_ROW;
        }
    }
    return trips;
}

/// Lets the server come to this CPU and stay there; keeps it from others until `until`.
static void hold(task_t server, msec_t until) {
    ASSERT_OK(call_benchmark_stay(server));
    while (now_ms() < until) {}
}

/// Nanoseconds that a round trip takes to a server on another CPU: the best row. 0: it was on none.
static unsigned time_trips(task_t server, msec_t from, msec_t until) {
    uint64_t best = 0;
    while (now_ms() < from) {}
    while (now_ms() < until) {
        bool apart = cpu_of(server) != cpu_of(task_self());
        uint64_t start = kernel_info().cycles_now;
        for (int i = 0; i < TRIPS_PER_ROW; i++) {
            round_trip(server);
        }
        uint64_t cycles = kernel_info().cycles_now - start;
        if (apart && cpu_of(server) != cpu_of(task_self()) && (!best || cycles < best)) {
            best = cycles;
        }
    }
    return (unsigned) (best * (1000000000 / TRIPS_PER_ROW) / kernel_info().clock_hz);
}

/// Never returns.
static void run_client(const char *role) {
    task_t server = number_option("server");
    msec_t from = number_option("from"), until = number_option("until");
    if (!strcmp(role, "hold")) {
        hold(server, from);
        task_exit_with(0);
    }
    task_exit_with((int) (!strcmp(role, "time") ? time_trips(server, from, until)
                                                : count_trips(server, from, until)));
}

// ---- The program that starts them ---------------------------------------------------------------

struct pair {
    task_t server;
    task_t client;
    int result;
    bool over;
};

static void start_client(struct pair *pair, const char *role, msec_t from, msec_t until) {
    char cmdline[96];
    snprintf(cmdline, sizeof(cmdline), "benchmark --client=%s --server=%d --from=%u --until=%u",
             role, pair->server, from, until);
    ASSERT_OK(call_task_launch(INIT_TASK, cmdline, &pair->client));
    ASSERT_OK(call_task_watch(INIT_TASK, pair->client));
}

static void note_end(struct pair *pairs, unsigned num, const struct message *m) {
    for (unsigned i = 0; i < num; i++) {
        if (m->type == TASK_EXITED_MSG && pairs[i].client == m->task_exited.task) {
            ASSERT(m->task_exited.reason == TASK_END_REASON_EXITED);
            pairs[i].result = m->task_exited.status;
            pairs[i].over = true;
        }
    }
}

static bool all_over(const struct pair *pairs, unsigned num) {
    for (unsigned i = 0; i < num; i++) {
        if (!pairs[i].over) {
            return false;
        }
    }
    return true;
}

static void wait_for_all(struct pair *pairs, unsigned num) {
    struct message m;
    while (true) {
        while (async_recv(INIT_TASK, &m) == OK) {
            note_end(pairs, num, &m);
        }
        if (all_over(pairs, num)) {
            return;
        }
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    }
}

static void sleep_until(msec_t time) {
    struct message m;
    while (now_ms() < time) {
        ASSERT_OK(timer_set(time - now_ms()));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    }
}

// ---- Pairs on CPUs of their own -----------------------------------------------------------------

struct counts {
    uint64_t trips;   // Of all pairs.
    uint64_t fewest;  // Of one.
    struct sharing_info shared;
};

/// What all CPUs' messages have shared with others. False: the kernel doesn't count that.
static bool count_shared(struct sharing_info *sum) {
    struct sharing_info cpu;
    *sum = (struct sharing_info){0};
    for (unsigned i = 0; IS_OK(sys_info(INFO_SHARING, i, &cpu, sizeof(cpu))); i++) {
        sum->locks += cpu.locks;
        sum->writes += cpu.writes;
    }
    return IS_OK(sys_info(INFO_SHARING, 0, &cpu, sizeof(cpu)));
}

/// Whether each pair has a CPU of its own.
static bool are_apart(const struct pair *pairs, unsigned num) {
    uint32_t cpus = 0;
    for (unsigned i = 0; i < num; i++) {
        int cpu = cpu_of(pairs[i].client);
        if (cpu < 0 || cpu_of(pairs[i].server) != cpu || (cpus & (1u << cpu))) {
            return false;
        }
        cpus |= 1u << cpu;
    }
    return true;
}

/// Looks at what is shared from `from` to `until`, while the pairs do nothing but exchange messages. False:
/// that can't be told of all of the time.
static bool watch_pairs(const struct pair *pairs, unsigned num, msec_t from, msec_t until,
                        struct sharing_info *shared) {
    struct sharing_info before, after;
    sleep_until(from - MARGIN_MS);
    if (!are_apart(pairs, num)) {
        return false;
    }
    sleep_until(from);
    count_shared(&before);
    sleep_until(until);
    count_shared(&after);
    if (now_ms() >= until + MARGIN_MS) {
        return false;
    }
    shared->locks = after.locks - before.locks;
    shared->writes = after.writes - before.writes;
    return are_apart(pairs, num);
}

/// False: the time was too short.
static bool try_pairs(unsigned num, unsigned scale, struct counts *counts) {
    struct pair pairs[PAIRS_MAX] = {0};
    msec_t from = now_ms() + SETTLE_MS * scale, until = from + COUNT_MS * scale;
    for (unsigned i = 0; i < num; i++) {
        ASSERT_OK(call_task_launch(INIT_TASK, "benchmark_server", &pairs[i].server));
        start_client(&pairs[i], "count", from, until);
    }
    bool good = watch_pairs(pairs, num, from, until, &counts->shared);
    wait_for_all(pairs, num);
    counts->trips = 0;
    counts->fewest = UINT64_MAX;
    for (unsigned i = 0; i < num; i++) {
        counts->trips += (unsigned) pairs[i].result;
        counts->fewest = MIN(counts->fewest, (unsigned) pairs[i].result);
        ASSERT_OK(call_task_kill(INIT_TASK, pairs[i].server));
    }
    return good && counts->fewest >= TRIPS_MIN;
}

static void report(unsigned num, const char *what, uint64_t value, const char *unit) {
    printf("report ipc.pairs.%u%s %llu %s\n", num, what, (unsigned long long) value, unit);
}

static void measure_pairs(unsigned num) {
    struct counts counts;
    unsigned scale = 1;
    while (!try_pairs(num, scale, &counts)) {
        scale *= 2;
        if (scale > SCALE_MAX) {
            WARN("ipc.pairs.%u is left out: the host is too busy", num);
            return;
        }
    }
    report(num, "", counts.trips * 2 * 1000 / (COUNT_MS * scale), "messages/s");
    report(num, ".fewest", counts.fewest, "round_trips");
    struct sharing_info ignored;
    if (count_shared(&ignored)) {
        report(num, ".shared_locks", counts.shared.locks, "locks");
        report(num, ".shared_writes", counts.shared.writes, "writes");
    }
}

// ---- A pair on two CPUs -------------------------------------------------------------------------

/// The server stays on the CPU of one that keeps it busy until the other has found another CPU. Returns what
/// time_trips() does.
static int try_crossing(unsigned scale) {
    struct pair pairs[2] = {0};
    msec_t from = now_ms() + SETTLE_MS * scale;
    ASSERT_OK(call_task_launch(INIT_TASK, "benchmark_server", &pairs[0].server));
    pairs[1].server = pairs[0].server;
    start_client(&pairs[0], "hold", from, 0);
    start_client(&pairs[1], "time", from + MARGIN_MS, from + MARGIN_MS + COUNT_MS * scale);
    wait_for_all(pairs, 2);
    ASSERT_OK(call_task_kill(INIT_TASK, pairs[0].server));
    return pairs[1].result;
}

static void measure_crossing(void) {
    for (unsigned scale = 1; scale <= SCALE_MAX; scale *= 2) {
        int time = try_crossing(scale);
        if (time) {
            printf("report ipc.roundtrip.crossing %d ns\n", time);
            return;
        }
    }
    WARN("ipc.roundtrip.crossing is left out: the two were never on two CPUs");
}

bool pairs_main(void) {
    const char *role = cmdline_option("client");
    if (role) {
        run_client(role);
    }
    if (!cmdline_option("pairs")) {
        return false;
    }
    unsigned num_cpus = kernel_info().num_cpus;
    for (unsigned num = 1; num <= MIN(num_cpus, (unsigned) PAIRS_MAX); num *= 2) {
        measure_pairs(num);
    }
    if (num_cpus > 1) {
        measure_crossing();
    }
    return true;
}
