#include <message.h>
#include <unittest.h>

#include "../restart.h"

static const struct task_end exited = {TASK_END_REASON_EXITED, 0};
static const struct task_end failed = {TASK_END_REASON_EXITED, 3};
static const struct task_end crashed = {TASK_END_REASON_CRASHED, -1};
static const struct task_end killed = {TASK_END_REASON_KILLED, -1};

static enum restart_verdict decide(enum manifest_restart policy, struct task_end end) {
    struct manifest_server server = {.restart = policy, .backoff_ms = 10};
    struct restart_history history = {0};
    msec_t delay;
    return restart_decide(&server, &history, end, 0, &delay);
}

TEST("the policy says which ends are followed by a restart") {
    TEST_EXPECT_EQ(decide(RESTART_NEVER, crashed), RESTART_NOT);
    TEST_EXPECT_EQ(decide(RESTART_ON_CRASH, exited), RESTART_NOT);
    TEST_EXPECT_EQ(decide(RESTART_ON_CRASH, failed), RESTART_LATER);
    TEST_EXPECT_EQ(decide(RESTART_ON_CRASH, crashed), RESTART_LATER);
    TEST_EXPECT_EQ(decide(RESTART_ON_CRASH, killed), RESTART_LATER);
    TEST_EXPECT_EQ(decide(RESTART_ALWAYS, exited), RESTART_LATER);
}

TEST("the delay doubles, up to 64 times") {
    struct manifest_server server = {.restart = RESTART_ALWAYS, .backoff_ms = 50};
    struct restart_history history = {0};
    msec_t expected = 50;
    for (int i = 0; i < 20; i++) {
        msec_t delay = 0;
        TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, 0, &delay), RESTART_LATER);
        TEST_EXPECT_EQ(delay, expected);
        expected = MIN(expected * 2, 50 * 64);
    }
}

TEST("after too many restarts it is given up, unless it was healthy meanwhile") {
    struct manifest_server server = {
        .restart = RESTART_ALWAYS, .restart_max = 2, .backoff_ms = 0xffff};
    struct restart_history history = {0};
    msec_t delay = 0;
    TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, 0, &delay), RESTART_LATER);
    TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, 0, &delay), RESTART_LATER);
    TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, 0, &delay), RESTART_GIVE_UP);

    history.started_at = 1000;
    uint64_t now = 1000 + RESTART_HEALTHY_MS;
    TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, now - 1, &delay), RESTART_GIVE_UP);
    TEST_EXPECT_EQ(restart_decide(&server, &history, crashed, now, &delay), RESTART_LATER);
    TEST_EXPECT_EQ(delay, 0xffff);
    TEST_EXPECT_EQ(history.restarts, 1);
}
