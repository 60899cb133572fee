#include "endpoint.h"

#include <config.h>
#include <resea/handle.h>
#include <resea/malloc.h>
#include <string.h>

#include "share.h"
#include "simple.h"

error_t endpoint_new(task_t task, enum socket_kind kind, bool simple, struct endpoint **endpoint) {
    struct client *client = client_get(task);
    if (client == NULL || client->num_sockets >= CONFIG_TCPIP_SOCKETS) {
        return ERR_NO_MEMORY;
    }
    struct endpoint *new = malloc(sizeof(*new));
    handle_t handle = (new != NULL) ? handle_alloc(task) : ERR_NO_MEMORY;
    if (IS_ERROR(handle) || IS_ERROR(handle_set(task, handle, new))) {
        free(new);
        return ERR_NO_MEMORY;
    }
    memset(new, 0, sizeof(*new));
    new->client = client;
    new->handle = handle;
    new->kind = kind;
    new->simple = simple;
    list_push_back(&client->sockets, &new->in_client);
    client->num_sockets++;
    *endpoint = new;
    return OK;
}

static void end_connection(struct endpoint *endpoint, bool abort) {
    if (endpoint->tcp == NULL) {
        return;
    }
    tcp_set_user(endpoint->tcp, NULL);
    if (abort) {
        tcp_abort(endpoint->tcp);
    } else {
        tcp_close(endpoint->tcp);
    }
}

static void remove_if_linked(list_elem_t *elem) {
    if (list_is_linked(elem)) {
        list_remove(elem);
    }
}

void endpoint_free(struct endpoint *endpoint, bool abort) {
    end_connection(endpoint, abort);
    if (endpoint->udp != NULL) {
        udp_close(endpoint->udp);
    }
    remove_if_linked(&endpoint->in_events);
    remove_if_linked(&endpoint->in_news);
    remove_if_linked(&endpoint->in_starved);
    list_remove(&endpoint->in_client);
    endpoint->client->num_sockets--;
    handle_free(endpoint->client->task, endpoint->handle);
    free(endpoint->unwritten);
    free(endpoint);
}

struct endpoint *endpoint_find(task_t task, handle_t handle, bool simple) {
    struct endpoint *endpoint = handle_get(task, handle);
    return (endpoint != NULL && endpoint->simple == simple) ? endpoint : NULL;
}

void endpoint_take(struct endpoint *endpoint, struct tcp *tcp, unsigned except) {
    endpoint->tcp = tcp;
    endpoint->muted = except;
    // Tells what holds already.
    tcp_set_user(tcp, endpoint);
    endpoint->muted = 0;
}

bool endpoint_has_client(const struct endpoint *listener) {
    return (tcp_events(listener->tcp) & SOCKET_READABLE) != 0;
}

void endpoint_note(struct endpoint *endpoint, unsigned events) {
    events &= ~endpoint->muted;
    if (events == 0) {
        return;
    }
    endpoint->events |= events;
    if (list_is_linked(&endpoint->in_events)) {
        return;
    }
    if (endpoint->simple) {
        simple_act_later(endpoint);
    } else {
        list_push_back(&endpoint->client->events, &endpoint->in_events);
        client_tell(endpoint->client, SOCKET_NOTIFY);
    }
}

void tcp_event(void *user, unsigned events) {
    if (user != NULL) {
        endpoint_note(user, events);
    }
}

void udp_event(void *user, unsigned events) {
    if (user != NULL) {
        endpoint_note(user, events);
    }
}

void endpoint_forget_all(task_t task) {
    struct client *client = client_find(task);
    if (client == NULL) {
        return;
    }
    LIST_FOR_EACH (endpoint, &client->sockets, struct endpoint, in_client) {
        endpoint_free(endpoint, true);
    }
}

static bool is_being_made(const struct tcp *tcp) {
    struct tcp_info info;
    tcp_info_of(tcp, &info);
    return info.state == TCP_SYN_SENT || info.state == TCP_SYN_RECEIVED;
}

error_t endpoint_write(struct endpoint *endpoint, const void *data, size_t len, size_t *written) {
    if (endpoint->tcp == NULL || endpoint->listens) {
        return ERR_INVALID_ARG;
    }
    *written = 0;
    if (len == 0 && is_being_made(endpoint->tcp)) {
        return ERR_WOULD_BLOCK;
    }
    if (len == 0) {
        return tcp_error_of(endpoint->tcp);
    }
    if (share_is_used_up(endpoint)) {
        return ERR_WOULD_BLOCK;
    }
    int64_t done = tcp_write(endpoint->tcp, data, len);
    if (done > 0) {
        *written = (size_t) done;
        return OK;
    }
    // TCP knows no difference between what isn't connected yet and what never will be.
    bool wait = done == 0 || (done == ERR_INVALID_ARG && is_being_made(endpoint->tcp));
    return wait ? ERR_WOULD_BLOCK : (error_t) done;
}
