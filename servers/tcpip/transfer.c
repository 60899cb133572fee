#include "transfer.h"

#include <resea/malloc.h>
#include <socket.h>
#include <string.h>

#include "endpoint.h"

uint8_t *transfer_buffer;

error_t transfer_init(void) {
    // Only what is used of it becomes memory.
    transfer_buffer = malloc(SOCKET_DATA_MAX);
    return (transfer_buffer != NULL) ? OK : ERR_NO_MEMORY;
}

static error_t send(struct endpoint *endpoint, const void *data, size_t len, size_t *sent) {
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp == NULL) {
        return endpoint_write(endpoint, data, len, sent);
    }
    *sent = len;
    return udp_send(endpoint->udp, NULL, 0, data, len);
}

error_t transfer_send(task_t client, struct socket_send_fields *request,
                      struct socket_send_reply_fields *reply) {
    return send(endpoint_find(client, request->handle, false), request->data, request->data_len,
                &reply->sent);
}

/// Nothing is inside of pages that weren't lent.
static bool is_inside(size_t offset, size_t len, size_t whole) {
    return whole > 0 && offset <= whole && len <= whole - offset;
}

error_t transfer_send_pages(task_t client, struct socket_send_pages_fields *request,
                            struct socket_send_pages_reply_fields *reply) {
    if (!is_inside(request->offset, request->len, request->data_len)) {
        return ERR_INVALID_ARG;
    }
    return send(endpoint_find(client, request->handle, false),
                (const uint8_t *) request->data + request->offset, request->len, &reply->sent);
}

/// Reads a datagram; what doesn't fit is lost.
static error_t receive_datagram(struct endpoint *endpoint, void *buf, size_t len, size_t *received,
                                struct ip_addr *src, uint16_t *port) {
    struct buf *packet = udp_receive(endpoint->udp, src, port);
    if (packet == NULL) {
        error_t err = udp_error_of(endpoint->udp);
        return IS_ERROR(err) ? err : ERR_WOULD_BLOCK;
    }
    *received = MIN(len, (size_t) packet->total);
    buf_copy_out(packet, 0, buf, *received);
    buf_free(packet);
    return OK;
}

static error_t receive(struct endpoint *endpoint, void *buf, size_t len, size_t *received) {
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp != NULL) {
        struct ip_addr src;
        uint16_t port;
        return receive_datagram(endpoint, buf, len, received, &src, &port);
    }
    if (endpoint->tcp == NULL || endpoint->listens || len == 0) {
        return ERR_INVALID_ARG;
    }
    int64_t done = tcp_read(endpoint->tcp, buf, len);
    *received = (done > 0) ? (size_t) done : 0;
    return (done == 0) ? ERR_WOULD_BLOCK : (done > 0) ? OK : (error_t) done;
}

error_t transfer_recv(task_t client, struct socket_recv_fields *request,
                      struct socket_recv_reply_fields *reply) {
    reply->data = transfer_buffer;
    return receive(endpoint_find(client, request->handle, false), transfer_buffer,
                   MIN(request->len, (size_t) SOCKET_DATA_MAX), &reply->data_len);
}

error_t transfer_recv_pages(task_t client, struct socket_recv_pages_fields *request,
                            struct socket_recv_pages_reply_fields *reply) {
    if (!is_inside(request->offset, request->len, request->data_len)) {
        return ERR_INVALID_ARG;
    }
    return receive(endpoint_find(client, request->handle, false),
                   (uint8_t *) request->data + request->offset, request->len, &reply->received);
}

error_t transfer_send_to(task_t client, struct socket_send_to_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp == NULL) {
        return ERR_INVALID_ARG;
    }
    struct ip_addr remote;
    memcpy(remote.bytes, request->addr, sizeof(remote.bytes));
    return udp_send(endpoint->udp, &remote, request->port, request->data, request->data_len);
}

error_t transfer_recv_from(task_t client, struct socket_recv_from_fields *request,
                           struct socket_recv_from_reply_fields *reply) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, false);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->udp == NULL) {
        return ERR_INVALID_ARG;
    }
    struct ip_addr src;
    error_t err =
        receive_datagram(endpoint, transfer_buffer, MIN(request->len, (size_t) SOCKET_DATA_MAX),
                         &reply->data_len, &src, &reply->port);
    if (IS_OK(err)) {
        reply->data = transfer_buffer;
        reply->last = !udp_has_datagram(endpoint->udp);
        memcpy(reply->addr, src.bytes, sizeof(reply->addr));
    }
    return err;
}

error_t transfer_events(task_t task, struct socket_events_reply_fields *reply) {
    struct client *client = client_find(task);
    if (client == NULL || list_is_empty(&client->events)) {
        if (client != NULL) {
            client_took(client, SOCKET_NOTIFY);
        }
        return ERR_EMPTY;
    }
    struct socket_event *events = (struct socket_event *) (void *) transfer_buffer;
    unsigned count = 0;
    while (count < SOCKET_EVENTS_MAX && !list_is_empty(&client->events)) {
        struct endpoint *endpoint = LIST_POP_FRONT(&client->events, struct endpoint, in_events);
        events[count++] = (struct socket_event){endpoint->handle, endpoint->events};
        endpoint->events = 0;
    }
    client_took(client, SOCKET_NOTIFY);
    if (!list_is_empty(&client->events)) {
        client_tell(client, SOCKET_NOTIFY);
    }
    reply->events = events;
    reply->events_len = count * sizeof(*events);
    return OK;
}
