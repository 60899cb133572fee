#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "server.h"

/// Longer ones cost more to copy once more than a message costs that has more than a payload.
#define SHORT_MAX 512

/// Sends with everything in one payload.
static error_t send_short(task_t server, handle_t handle, const struct socket_address *remote,
                          const void *data, size_t len) {
    struct {
        struct socket_datagram header;
        uint8_t data[SHORT_MAX];
    } datagram;
    datagram.header = (struct socket_datagram){handle, remote->port, 0, remote->ip};
    memcpy(datagram.data, data, len);
    return call_socket_send_datagram(server, &datagram, sizeof(datagram.header) + len);
}

error_t socket_send_to(struct socket *socket, const struct socket_address *remote, const void *data,
                       size_t len) {
    task_t server = server_of(socket);
    if (IS_ERROR(server)) {
        return server;
    }
    if (len <= SHORT_MAX) {
        return server_check(send_short(server, socket->handle, remote, data, len));
    }
    return server_check(
        call_socket_send_to(server, socket->handle, remote->port, remote->ip.bytes, data, len));
}

static error_t receive(task_t server, struct socket *socket, void *buf, size_t len,
                       size_t *received, struct socket_address *remote) {
    void *data;
    bool last;
    if (ahead_take_datagram(socket, buf, len, received, remote)) {
        return OK;
    }
    error_t err = call_socket_recv_from(server, socket->handle, len, &remote->port, &last,
                                        remote->ip.bytes, &data, received);
    if (IS_OK(err)) {
        *received = MIN(*received, len);
        memcpy(buf, data, *received);
        free(data);
        // Another one may be received into a larger buffer.
        ahead_expect(socket, SOCKET_DATAGRAM_MAX);
        if (last) {
            server_note_empty(socket);
        }
    }
    return err;
}

error_t socket_receive_from(struct socket *socket, void *buf, size_t len, msec_t timeout,
                            size_t *received, struct socket_address *remote) {
    if (timeout == 0 && socket->server != 0 && server_said_empty(socket)) {
        return ERR_WOULD_BLOCK;
    }
    struct deadline deadline = deadline_in(timeout);
    struct socket_address from;
    while (true) {
        task_t server = server_of(socket);
        error_t err = IS_ERROR(server)
                          ? server
                          : server_check(receive(server, socket, buf, len, received, &from));
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
