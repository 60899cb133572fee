#include "../subscribers.h"

#include <resea/ipc.h>
#include <string.h>
#include <unittest.h>

#define NUM_TASKS 10

static int notified[NUM_TASKS];
static bool gone[NUM_TASKS];
static struct message answer;

error_t ipc_notify(task_t dst, notifications_t notifications) {
    TEST_EXPECT_EQ(notifications, NOTIFY_ASYNC);
    notified[dst]++;
    return gone[dst] ? ERR_INVALID_TASK : OK;
}

static void start(void) {
    memset(notified, 0, sizeof(notified));
    memset(gone, 0, sizeof(gone));
    subscribers_init();
}

/// Pulls: the message's type.
static int pull(task_t task) {
    error_t err = subscribers_next(task, &answer);
    return IS_OK(err) ? answer.type : err;
}

TEST("subscribers are notified, and get each change once") {
    start();
    TEST_EXPECT(subscribers_is_empty());
    TEST_EXPECT_EQ(subscribers_add(3), OK);
    TEST_EXPECT_EQ(subscribers_add(4), OK);
    TEST_EXPECT(!subscribers_is_empty());
    TEST_EXPECT_EQ(pull(3), ERR_EMPTY);

    subscribers_tell(1, true, 1000);
    subscribers_tell(1, false, 1100);
    TEST_EXPECT_EQ(notified[3], 2);
    TEST_EXPECT_EQ(notified[4], 2);
    TEST_EXPECT_EQ(pull(3), BUTTON_CHANGED_MSG);
    TEST_EXPECT_EQ(answer.button_changed.button, 1);
    TEST_EXPECT_EQ(answer.button_changed.pressed, true);
    TEST_EXPECT_EQ(answer.button_changed.time_ms, 1000);
    TEST_EXPECT_EQ(answer.button_changed.lost, 0);
    TEST_EXPECT_EQ(pull(3), BUTTON_CHANGED_MSG);
    TEST_EXPECT_EQ(answer.button_changed.pressed, false);
    TEST_EXPECT_EQ(pull(3), ERR_EMPTY);
    TEST_EXPECT_EQ(pull(4), BUTTON_CHANGED_MSG);
}

TEST("who subscribes later doesn't hear of what was before; nobody else hears anything") {
    start();
    TEST_EXPECT_EQ(subscribers_add(3), OK);
    subscribers_tell(0, true, 1);
    TEST_EXPECT_EQ(subscribers_add(4), OK);
    TEST_EXPECT_EQ(pull(4), ERR_EMPTY);
    TEST_EXPECT_EQ(pull(5), ERR_EMPTY);
    TEST_EXPECT_EQ(notified[5], 0);
    // Subscribing again changes nothing.
    TEST_EXPECT_EQ(subscribers_add(3), OK);
    TEST_EXPECT_EQ(pull(3), BUTTON_CHANGED_MSG);
    TEST_EXPECT_EQ(subscribers_remove(3), OK);
    subscribers_tell(0, false, 2);
    TEST_EXPECT_EQ(notified[3], 1);
    TEST_EXPECT_EQ(pull(3), ERR_EMPTY);
    TEST_EXPECT_EQ(subscribers_remove(3), ERR_NOT_FOUND);
}

TEST("who doesn't pull loses the oldest changes, and is told how many") {
    start();
    TEST_EXPECT_EQ(subscribers_add(3), OK);
    for (uint32_t i = 0; i < CHANGES_MAX + 3; i++) {
        subscribers_tell(0, i % 2 == 0, i);
    }
    for (uint32_t i = 3; i < CHANGES_MAX + 3; i++) {
        TEST_EXPECT_EQ(pull(3), BUTTON_CHANGED_MSG);
        TEST_EXPECT_EQ(answer.button_changed.time_ms, i);
        TEST_EXPECT_EQ(answer.button_changed.lost, (i == 3) ? 3 : 0);
    }
    TEST_EXPECT_EQ(pull(3), ERR_EMPTY);
}

TEST("there is room for so many, and those that are gone make room") {
    start();
    for (task_t task = 1; task <= SUBSCRIBERS_MAX; task++) {
        TEST_EXPECT_EQ(subscribers_add(task), OK);
    }
    TEST_EXPECT_EQ(subscribers_add(9), ERR_NO_MEMORY);
    gone[2] = true;
    subscribers_tell(0, true, 1);
    TEST_EXPECT(!subscribers_contain(2));
    TEST_EXPECT_EQ(subscribers_add(9), OK);
}
