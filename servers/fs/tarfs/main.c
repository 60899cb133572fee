#include <idl_server.h>
#include <resea/async.h>
#include <resea/printf.h>

#include "files.h"

/// vm tells which clients are gone.
static void receive_exits(struct message *m) {
    while (IS_OK(async_recv(INIT_TASK, m))) {
        if (m->type == TASK_EXITED_MSG) {
            files_forget(m->task_exited.task);
        }
    }
}

void main(void) {
    ASSERT_OK(ipc_serve("fs.tar"));

    struct message m;
    while (true) {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_ASYNC) {
                receive_exits(&m);
            }
        } else if (!fs_dispatch(&files_ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
