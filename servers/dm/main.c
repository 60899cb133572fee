#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "api.h"

/// vm tells of one task at a time, and notifies again if there are more.
static void pull_end(void) {
    struct message m;
    bzero(&m, sizeof(m));
    error_t err = async_recv(INIT_TASK, &m);
    if (err == OK && m.type == TASK_EXITED_MSG) {
        api_task_ended(m.task_exited.task);
    }
}

void main(void) {
    api_init();
    ASSERT_OK(ipc_serve("dm"));
    api_start();

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_ASYNC) {
                pull_end();
            }
            if (m.notifications.data & NOTIFY_TIMER) {
                api_timer();
            }
        } else if (!api_dispatch(&m)) {
            discard_unknown_message(&m);
        }
    }
}
