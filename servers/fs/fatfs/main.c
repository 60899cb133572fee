#include <config.h>
#include <idl_server.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "files.h"
#include "volumes.h"

/// The timer will run out, and what has been changed will be written.
static bool timer_runs;

static void start_timer(void) {
    if (!timer_runs && volumes_have_changes()) {
        timer_runs = IS_OK(timer_set(CONFIG_FATFS_SYNC_MS));
    }
}

/// vm tells which clients are gone.
static void receive_exits(struct message *m) {
    while (IS_OK(async_recv(INIT_TASK, m))) {
        if (m->type == TASK_EXITED_MSG) {
            files_forget(m->task_exited.task);
        }
    }
}

static void take_notifications(struct message *m) {
    notifications_t notifications = m->notifications.data;
    if (notifications & NOTIFY_ASYNC) {
        receive_exits(m);
    }
    if (notifications & NOTIFY_TIMER) {
        timer_runs = false;
        volumes_sync();
    }
}

void main(void) {
    ASSERT_OK(ipc_serve("fs.fat"));

    struct message m;
    while (true) {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            take_notifications(&m);
        } else if (!fs_dispatch(&files_ops, &m)) {
            discard_unknown_message(&m);
        }
        start_timer();
    }
}
