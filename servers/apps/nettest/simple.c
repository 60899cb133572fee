#include <idl_client.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "services.h"

static task_t tcpip;

static void take_client(handle_t listener) {
    handle_t handle;
    error_t err = call_tcpip_accept(tcpip, listener, &handle);
    if (IS_ERROR(err)) {
        WARN("accept: %s", error_name(err));
    }
}

static void echo(handle_t handle) {
    void *data;
    size_t len;
    if (IS_ERROR(call_tcpip_read(tcpip, handle, 4096, &data, &len))) {
        return;
    }
    error_t err = (len > 0) ? call_tcpip_write(tcpip, handle, data, len) : OK;
    if (IS_ERROR(err)) {
        WARN("write: %s", error_name(err));
    }
    free(data);
}

static void take_message(const struct message *m) {
    switch (m->type) {
    case TCPIP_NEW_CLIENT_MSG:
        take_client(m->tcpip_new_client.handle);
        break;
    case TCPIP_RECEIVED_MSG:
        echo(m->tcpip_received.handle);
        break;
    case TCPIP_CLOSED_MSG:
        OOPS_OK(call_tcpip_close(tcpip, m->tcpip_closed.handle));
        break;
    default:
        WARN("unexpected message %#x", (unsigned) m->type);
    }
}

void simple_serve(void) {
    handle_t listener;
    tcpip = ipc_lookup("tcpip");
    ASSERT_OK(tcpip);
    ASSERT_OK(call_tcpip_listen(tcpip, SIMPLE_PORT, 8, &listener));
    printf("nettest: port %d\n", SIMPLE_PORT);
    printf_flush();
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        } else if (m.notifications.data & NOTIFY_ASYNC) {
            if (IS_OK(async_recv(tcpip, &m))) {
                take_message(&m);
            }
        }
    }
}
