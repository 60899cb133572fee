#include "supervise.h"

#include <message.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "launch.h"
#include "manifest_reader.h"
#include "own.h"
#include "restart.h"
#include "service.h"
#include "timers.h"

struct supervised {
    struct timer_entry timer;  // Set while it waits to be restarted.
    task_t tid;                // 0 if it doesn't run.
    struct restart_history history;
    bool has_given_up;
    char *cmdline;  // USER_ARGS_LEN bytes, allocated when it is first launched.
};

/// By server number.
static struct supervised *servers;
static list_t timers;

error_t supervise_init(void) {
    list_init(&timers);
    servers = own_alloc(manifest_num_servers() * sizeof(*servers));
    return servers ? OK : ERR_NO_MEMORY;
}

static void arm_timer(void) {
    OOPS_OK(timer_set(timers_next(&timers, timer_uptime())));
}

static unsigned number_of(const struct supervised *server) {
    return (unsigned) (server - servers);
}

static const char *name_of(const struct supervised *server) {
    return manifest_server(number_of(server))->name;
}

/// Applies the policy to a server that has just ended, or could not be started.
static void plan_restart(struct supervised *server, struct task_end end) {
    const struct manifest_server *policy = manifest_server(number_of(server));
    uint64_t now = timer_uptime();
    msec_t delay = 0;
    switch (restart_decide(policy, &server->history, end, now, &delay)) {
    case RESTART_NOT:
        break;
    case RESTART_LATER:
        WARN("%s ended: restart %u in %d ms", name_of(server), server->history.restarts, delay);
        timers_set(&timers, &server->timer, now + (uint64_t) delay);
        arm_timer();
        break;
    case RESTART_GIVE_UP:
        WARN("%s ended again after %u restarts: given up; launch it by hand to try again",
             name_of(server), server->history.restarts);
        server->has_given_up = true;
        service_give_up();
        break;
    }
}

static void start(struct supervised *server, const char *cmdline) {
    task_t task = launch(cmdline, INIT_TASK);
    if (IS_ERROR(task)) {
        WARN("%s: failed to start it: %s", name_of(server), error_name(task));
        server->history.started_at = timer_uptime();
        plan_restart(server, (struct task_end){TASK_END_REASON_CRASHED, -1});
        return;
    }
    DEBUG("started %s (task %d)", name_of(server), task);
}

void supervise_start_all(void) {
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        const struct manifest_server *server = manifest_server(i);
        if (i != MANIFEST_VM && server->autostart) {
            start(&servers[i], server->name);
        }
    }
}

void supervise_launched(const struct task *task, const char *cmdline) {
    struct supervised *server = &servers[task->server];
    bool has_own_entry = !strncmp(name_of(server), task->name, TASK_NAME_LEN - 1);
    if (server->tid || !has_own_entry) {
        return;
    }

    if (!server->cmdline) {
        server->cmdline = own_alloc(USER_ARGS_LEN);
    }
    if (server->cmdline && server->cmdline != cmdline) {
        strncpy2(server->cmdline, cmdline, USER_ARGS_LEN);
    }
    if (task->launcher != INIT_TASK) {
        server->history.restarts = 0;
    }
    timers_cancel(&server->timer);
    server->tid = task->tid;
    server->history.started_at = timer_uptime();
    server->has_given_up = false;
}

void supervise_ended(const struct task *task) {
    struct supervised *server = &servers[task->server];
    if (server->tid == task->tid) {
        server->tid = 0;
        plan_restart(server, task->end);
    }
}

void supervise_handle_timer(void) {
    struct timer_entry *timer;
    while ((timer = timers_pop_due(&timers, timer_uptime())) != NULL) {
        struct supervised *server = LIST_CONTAINER(timer, struct supervised, timer);
        start(server, server->cmdline ? server->cmdline : name_of(server));
    }
    arm_timer();
}

bool supervise_has_given_up(unsigned server) {
    return servers[server].has_given_up;
}
