#include "server.h"

#include <idl_client.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <string.h>

static task_t server;
/// Whether a `ready` runs, and the socket of which it is known that nothing is left.
static bool tells;
static const struct socket *empty;

task_t socket_server(void) {
    if (server != 0) {
        return server;
    }
    task_t found = ipc_lookup("tcpip");
    if (IS_ERROR(found)) {
        return found;
    }
    // Nothing else would wake who waits for an event when it ends.
    error_t err = call_task_watch(INIT_TASK, found);
    if (IS_ERROR(err)) {
        return err;
    }
    server = found;
    return server;
}

task_t server_of(const struct socket *socket) {
    if (socket->server == 0) {
        return ERR_INVALID_ARG;
    }
    return (socket->server == server) ? server : ERR_ABORTED;
}

error_t server_check(error_t err) {
    if (err != ERR_INVALID_TASK && err != ERR_ABORTED) {
        return err;
    }
    socket_task_exited(server);
    return ERR_ABORTED;
}

void socket_task_exited(task_t task) {
    if (server != 0 && task == server) {
        server = 0;
        empty = NULL;
        ahead_forget(NULL);
        table_fail_all();
    }
}

void server_receive_exits(void) {
    struct message m;
    bzero(&m, sizeof(m));
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG) {
            socket_task_exited(m.task_exited.task);
        }
    }
}

void server_note_events(const struct socket_event *events, size_t len) {
    for (size_t i = 0; i < len / sizeof(*events); i++) {
        table_note(&events[i]);
    }
}

error_t server_collect(void) {
    if (server == 0) {
        return ERR_ABORTED;
    }
    if (ahead_is_wanted()) {
        return ahead_collect(server);
    }
    void *events;
    size_t len;
    error_t err = server_check(call_socket_events(server, &events, &len));
    if (IS_OK(err)) {
        server_note_events(events, len);
        free(events);
    }
    return err;
}

void server_note_empty(const struct socket *socket) {
    empty = tells ? socket : NULL;
}

bool server_said_empty(const struct socket *socket) {
    return empty == socket;
}

void socket_take_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_ASYNC) {
        server_receive_exits();
    }
    if (notifications & SOCKET_NOTIFY) {
        // Once: if that wasn't all, the server notifies again. An error: there is nothing, or all sockets have failed.
        (void) server_collect();
    }
    unsigned events;
    struct socket *socket;
    while ((socket = table_take(&events)) != NULL) {
        if (socket->ready != NULL) {
            tells = true;
            socket->ready(socket, events);
            tells = false;
            empty = NULL;
        }
    }
}
