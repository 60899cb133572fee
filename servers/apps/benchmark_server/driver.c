#include "driver.h"

#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>

#include "device.h"

__noreturn void driver_main(task_t client) {
    struct message m;
    error_t err = device_open();
    m.type = IS_OK(err) ? BENCHMARK_IRQ_START_REPLY_MSG : err;
    uint32_t woken = 0;
    while (true) {
        if (m.type != DONT_REPLY) {
            ipc_reply(client, &m);
        }
        // Not ipc_recv(): the time is that of the first instruction behind the system call.
        error_t received = sys_ipc(IPC_ANY, &m, IPC_RECV | IPC_OPEN, NULL);
        uint32_t now = device_time();
        ASSERT_OK(received);
        client = m.src;
        if (m.type == NOTIFICATIONS_MSG) {
            woken = now;
            if (m.notifications.data & NOTIFY_IRQ) {
                device_acknowledge();
            }
            m.type = DONT_REPLY;
        } else if (m.type == BENCHMARK_WAKE_TIME_MSG) {
            m.type = BENCHMARK_WAKE_TIME_REPLY_MSG;
            m.benchmark_wake_time_reply.time = woken;
        } else {
            discard_unknown_message(&m);
            m.type = DONT_REPLY;
        }
    }
}
