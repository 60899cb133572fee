#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <socket.h>

#include "clock.h"
#include "connection.h"
#include "graph.h"

#define BACKLOG 256

static struct socket listener;
static bool is_ticking;

static void listen(void);

static void work_listener(struct socket *socket, unsigned events) {
    if (events & SOCKET_FAILED) {
        // The TCP/IP server has ended, and all connections with it.
        socket_close(socket);
        listen();
        return;
    }
    if (!is_ticking) {
        is_ticking = true;
        clock_update();
        clock_arm();
    }
    connections_accept(socket, events);
}

static void listen(void) {
    struct socket_address local = {.port = CONFIG_WEBAPI_PORT};
    error_t err = socket_listen(&local, BACKLOG, &listener);
    if (IS_ERROR(err)) {
        PANIC("port %d: %s", CONFIG_WEBAPI_PORT, socket_error_text(err));
    }
    listener.ready = work_listener;
}

/// The timer runs while there are connections: an idle machine isn't woken.
static void tick(void) {
    clock_update();
    graph_tick();
    connections_tick();
    is_ticking = connections_exist() || graph_is_on();
    if (is_ticking) {
        clock_arm();
    }
}

static void take_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_TIMER) {
        tick();
    }
    socket_take_notifications(notifications);
    if (connections_run()) {
        // Looks what has happened to the others before it goes on.
        ASSERT_OK(ipc_notify(task_self(), SOCKET_NOTIFY));
    }
}

void main(void) {
    listen();
    while (true) {
        struct message m;
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            take_notifications(m.notifications.data);
        } else {
            discard_unknown_message(&m);
        }
    }
}
