#include "simple.h"

#include <config.h>
#include <resea/malloc.h>
#include <string.h>

#include "api.h"
#include "device_api.h"
#include "resolve.h"
#include "transfer.h"

/// What a client is to be told: bits of endpoint.news.
#define NEWS_CLIENT   1u
#define NEWS_RECEIVED 2u
#define NEWS_CLOSED   4u

/// Endpoints to which something has happened in this turn.
static list_t acting = {&acting, &acting};

void simple_act_later(struct endpoint *endpoint) {
    list_push_back(&acting, &endpoint->in_events);
}

static void add_news(struct endpoint *endpoint, unsigned news) {
    if (endpoint->news == 0) {
        list_push_back(&endpoint->client->news, &endpoint->in_news);
    }
    endpoint->news |= news;
    client_tell(endpoint->client, NOTIFY_ASYNC);
}

/// What there is to be told of an endpoint now: of clients and data again, as long as there are some; of the end once, when
/// all has been read.
static void look_for_news(struct endpoint *endpoint) {
    if (endpoint->listens) {
        if (endpoint_has_client(endpoint)) {
            add_news(endpoint, NEWS_CLIENT);
        }
        return;
    }
    bool over = (tcp_events(endpoint->tcp) & (SOCKET_ENDED | SOCKET_FAILED)) != 0;
    if (tcp_readable(endpoint->tcp) > 0) {
        add_news(endpoint, NEWS_RECEIVED);
    } else if (over && !endpoint->closed_told) {
        endpoint->closed_told = true;
        add_news(endpoint, NEWS_CLOSED);
    }
}

static void answer(task_t task, int type, struct message *m, error_t err) {
    if (IS_ERROR(err)) {
        ipc_reply_err(task, err);
    } else {
        m->type = type;
        ipc_reply(task, m);
    }
}

/// Answers `connect` if its outcome is known. False: the endpoint is gone.
static bool finish_connect(struct endpoint *endpoint, unsigned events) {
    if (!endpoint->connecting || !(events & (SOCKET_WRITABLE | SOCKET_FAILED))) {
        return true;
    }
    endpoint->connecting = false;
    error_t err = tcp_error_of(endpoint->tcp);
    struct message m;
    bzero(&m, sizeof(m));
    m.tcpip_connect_reply.handle = endpoint->handle;
    answer(endpoint->client->task, TCPIP_CONNECT_REPLY_MSG, &m, err);
    if (IS_ERROR(err)) {
        endpoint_free(endpoint, true);
    }
    return IS_OK(err);
}

static void end_write(struct endpoint *endpoint) {
    free(endpoint->unwritten);
    endpoint->unwritten = NULL;
}

/// Writes as much as there is room for. DONT_REPLY: some is left.
static error_t go_on_writing(struct endpoint *endpoint) {
    error_t err = OK;
    while (IS_OK(err) && endpoint->unwritten_done < endpoint->unwritten_len) {
        size_t written = 0;
        err = endpoint_write(endpoint, &endpoint->unwritten[endpoint->unwritten_done],
                             endpoint->unwritten_len - endpoint->unwritten_done, &written);
        endpoint->unwritten_done += written;
    }
    if (err == ERR_WOULD_BLOCK) {
        return DONT_REPLY;
    }
    end_write(endpoint);
    return err;
}

static void finish_write(struct endpoint *endpoint, unsigned events) {
    if (endpoint->unwritten == NULL || !(events & (SOCKET_WRITABLE | SOCKET_FAILED))) {
        return;
    }
    error_t err = go_on_writing(endpoint);
    if (err != DONT_REPLY) {
        struct message m;
        bzero(&m, sizeof(m));
        answer(endpoint->client->task, TCPIP_WRITE_REPLY_MSG, &m, err);
    }
}

void simple_act_all(void) {
    struct endpoint *endpoint;
    while ((endpoint = LIST_POP_FRONT(&acting, struct endpoint, in_events)) != NULL) {
        unsigned events = endpoint->events;
        endpoint->events = 0;
        if (finish_connect(endpoint, events)) {
            finish_write(endpoint, events);
            look_for_news(endpoint);
        }
    }
}

/// Takes the first of an endpoint's news, and says what message that is.
static int take_news(struct endpoint *endpoint) {
    if (endpoint->news & NEWS_CLIENT) {
        endpoint->news &= ~NEWS_CLIENT;
        return TCPIP_NEW_CLIENT_MSG;
    }
    if (endpoint->news & NEWS_RECEIVED) {
        endpoint->news &= ~NEWS_RECEIVED;
        return TCPIP_RECEIVED_MSG;
    }
    endpoint->news = 0;
    return TCPIP_CLOSED_MSG;
}

void simple_pull(task_t task) {
    struct client *client = client_find(task);
    if (client == NULL || list_is_empty(&client->news)) {
        if (client != NULL) {
            client_took(client, NOTIFY_ASYNC);
        }
        ipc_reply_err(task, ERR_EMPTY);
        return;
    }
    struct endpoint *endpoint = LIST_POP_FRONT(&client->news, struct endpoint, in_news);
    struct message m;
    bzero(&m, sizeof(m));
    m.type = take_news(endpoint);
    // All three have but the handle.
    m.tcpip_received.handle = endpoint->handle;
    if (endpoint->news != 0) {
        list_push_back(&client->news, &endpoint->in_news);
    }
    client_took(client, NOTIFY_ASYNC);
    if (!list_is_empty(&client->news)) {
        client_tell(client, NOTIFY_ASYNC);
    }
    ipc_reply(task, &m);
}

static error_t connect(task_t client, struct tcpip_connect_fields *request,
                       struct tcpip_connect_reply_fields *reply __unused) {
    if (request->dst_port == 0) {
        return ERR_INVALID_ARG;
    }
    struct endpoint *endpoint;
    error_t err = endpoint_new(client, SOCKET_KIND_STREAM, true, &endpoint);
    if (IS_ERROR(err)) {
        return err;
    }
    struct ip_addr remote = ip_addr_from_v4(request->dst_addr);
    struct tcp *tcp = tcp_connect(&endpoint->local, 0, &remote, request->dst_port, &err);
    if (tcp == NULL) {
        endpoint_free(endpoint, true);
        return err;
    }
    endpoint->connecting = true;
    endpoint_take(endpoint, tcp, 0);
    return DONT_REPLY;
}

static error_t listen(task_t client, struct tcpip_listen_fields *request,
                      struct tcpip_listen_reply_fields *reply) {
    if (request->port == 0) {
        return ERR_INVALID_ARG;
    }
    struct endpoint *endpoint;
    error_t err = endpoint_new(client, SOCKET_KIND_STREAM, true, &endpoint);
    if (IS_ERROR(err)) {
        return err;
    }
    struct ip_addr any = ip_addr_from_v4(0);
    int backlog = MIN(MAX(request->backlog, 1), CONFIG_TCPIP_BACKLOG);
    struct tcp *tcp = tcp_listen(&any, request->port, (unsigned) backlog, &err);
    if (tcp == NULL) {
        endpoint_free(endpoint, true);
        return err;
    }
    endpoint->listens = true;
    endpoint_take(endpoint, tcp, 0);
    reply->handle = endpoint->handle;
    return OK;
}

static error_t close(task_t client, struct tcpip_close_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, true);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    endpoint_free(endpoint, false);
    return OK;
}

static error_t write(task_t client, struct tcpip_write_fields *request) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, true);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->listens) {
        return ERR_INVALID_ARG;
    }
    // A client that waits for an answer can't ask again.
    end_write(endpoint);
    endpoint->unwritten = (uint8_t *) request->data;
    endpoint->unwritten_len = request->data_len;
    endpoint->unwritten_done = 0;
    request->data = NULL;
    return go_on_writing(endpoint);
}

static error_t read(task_t client, struct tcpip_read_fields *request,
                    struct tcpip_read_reply_fields *reply) {
    struct endpoint *endpoint = endpoint_find(client, request->handle, true);
    if (endpoint == NULL) {
        return ERR_NOT_FOUND;
    }
    if (endpoint->listens) {
        return ERR_INVALID_ARG;
    }
    int64_t done =
        tcp_read(endpoint->tcp, transfer_buffer, MIN(request->len, (size_t) SOCKET_DATA_MAX));
    // That nothing more comes is told by `closed`.
    if (done < 0 && done != ERR_END) {
        return (error_t) done;
    }
    reply->data = transfer_buffer;
    reply->data_len = (done > 0) ? (size_t) done : 0;
    look_for_news(endpoint);
    return OK;
}

static error_t accept(task_t client, struct tcpip_accept_fields *request,
                      struct tcpip_accept_reply_fields *reply) {
    struct endpoint *listener = endpoint_find(client, request->handle, true);
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
    error_t err = endpoint_new(client, SOCKET_KIND_STREAM, true, &endpoint);
    if (IS_ERROR(err)) {
        return err;
    }
    struct tcp *tcp = tcp_accept(listener->tcp);
    if (tcp == NULL) {
        endpoint_free(endpoint, true);
        return ERR_WOULD_BLOCK;
    }
    endpoint_take(endpoint, tcp, SOCKET_WRITABLE);
    look_for_news(listener);
    reply->new_handle = endpoint->handle;
    return OK;
}

const struct tcpip_ops tcpip_api = {
    .register_device = device_register,
    .connect = connect,
    .listen = listen,
    .close = close,
    .write = write,
    .read = read,
    .accept = accept,
    .dns_resolve = resolve_hostname_v4,
};
