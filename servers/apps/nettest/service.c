#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "services.h"

#define BACKLOG 256

void service_end(struct socket *socket) {
    socket_close(socket);
    free(socket->user);
}

void service_go_on(struct socket *socket, error_t (*step)(void *state)) {
    error_t err;
    do {
        err = step(socket->user);
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK) {
        service_end(socket);
    }
}

/// Takes all that wait.
static void take_clients(struct socket *listener, unsigned events __unused) {
    const struct service *service = listener->user;
    while (true) {
        struct socket *socket = malloc(service->state_len);
        if (socket == NULL) {
            return;
        }
        memset(socket, 0, service->state_len);
        error_t err = socket_accept(listener, 0, socket, NULL);
        if (IS_ERROR(err)) {
            free(socket);
            return;
        }
        socket->user = socket;
        socket->ready = service->ready;
        socket->ready(socket, 0);
    }
}

void service_start(struct service *service) {
    struct socket_address local;
    memset(&local, 0, sizeof(local));
    local.port = service->port;
    error_t err = socket_listen(&local, BACKLOG, &service->listener);
    if (IS_ERROR(err)) {
        PANIC("port %u: %s", service->port, socket_error_text(err));
    }
    service->listener.user = service;
    service->listener.ready = take_clients;
}
