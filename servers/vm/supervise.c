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
    unsigned number;
    task_t tid;  // 0 if it doesn't run.
    struct restart_history history;
    bool has_given_up;
    char *
        cmdline;  // USER_ARGS_LEN bytes, or NULL as long as it has been launched without arguments.
};

/// By server number; NULL for those that are never restarted.
static struct supervised **servers;
static list_t timers;

error_t supervise_init(void) {
    list_init(&timers);
    servers = own_alloc(manifest_num_servers() * sizeof(struct supervised *));
    if (!servers) {
        return ERR_NO_MEMORY;
    }
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        if (i == MANIFEST_VM || manifest_server(i)->restart == RESTART_NEVER) {
            continue;
        }
        servers[i] = own_alloc(sizeof(*servers[i]));
        if (!servers[i]) {
            return ERR_NO_MEMORY;
        }
        servers[i]->number = i;
    }
    return OK;
}

static void arm_timer(void) {
    OOPS_OK(timer_set(timers_next(&timers, timer_uptime())));
}

static const char *name_of(const struct supervised *server) {
    return manifest_server(server->number)->name;
}

/// Applies the policy to a server that has just ended, or could not be started.
static void plan_restart(struct supervised *server, struct task_end end) {
    const struct manifest_server *policy = manifest_server(server->number);
    uint64_t now = timer_uptime();
    msec_t delay = 0;
    switch (restart_decide(policy, &server->history, end, now, &delay)) {
    case RESTART_NOT:
        // A driver without a device, for example: nobody needs to wait for what it would have served.
        server->has_given_up = true;
        service_give_up();
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

static void start(unsigned number, const char *cmdline) {
    const char *name = manifest_server(number)->name;
    task_t task = launch(cmdline, INIT_TASK);
    if (IS_OK(task)) {
        DEBUG("started %s (task %d)", name, task);
        return;
    }

    WARN("%s: failed to start it: %s", name, error_name(task));
    struct supervised *server = servers[number];
    if (server) {
        server->history.started_at = timer_uptime();
        plan_restart(server, (struct task_end){TASK_END_REASON_CRASHED, -1});
    }
}

void supervise_start_all(void) {
    for (unsigned i = 0; i < manifest_num_servers(); i++) {
        const struct manifest_server *server = manifest_server(i);
        if (i != MANIFEST_VM && server->autostart) {
            start(i, server->name);
        }
    }
}

/// Keeps the command line for a restart. A name alone needs no memory.
static void keep_cmdline(struct supervised *server, const char *cmdline) {
    if (!server->cmdline && strcmp(cmdline, name_of(server)) != 0) {
        server->cmdline = own_alloc(USER_ARGS_LEN);
    }
    if (server->cmdline && server->cmdline != cmdline) {
        strncpy2(server->cmdline, cmdline, USER_ARGS_LEN);
    }
}

void supervise_launched(const struct task *task, const char *cmdline) {
    struct supervised *server = servers[task->server];
    bool has_own_entry = server && !strncmp(name_of(server), task->name, TASK_NAME_LEN - 1);
    if (!has_own_entry || server->tid) {
        return;
    }

    keep_cmdline(server, cmdline);
    if (task->launcher != INIT_TASK) {
        server->history.restarts = 0;
    }
    timers_cancel(&server->timer);
    server->tid = task->tid;
    server->history.started_at = timer_uptime();
    server->has_given_up = false;
}

void supervise_ended(const struct task *task) {
    struct supervised *server = servers[task->server];
    if (server && server->tid == task->tid) {
        server->tid = 0;
        plan_restart(server, task->end);
    }
}

void supervise_handle_timer(void) {
    struct timer_entry *timer;
    while ((timer = timers_pop_due(&timers, timer_uptime())) != NULL) {
        struct supervised *server = LIST_CONTAINER(timer, struct supervised, timer);
        start(server->number, server->cmdline ? server->cmdline : name_of(server));
    }
    arm_timer();
}

bool supervise_has_given_up(unsigned server) {
    return servers[server] && servers[server]->has_given_up;
}

bool supervise_is_coming(unsigned server) {
    return servers[server] && list_is_linked(&servers[server]->timer.next);
}
