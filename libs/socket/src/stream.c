#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "server.h"

/// Fewer bytes cost more to lend than to copy.
#define LEND_MIN (4 * PAGE_SIZE)

/// Waits until the connection is made, or has failed.
static error_t finish_connect(struct socket *socket, const struct deadline *deadline) {
    while (true) {
        size_t sent;
        // What can be sent on is connected. Nothing is sent, as there are no bytes.
        error_t err = server_check(call_socket_send(socket->server, socket->handle, "", 0, &sent));
        if (err != ERR_WOULD_BLOCK) {
            return err;
        }
        err = deadline_wait(deadline);
        if (IS_ERROR(err)) {
            return err;
        }
    }
}

static error_t connect(const struct socket_address *remote, const struct deadline *deadline,
                       struct socket *socket) {
    error_t err = socket_open(SOCKET_KIND_STREAM, socket);
    if (IS_ERROR(err)) {
        return err;
    }
    err = server_check(
        call_socket_connect(socket->server, socket->handle, remote->port, remote->ip.bytes));
    if (IS_OK(err) && deadline->timeout != 0) {
        err = finish_connect(socket, deadline);
    }
    if (IS_ERROR(err)) {
        socket_abort(socket);
    }
    return err;
}

error_t socket_connect(const struct socket_address *remote, msec_t timeout, struct socket *socket) {
    struct deadline deadline = deadline_in(timeout);
    return connect(remote, &deadline, socket);
}

error_t socket_dial(const char *hostname, uint16_t port, msec_t timeout, struct socket *socket) {
    struct deadline deadline = deadline_in(timeout);
    struct ip_addr addrs[SOCKET_ADDRESSES_MAX];
    unsigned count;
    memset(socket, 0, sizeof(*socket));
    error_t err = socket_resolve(hostname, addrs, &count);
    for (unsigned i = 0; IS_OK(err) && i < count; i++) {
        struct socket_address remote = {addrs[i], port};
        // An address that doesn't answer leaves the others their share of the time.
        msec_t left = deadline_left(&deadline);
        struct deadline share = deadline_in(left > 0 ? MAX(left / (msec_t) (count - i), 1) : left);
        error_t tried = connect(&remote, &share, socket);
        if (IS_OK(tried) || i + 1 == count) {
            return tried;
        }
    }
    return err;
}

error_t socket_listen(const struct socket_address *local, unsigned backlog, struct socket *socket) {
    error_t err = socket_open(SOCKET_KIND_STREAM, socket);
    if (IS_ERROR(err)) {
        return err;
    }
    err = socket_bind(socket, local);
    if (IS_OK(err)) {
        err = server_check(call_socket_listen(socket->server, socket->handle, backlog));
    }
    if (IS_ERROR(err)) {
        socket_close(socket);
    }
    return err;
}

error_t socket_accept(struct socket *listener, msec_t timeout, struct socket *socket,
                      struct socket_address *remote) {
    struct deadline deadline = deadline_in(timeout);
    memset(socket, 0, sizeof(*socket));
    while (true) {
        task_t server = server_of(listener);
        handle_t handle = 0;
        struct socket_address from;
        error_t err = IS_ERROR(server)
                          ? server
                          : server_check(call_socket_accept(server, listener->handle, &handle,
                                                            &from.port, from.ip.bytes));
        if (IS_OK(err)) {
            table_add(socket, server, handle);
            if (remote != NULL) {
                *remote = from;
            }
        } else if (err == ERR_WOULD_BLOCK) {
            err = deadline_wait(&deadline);
            if (IS_OK(err)) {
                continue;
            }
        }
        return err;
    }
}

/// Whether a buffer can be lent, and is worth it.
static bool is_lendable(const void *buf, size_t len) {
    return IS_ALIGNED((uintptr_t) buf, PAGE_SIZE) && len >= LEND_MIN;
}

static size_t lendable_len(size_t len) {
    return ALIGN_DOWN(MIN(len, (size_t) SOCKET_DATA_MAX), PAGE_SIZE);
}

static error_t try_send(task_t server, handle_t handle, const void *data, size_t len,
                        size_t *sent) {
    if (!is_lendable(data, len)) {
        return call_socket_send(server, handle, data, MIN(len, (size_t) SOCKET_DATA_MAX), sent);
    }
    size_t lent = lendable_len(len);
    return call_socket_send_pages(server, handle, 0, lent, data, lent, sent);
}

static error_t send(struct socket *socket, const void *data, size_t len,
                    const struct deadline *deadline, size_t *sent) {
    while (true) {
        task_t server = server_of(socket);
        error_t err = IS_ERROR(server)
                          ? server
                          : server_check(try_send(server, socket->handle, data, len, sent));
        if (err == ERR_WOULD_BLOCK) {
            err = deadline_wait(deadline);
            if (IS_OK(err)) {
                continue;
            }
        }
        return err;
    }
}

error_t socket_send(struct socket *socket, const void *data, size_t len, msec_t timeout,
                    size_t *sent) {
    struct deadline deadline = deadline_in(timeout);
    return send(socket, data, len, &deadline, sent);
}

error_t socket_send_all(struct socket *socket, const void *data, size_t len, msec_t timeout) {
    struct deadline deadline = deadline_in(timeout);
    const uint8_t *bytes = data;
    error_t err = OK;
    while (IS_OK(err) && len > 0) {
        size_t sent = 0;
        err = send(socket, bytes, len, &deadline, &sent);
        if (IS_OK(err)) {
            sent = MIN(sent, len);
            bytes += sent;
            len -= sent;
        }
    }
    return err;
}

/// Receives through a payload, which is copied out of.
static error_t receive_copied(task_t server, struct socket *socket, void *buf, size_t len,
                              size_t *received) {
    void *data;
    error_t err = call_socket_recv(server, socket->handle, MIN(len, (size_t) SOCKET_DATA_MAX),
                                   &data, received);
    if (IS_OK(err)) {
        *received = MIN(*received, len);
        memcpy(buf, data, *received);
        free(data);
        ahead_expect(socket, len);
    }
    return err;
}

static error_t receive(task_t server, struct socket *socket, void *buf, size_t len,
                       size_t *received) {
    if (len > 0 && ahead_take(socket, buf, len, received)) {
        return OK;
    }
    if (!is_lendable(buf, len)) {
        return receive_copied(server, socket, buf, len, received);
    }
    // What is lent is to be filled: nothing of it is to come in another way.
    ahead_forget(socket);
    size_t lent = lendable_len(len);
    error_t err = call_socket_recv_pages(server, socket->handle, 0, lent, buf, lent, received);
    if (IS_OK(err)) {
        *received = MIN(*received, lent);
    }
    return err;
}

error_t socket_receive(struct socket *socket, void *buf, size_t len, msec_t timeout,
                       size_t *received) {
    struct deadline deadline = deadline_in(timeout);
    while (true) {
        task_t server = server_of(socket);
        error_t err =
            IS_ERROR(server) ? server : server_check(receive(server, socket, buf, len, received));
        if (err == ERR_WOULD_BLOCK) {
            err = deadline_wait(&deadline);
            if (IS_OK(err)) {
                continue;
            }
        }
        return err;
    }
}

error_t socket_shutdown(struct socket *socket, enum socket_how how) {
    task_t server = server_of(socket);
    return IS_ERROR(server) ? server
                            : server_check(call_socket_shutdown(server, socket->handle, how));
}
