#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "api.h"

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
                async_take_exits(api_task_ended);
            }
            if (m.notifications.data & NOTIFY_TIMER) {
                api_timer();
            }
        } else if (!api_dispatch(&m)) {
            discard_unknown_message(&m);
        }
    }
}
