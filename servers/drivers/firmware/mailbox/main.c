#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "firmware.h"
#include "property.h"

void main(void) {
    ASSERT_OK(property_init());
    ASSERT_OK(ipc_serve("mailbox"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!mailbox_dispatch(&firmware_ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
