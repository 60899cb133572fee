#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

void timer_sleep(msec_t ms) {
    struct message m;
    ASSERT_OK(timer_set(ms));
    do {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        }
    } while (m.type != NOTIFICATIONS_MSG || !(m.notifications.data & NOTIFY_TIMER));
}
