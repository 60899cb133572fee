#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>
#include <unittest.h>

#include "../layout.h"
#include "../memory.h"
#include "../restart.h"
#include "../supervise.h"
#include "fake_kernel.h"
#include "system.h"

// ---- Service discovery ----

TEST("a lookup waits until the service is served") {
    system_begin();
    TEST_EXPECT_EQ(lookup(shell, "disk").type, INVALID_MSG);
    TEST_EXPECT_EQ(serve(disk, "disk"), DISCOVERY_SERVE_REPLY_MSG);
    struct message m = fake_take_reply(shell);
    TEST_EXPECT_EQ(m.type, DISCOVERY_LOOKUP_REPLY_MSG);
    TEST_EXPECT_EQ(m.discovery_lookup_reply.task, disk);
    TEST_EXPECT_EQ(lookup(shell, "disk").discovery_lookup_reply.task, disk);
    TEST_EXPECT_EQ(serve(disk, "disk"), DISCOVERY_SERVE_REPLY_MSG);
    system_end();
}

TEST("names are served, and looked up, by whom the manifest allows") {
    system_begin();
    TEST_EXPECT_EQ(serve(disk, "flaky"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(serve(disk, "nothing"), ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(lookup(shell, "nothing").type, ERR_NOT_FOUND);
    TEST_EXPECT_EQ(lookup(disk, "flaky").type, ERR_NOT_PERMITTED);
    system_end();
}

TEST("who waits for a service and ends is forgotten") {
    system_begin();
    task_t flaky = launch_by(shell, "flaky");
    task_t other = launch_by(shell, "shell");
    TEST_EXPECT_EQ(lookup(other, "flaky").type, INVALID_MSG);
    TEST_EXPECT_EQ(lookup(other, "flaky").type, INVALID_MSG);
    leave(other);
    TEST_EXPECT_EQ(serve(flaky, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    leave(flaky);
    free_at_rest = memory_num_free();
    system_end();
}

TEST("only one task at a time serves a name") {
    system_begin();
    task_t first = launch_by(shell, "flaky");
    task_t second = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(serve(first, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    TEST_EXPECT_EQ(serve(second, "flaky"), ERR_ALREADY_EXISTS);
    leave(first);
    TEST_EXPECT_EQ(serve(second, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    leave(second);
    system_end();
}

static struct message find(task_t src, const char *name) {
    return call_with(src, (struct message){.type = SERVICES_FIND_MSG}, name);
}

TEST("who looks for a service without waiting is told whether it would be worth it") {
    system_begin();
    TEST_EXPECT_EQ(find(shell, "nothing").type, ERR_NOT_FOUND);
    struct message m = find(shell, "flaky");
    TEST_EXPECT_EQ(m.services_find_reply.task, 0);
    TEST_EXPECT_EQ(m.services_find_reply.expected, false);

    task_t flaky = launch_by(shell, "flaky");
    m = find(shell, "flaky");
    TEST_EXPECT_EQ(m.services_find_reply.task, 0);
    TEST_EXPECT_EQ(m.services_find_reply.expected, true);
    TEST_EXPECT_EQ(serve(flaky, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    m = find(shell, "flaky");
    TEST_EXPECT_EQ(m.services_find_reply.task, flaky);
    TEST_EXPECT_EQ(m.services_find_reply.expected, true);
    // disk may not call it.
    m = find(disk, "flaky");
    TEST_EXPECT_EQ(m.services_find_reply.task, 0);
    TEST_EXPECT_EQ(m.services_find_reply.expected, false);

    // It crashes, and is about to be started again.
    end_with(flaky, EXP_DIVIDE, 0);
    m = find(shell, "flaky");
    TEST_EXPECT_EQ(m.services_find_reply.task, 0);
    TEST_EXPECT_EQ(m.services_find_reply.expected, true);
    TEST_EXPECT(fake_advance(100));
    leave(find_by_name("flaky"));
    free_at_rest = memory_num_free();
    system_end();
}

TEST("services are listed") {
    system_begin();
    struct message m = {.type = SERVICES_SERVICE_MSG};
    struct message reply = call(shell, m);
    TEST_EXPECT_STR_EQ(reply.services_service_reply.name, "disk");
    m.services_service.index = 1;
    reply = call(shell, m);
    TEST_EXPECT_STR_EQ(reply.services_service_reply.name, "flaky");
    m.services_service.index = 3;
    TEST_EXPECT_EQ(call(shell, m).type, ERR_END);
    system_end();
}

TEST("nobody waits for a server that has ended because it has nothing to do") {
    system_begin();
    task_t flaky = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    leave(flaky);
    TEST_EXPECT_EQ(fake_take_reply(shell).type, ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, ERR_UNAVAILABLE);
    // Launched again, it is waited for again.
    flaky = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    TEST_EXPECT_EQ(serve(flaky, "flaky"), DISCOVERY_SERVE_REPLY_MSG);
    TEST_EXPECT_EQ(fake_take_reply(shell).discovery_lookup_reply.task, flaky);
    leave(flaky);
    system_end();
}

// ---- Watching ----

static void expect_exited(task_t watcher, task_t task, int reason, int status) {
    struct message m = pull(watcher);
    TEST_EXPECT_EQ(m.type, TASK_EXITED_MSG);
    TEST_EXPECT_EQ(m.task_exited.task, task);
    TEST_EXPECT_EQ(m.task_exited.reason, reason);
    TEST_EXPECT_EQ(m.task_exited.status, status);
}

TEST("a watcher is told how a task ended") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(pull(shell).type, ERR_EMPTY);
    end_with(hello, EXP_EXIT, 7);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, hello, TASK_END_REASON_EXITED, 7);
    TEST_EXPECT_EQ(pull(shell).type, ERR_EMPTY);
    system_end();
}

TEST("a task that has ended before it is watched is told of at once") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    end_with(hello, EXP_DIVIDE, 0);
    TEST_EXPECT_EQ(watch_by(shell, hello), TASK_WATCH_REPLY_MSG);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, hello, TASK_END_REASON_CRASHED, -1);
    TEST_EXPECT_EQ(watch_by(shell, 12345678), ERR_INVALID_TASK);
    system_end();
}

TEST("no end is lost, and who has more to pull is notified again") {
    system_begin();
    task_t first = launch_by(shell, "hello");
    task_t second = launch_by(shell, "hello");
    watch_by(shell, first);
    watch_by(shell, second);
    end_with(second, EXP_EXIT, 2);
    end_with(first, EXP_EXIT, 1);
    fake_take_notifications(shell);
    expect_exited(shell, first, TASK_END_REASON_EXITED, 1);
    TEST_EXPECT_EQ(fake_take_notifications(shell), NOTIFY_ASYNC);
    expect_exited(shell, second, TASK_END_REASON_EXITED, 2);
    system_end();
}

TEST("a watch can be taken back, and ends with the watcher") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    watch_by(shell, hello);
    struct message m = {.type = TASK_UNWATCH_MSG};
    m.task_unwatch.task = hello;
    TEST_EXPECT_EQ(call(shell, m).type, TASK_UNWATCH_REPLY_MSG);
    TEST_EXPECT_EQ(call(shell, m).type, ERR_NOT_FOUND);

    task_t other = launch_by(shell, "shell");
    task_t child = launch_by(other, "hello");
    TEST_EXPECT_EQ(watch_by(other, child), TASK_WATCH_REPLY_MSG);
    leave(other);
    leave(child);
    leave(hello);
    TEST_EXPECT_EQ(fake_take_notifications(shell), 0);
    system_end();
}

TEST("strangers can't be watched, nor killed") {
    system_begin();
    task_t hello = launch_by(shell, "hello");
    task_t other = launch_by(shell, "hello");
    TEST_EXPECT_EQ(watch_by(other, hello), ERR_NOT_PERMITTED);
    struct message m = {.type = TASK_KILL_MSG};
    m.task_kill.task = hello;
    TEST_EXPECT_EQ(call(other, m).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(call(disk, m).type, ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(call(shell, m).type, TASK_KILL_REPLY_MSG);
    TEST_EXPECT_EQ(call(shell, m).type, ERR_INVALID_TASK);

    m.type = TASK_STATUS_MSG;
    m.task_status.task = hello;
    struct message status = call(shell, m);
    TEST_EXPECT_EQ(status.task_status_reply.running, false);
    TEST_EXPECT_EQ(status.task_status_reply.reason, TASK_END_REASON_KILLED);
    m.task_status.task = other;
    TEST_EXPECT_EQ(call(shell, m).task_status_reply.running, true);
    leave(other);
    system_end();
}

// ---- Supervision ----

TEST("a server that ends is restarted after its pause, and lookups find the new one") {
    system_begin();
    serve(disk, "disk");
    task_t old = disk;
    end_with(disk, EXP_PROTECTION, 0);
    TEST_EXPECT_EQ(lookup(shell, "disk").type, INVALID_MSG);
    TEST_EXPECT(!fake_advance(19));
    TEST_EXPECT(fake_advance(1));
    supervise_handle_timer();
    disk = find_by_name("disk");
    TEST_EXPECT_NE(disk, old);
    TEST_EXPECT(fake_is_running(disk));
    TEST_EXPECT(fake_has_grant(disk, GRANT_IRQ, 9));
    TEST_EXPECT_EQ(fake_take_reply(shell).type, INVALID_MSG);
    serve(disk, "disk");
    TEST_EXPECT_EQ(fake_take_reply(shell).discovery_lookup_reply.task, disk);
    free_at_rest = memory_num_free();
    system_end();
}

/// Lets the server crash; returns the restarted one, or 0.
static task_t crash(task_t task, const char *name, msec_t pause) {
    end_with(task, EXP_ILLEGAL, 0);
    if (!fake_advance(pause)) {
        return 0;
    }
    supervise_handle_timer();
    return find_by_name(name);
}

TEST("a server that ends too often is given up, and a launch by hand tries again") {
    system_begin();
    task_t flaky = launch_by(shell, "flaky -x");
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    TEST_EXPECT_EQ(fake_peek(flaky, USER_STACK_TOP - USER_ARGS_LEN + 6, 0), '-');
    flaky = crash(flaky, "flaky", 200);
    TEST_EXPECT(fake_is_running(flaky));
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    TEST_EXPECT_EQ(crash(flaky, "flaky", 100000), 0);
    TEST_EXPECT_EQ(fake_take_reply(shell).type, ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, ERR_UNAVAILABLE);

    flaky = launch_by(shell, "flaky");
    TEST_EXPECT_EQ(lookup(shell, "flaky").type, INVALID_MSG);
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    fake_advance(RESTART_HEALTHY_MS);
    flaky = crash(flaky, "flaky", 100);
    TEST_EXPECT(fake_is_running(flaky));
    serve(flaky, "flaky");
    leave(flaky);
    TEST_EXPECT(!fake_advance(100000));
    system_end();
}
