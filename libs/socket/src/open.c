#include <idl_client.h>
#include <string.h>

#include "server.h"

/// How often a new server is looked for, when one has ended just before it was asked.
#define TRIES 4

error_t socket_open(enum socket_kind kind, struct socket *socket) {
    memset(socket, 0, sizeof(*socket));
    for (int i = 0; i < TRIES; i++) {
        task_t server = socket_server();
        if (IS_ERROR(server)) {
            return server;
        }
        handle_t handle = 0;
        error_t err = server_check(call_socket_open(server, kind, &handle));
        if (IS_OK(err)) {
            table_add(socket, server, handle);
        }
        if (err != ERR_ABORTED) {
            return err;
        }
    }
    return ERR_ABORTED;
}

/// Gives a socket back: what the server says to that doesn't matter, as the socket is closed in any case.
static void give_back(struct socket *socket, error_t (*call)(task_t server, handle_t handle)) {
    if (socket->server == 0) {
        return;
    }
    task_t server = server_of(socket);
    handle_t handle = socket->handle;
    table_remove(socket);
    if (IS_OK(server)) {
        (void) server_check(call(server, handle));
    }
}

void socket_close(struct socket *socket) {
    give_back(socket, call_socket_close);
}

void socket_abort(struct socket *socket) {
    give_back(socket, call_socket_abort);
}

error_t socket_bind(struct socket *socket, const struct socket_address *local) {
    task_t server = server_of(socket);
    uint16_t port;
    return IS_ERROR(server) ? server
                            : server_check(call_socket_bind(server, socket->handle, local->port,
                                                            local->ip.bytes, &port));
}

error_t socket_set_option(struct socket *socket, enum socket_option option, unsigned value) {
    task_t server = server_of(socket);
    return IS_ERROR(server)
               ? server
               : server_check(call_socket_set_option(server, socket->handle, option, value));
}

error_t socket_names(struct socket *socket, struct socket_address *local,
                     struct socket_address *remote) {
    struct socket_address ends[2];
    task_t server = server_of(socket);
    error_t err =
        IS_ERROR(server)
            ? server
            : server_check(call_socket_names(server, socket->handle, &ends[0].port, &ends[1].port,
                                             ends[0].ip.bytes, ends[1].ip.bytes));
    if (IS_OK(err) && local != NULL) {
        *local = ends[0];
    }
    if (IS_OK(err) && remote != NULL) {
        *remote = ends[1];
    }
    return err;
}

error_t socket_error(struct socket *socket) {
    task_t server = server_of(socket);
    int reason = 0;
    error_t err = IS_ERROR(server)
                      ? server
                      : server_check(call_socket_error(server, socket->handle, &reason));
    return IS_ERROR(err) ? err : MIN(reason, 0);
}
