#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "driver.h"

void main(void) {
    driver_begin();
    while (!driver_find_adapter()) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        }
    }
    net_device_run(&driver_device, &driver);
}
