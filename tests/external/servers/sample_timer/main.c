#include <config.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>

void main(void) {
    INFO("starting a timer!");

    timer_set(1000 /* 1000ms = 1 second */);
    unsigned i = 1;
    while (true) {
        struct message m;

        // Wait until the kernel notifies us...
        ipc_recv(IPC_ANY, &m);

        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_TIMER) {
                // Received a timer notification. Print a message and reset the timer.
                TRACE("task's uptime: %d seconds", i++);
                timer_set(1000 /* 1000ms = 1 second */);
            }
        }
    }
}
