#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "server.h"

error_t socket_send_to(struct socket *socket, const struct socket_address *remote, const void *data,
                       size_t len) {
    task_t server = server_of(socket);
    return IS_ERROR(server) ? server
                            : server_check(call_socket_send_to(server, socket->handle, remote->port,
                                                               remote->ip.bytes, data, len));
}

static error_t receive(task_t server, struct socket *socket, void *buf, size_t len,
                       size_t *received, struct socket_address *remote) {
    void *data;
    bool last;
    error_t err = call_socket_recv_from(server, socket->handle, len, &remote->port, &last,
                                        remote->ip.bytes, &data, received);
    if (IS_OK(err)) {
        *received = MIN(*received, len);
        memcpy(buf, data, *received);
        free(data);
        if (last) {
            server_note_empty(socket);
        }
    }
    return err;
}

error_t socket_receive_from(struct socket *socket, void *buf, size_t len, msec_t timeout,
                            size_t *received, struct socket_address *remote) {
    struct deadline deadline = deadline_in(timeout);
    struct socket_address from;
    while (true) {
        task_t server = server_of(socket);
        error_t err = server;
        if (server > 0) {
            bool empty = timeout == 0 && server_said_empty(socket);
            err = empty ? ERR_WOULD_BLOCK
                        : server_check(receive(server, socket, buf, len, received, &from));
        }
        if (err == ERR_WOULD_BLOCK) {
            err = deadline_wait(&deadline);
            if (IS_OK(err)) {
                continue;
            }
        }
        if (IS_OK(err) && remote != NULL) {
            *remote = from;
        }
        return err;
    }
}
