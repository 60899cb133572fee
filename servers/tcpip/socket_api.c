#include <config.h>
#include <inet/env.h>
#include <inet/info.h>
#include <string.h>

#include "api.h"
#include "endpoint.h"
#include "resolve.h"
#include "transfer.h"

/// Ports that are given out (RFC 6335, 6).
#define FIRST_DYNAMIC_PORT 49152u
#define NUM_DYNAMIC_PORTS  (65536u - FIRST_DYNAMIC_PORT)
#define PORT_TRIES         64

static error_t open(task_t client, struct socket_open_fields *request,
                    struct socket_open_reply_fields *reply) {
    struct endpoint *endpoint;
    error_t err = endpoint_new(client, request->kind, false, &endpoint);
    if (IS_ERROR(err)) {
        return err;
    }
    if (request->kind != SOCKET_KIND_STREAM) {
        bool echo = request->kind == SOCKET_KIND_ECHO;
        endpoint->udp = udp_open(echo ? UDP_ECHO : UDP_SOCKET, NULL, endpoint);
        if (endpoint->udp == NULL) {
            endpoint_free(endpoint, true);
            return ERR_NO_MEMORY;
        }
    }
    reply->handle = endpoint->handle;
    return OK;
}

static bool is_our_address(const struct ip_addr *addr) {
    struct inet_address_info info;
    for (unsigned i = 0; inet_address_info(i, &info); i++) {
        if (ip_addr_equals(&info.addr, addr)) {
            return true;
        }
    }
    return ip_addr_is_any(addr);
}

static bool port_is_used(uint16_t port) {
    struct tcp_info info;
    for (unsigned i = 0; tcp_info(i, &info); i++) {
        if (info.local_port == port) {
            return true;
        }
    }
    return false;
}

static error_t pick_port(uint16_t *port) {
    for (int i = 0; i < PORT_TRIES; i++) {
        *port = (uint16_t) (FIRST_DYNAMIC_PORT + inet_random() % NUM_DYNAMIC_PORTS);
        if (!port_is_used(*port)) {
            return OK;
        }
    }
    return ERR_IN_USE;
}

/// What a connection is bound to is kept until it listens or connects.
static error_t bind_stream(struct endpoint *endpoint, const struct ip_addr *local, uint16_t *port) {
    if (endpoint->tcp != NULL || endpoint->local_port != 0) {
        return ERR_INVALID_ARG;
    }
    if (!is_our_address(local)) {
        return ERR_UNREACHABLE;
    }
    error_t err = (*port == 0) ? pick_port(port) : OK;
    if (IS_OK(err)) {
        endpoint->local = *local;
        endpoint->local_port = *port;
    }
    return err;
}

static error_t bind(task_t client, struct socket_bind_fields *request,
                    struct socket_bind_reply_fields *reply) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    struct ip_addr local;
    memcpy(local.bytes, request->addr, sizeof(local.bytes));
    reply->port = request->port;
    return (endpoint->udp != NULL) ? udp_bind(endpoint->udp, &local, &reply->port)
                                   : bind_stream(endpoint, &local, &reply->port);
}

static void apply_options(const struct endpoint *from, struct tcp *tcp) {
    for (int option = 0; option < NUM_OPTIONS; option++) {
        if (from->options_set & (1u << option)) {
            // They were checked when they were set, as far as TCP is concerned, or are as good as advice.
            (void) tcp_set_option(tcp, option, from->options[option]);
        }
    }
}

static error_t connect(task_t client, struct socket_connect_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    struct ip_addr remote;
    memcpy(remote.bytes, request->addr, sizeof(remote.bytes));
    if (endpoint->udp != NULL) {
        return udp_connect(endpoint->udp, &remote, request->port);
    }
    if (endpoint->tcp != NULL || request->port == 0) {
        return ERR_INVALID_ARG;
    }
    error_t err;
    struct tcp *tcp =
        tcp_connect(&endpoint->local, endpoint->local_port, &remote, request->port, &err);
    if (tcp == NULL) {
        return err;
    }
    apply_options(endpoint, tcp);
    endpoint_take(endpoint, tcp, 0);
    return OK;
}

static error_t listen(task_t client, struct socket_listen_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->kind != SOCKET_KIND_STREAM || endpoint->tcp != NULL) {
        return ERR_INVALID_ARG;
    }
    error_t err = (endpoint->local_port == 0) ? pick_port(&endpoint->local_port) : OK;
    if (IS_ERROR(err)) {
        return err;
    }
    unsigned backlog = MIN(MAX(request->backlog, 1u), (unsigned) CONFIG_TCPIP_BACKLOG);
    struct tcp *tcp = tcp_listen(&endpoint->local, endpoint->local_port, backlog, &err);
    if (tcp == NULL) {
        return err;
    }
    endpoint->listens = true;
    apply_options(endpoint, tcp);
    endpoint_take(endpoint, tcp, 0);
    return OK;
}

static error_t accept(task_t client, struct socket_accept_fields *request,
                      struct socket_accept_reply_fields *reply) {
    struct endpoint *listener = endpoint_find(client, request->handle, false);
    if (listener == NULL) {
        return ERR_NOT_FOUND;
    }
    if (!listener->listens) {
        return ERR_INVALID_ARG;
    }
    if (!endpoint_has_client(listener)) {
        return ERR_WOULD_BLOCK;
    }
    struct endpoint *endpoint;
    error_t err = endpoint_new(client, SOCKET_KIND_STREAM, false, &endpoint);
    if (IS_ERROR(err)) {
        return err;
    }
    struct tcp *tcp = tcp_accept(listener->tcp);
    if (tcp == NULL) {
        endpoint_free(endpoint, true);
        return ERR_WOULD_BLOCK;
    }
    apply_options(listener, tcp);
    // That it can be written to goes without saying.
    endpoint_take(endpoint, tcp, SOCKET_WRITABLE);
    struct tcp_info info;
    tcp_info_of(tcp, &info);
    reply->new_handle = endpoint->handle;
    reply->port = info.remote_port;
    memcpy(reply->addr, info.remote.bytes, sizeof(reply->addr));
    return OK;
}

static error_t shutdown(task_t client, struct socket_shutdown_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->tcp == NULL || endpoint->listens) {
        return ERR_INVALID_ARG;
    }
    if (request->how & SOCKET_HOW_RECEIVE) {
        tcp_shutdown_receive(endpoint->tcp);
    }
    if (request->how & SOCKET_HOW_SEND) {
        tcp_shutdown_send(endpoint->tcp);
    }
    return OK;
}

static error_t end(task_t client, handle_t handle, bool abort) {
    struct endpoint *endpoint = endpoint_find(client, handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    endpoint_free(endpoint, abort);
    return OK;
}

static error_t close(task_t client, struct socket_close_fields *request) {
    return end(client, request->handle, false);
}

static error_t abort(task_t client, struct socket_abort_fields *request) {
    return end(client, request->handle, true);
}

static error_t set_option(task_t client, struct socket_set_option_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp != NULL) {
        return udp_set_option(endpoint->udp, request->option, request->value);
    }
    bool of_stream =
        request->option != SOCKET_OPTION_BROADCAST && request->option != SOCKET_OPTION_PATH_MTU;
    error_t err = OK;
    if (endpoint->tcp != NULL) {
        err = tcp_set_option(endpoint->tcp, request->option, request->value);
    }
    if (!of_stream || IS_ERROR(err)) {
        return of_stream ? err : ERR_INVALID_ARG;
    }
    endpoint->options[request->option] = request->value;
    endpoint->options_set |= (uint8_t) (1u << request->option);
    return OK;
}

static error_t get_option(task_t client, struct socket_get_option_fields *request,
                          struct socket_get_option_reply_fields *reply) {
    const struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp != NULL) {
        return udp_get_option(endpoint->udp, request->option, &reply->value);
    }
    if (endpoint->tcp != NULL) {
        return tcp_get_option(endpoint->tcp, request->option, &reply->value);
    }
    reply->value = endpoint->options[request->option];
    return (endpoint->options_set & (1u << request->option)) ? OK : ERR_INVALID_ARG;
}

static bool udp_names(const struct endpoint *endpoint, struct socket_names_reply_fields *reply) {
    struct inet_udp_info info;
    for (unsigned i = 0; inet_udp_info(i, &info); i++) {
        if (info.user == endpoint) {
            reply->local_port = info.local_port;
            reply->remote_port = info.remote_port;
            memcpy(reply->local_addr, info.local.bytes, sizeof(reply->local_addr));
            memcpy(reply->remote_addr, info.remote.bytes, sizeof(reply->remote_addr));
            return true;
        }
    }
    return false;
}

static error_t names(task_t client, struct socket_names_fields *request,
                     struct socket_names_reply_fields *reply) {
    const struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp != NULL) {
        return udp_names(endpoint, reply) ? OK : ERR_INVALID_ARG;
    }
    struct tcp_info info = {.local = endpoint->local, .local_port = endpoint->local_port};
    if (endpoint->tcp != NULL) {
        tcp_info_of(endpoint->tcp, &info);
    }
    reply->local_port = info.local_port;
    reply->remote_port = info.remote_port;
    memcpy(reply->local_addr, info.local.bytes, sizeof(reply->local_addr));
    memcpy(reply->remote_addr, info.remote.bytes, sizeof(reply->remote_addr));
    return OK;
}

static error_t why(task_t client, struct socket_error_fields *request,
                   struct socket_error_reply_fields *reply) {
    const struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp != NULL) {
        reply->error = udp_error_of(endpoint->udp);
    } else if (endpoint->tcp != NULL) {
        reply->error = tcp_error_of(endpoint->tcp);
    }
    return OK;
}

const struct socket_ops socket_api = {
    .open = open,
    .bind = bind,
    .connect = connect,
    .listen = listen,
    .accept = accept,
    .send = transfer_send,
    .send_pages = transfer_send_pages,
    .recv = transfer_recv,
    .recv_pages = transfer_recv_pages,
    .send_to = transfer_send_to,
    .send_datagram = transfer_send_datagram,
    .recv_from = transfer_recv_from,
    .shutdown = shutdown,
    .close = close,
    .abort = abort,
    .set_option = set_option,
    .get_option = get_option,
    .names = names,
    .error = why,
    .events = transfer_events,
    .next = transfer_next,
    .resolve = resolve_hostname,
};
