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

static error_t send_to(const struct endpoint *endpoint, const struct ip_addr *remote, uint16_t port,
                       const void *data, size_t len) {
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    return (endpoint->udp == NULL) ? ERR_INVALID_ARG
                                   : udp_send(endpoint->udp, remote, port, data, len);
}

error_t transfer_send_to(task_t client, struct socket_send_to_fields *request) {
    struct ip_addr remote;
    memcpy(remote.bytes, request->addr, sizeof(remote.bytes));
    return send_to(endpoint_find(client, request->handle, false), &remote, request->port,
                   request->data, request->data_len);
}

error_t transfer_send_datagram(task_t client, struct socket_send_datagram_fields *request) {
    struct socket_datagram header;
    if (request->datagram_len < sizeof(header)) {
        return ERR_INVALID_ARG;
    }
    memcpy(&header, request->datagram, sizeof(header));
    if (header.reserved != 0) {
        return ERR_INVALID_ARG;
    }
    return send_to(endpoint_find(client, header.handle, false), &header.addr, header.port,
                   (const uint8_t *) request->datagram + sizeof(header),
                   request->datagram_len - sizeof(header));
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

/// The client whose sockets something has happened to. NULL: it has none such; it is notified of the next one.
static struct client *client_with_events(task_t task) {
    struct client *client = client_find(task);
    if (client == NULL) {
        return NULL;
    }
    client_took(client, SOCKET_NOTIFY);
    return list_is_empty(&client->events) ? NULL : client;
}

/// Returns the bytes that they take. Of those that don't fit, another notification tells.
static size_t take_events(struct client *client, uint8_t *bytes) {
    struct socket_event *events = (struct socket_event *) (void *) bytes;
    unsigned count = 0;
    while (count < SOCKET_EVENTS_MAX && !list_is_empty(&client->events)) {
        struct endpoint *endpoint = LIST_POP_FRONT(&client->events, struct endpoint, in_events);
        events[count++] = (struct socket_event){endpoint->handle, endpoint->events};
        endpoint->events = 0;
    }
    if (!list_is_empty(&client->events)) {
        client_tell(client, SOCKET_NOTIFY);
    }
    return count * sizeof(*events);
}

error_t transfer_events(task_t task, struct socket_events_reply_fields *reply) {
    struct client *client = client_with_events(task);
    if (client == NULL) {
        return ERR_EMPTY;
    }
    reply->events = transfer_buffer;
    reply->events_len = take_events(client, transfer_buffer);
    return OK;
}

/// Reads what there is to read from the only socket to which something has happened. Returns how many bytes. An error is
/// what the client will be told when it asks.
static size_t receive_next(struct endpoint *endpoint, uint8_t *buf, size_t len,
                           struct socket_next *next) {
    size_t received = 0;
    if (endpoint->udp == NULL) {
        next->received = IS_OK(receive(endpoint, buf, len, &received));
    } else if (udp_has_datagram(endpoint->udp)) {
        next->received =
            IS_OK(receive_datagram(endpoint, buf, len, &received, &next->addr, &next->port));
        next->last = !udp_has_datagram(endpoint->udp);
    }
    return received;
}

error_t transfer_next(task_t task, struct socket_next_fields *request,
                      struct socket_next_reply_fields *reply) {
    struct client *client = client_with_events(task);
    if (client == NULL) {
        return ERR_EMPTY;
    }
    struct socket_next *next = (struct socket_next *) (void *) transfer_buffer;
    *next = (struct socket_next){.events = 0};
    uint8_t *rest = transfer_buffer + sizeof(*next);
    reply->answer = next;
    reply->answer_len = sizeof(*next);
    struct endpoint *endpoint = LIST_FRONT(&client->events, struct endpoint, in_events);
    if (endpoint->handle != request->handle || endpoint->in_events.next != &client->events) {
        reply->answer_len += take_events(client, rest);
        return OK;
    }
    list_remove(&endpoint->in_events);
    next->events = endpoint->events;
    endpoint->events = 0;
    if (next->events & SOCKET_READABLE) {
        size_t len = MIN(request->len, SOCKET_DATA_MAX - sizeof(*next));
        reply->answer_len += receive_next(endpoint, rest, len, next);
    }
    return OK;
}
