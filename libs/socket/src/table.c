#include <string.h>

#include "server.h"

/// A power of two: the sockets of a program, by their handles, which count up.
#define NUM_BUCKETS 64

static list_t buckets[NUM_BUCKETS];
/// Those to which something has happened.
static list_t queue = {&queue, &queue};

static list_t *bucket_of(handle_t handle) {
    list_t *bucket = &buckets[(unsigned) handle % NUM_BUCKETS];
    if (bucket->next == NULL) {
        list_init(bucket);
    }
    return bucket;
}

void table_add(struct socket *socket, task_t server, handle_t handle) {
    memset(socket, 0, sizeof(*socket));
    socket->server = server;
    socket->handle = handle;
    list_push_back(bucket_of(handle), &socket->in_table);
}

void table_remove(struct socket *socket) {
    ahead_forget(socket);
    list_remove(&socket->in_table);
    if (socket->events != 0) {
        list_remove(&socket->in_queue);
    }
    socket->server = 0;
    socket->events = 0;
}

void table_note_of(struct socket *socket, unsigned events) {
    if (events != 0 && socket->events == 0) {
        list_push_back(&queue, &socket->in_queue);
    }
    socket->events |= events;
}

void table_note(const struct socket_event *event) {
    LIST_FOR_EACH (socket, bucket_of(event->handle), struct socket, in_table) {
        // A handle of a server that has ended may have the same number.
        if (socket->handle == event->handle && server_of(socket) > 0) {
            table_note_of(socket, event->events);
        }
    }
}

void table_fail_all(void) {
    for (unsigned i = 0; i < NUM_BUCKETS; i++) {
        LIST_FOR_EACH (socket, bucket_of((handle_t) i), struct socket, in_table) {
            table_note_of(socket, SOCKET_FAILED);
        }
    }
}

struct socket *table_take(unsigned *events) {
    struct socket *socket = LIST_POP_FRONT(&queue, struct socket, in_queue);
    if (socket != NULL) {
        *events = socket->events;
        socket->events = 0;
    }
    return socket;
}

bool table_has_news(void) {
    LIST_FOR_EACH (socket, &queue, struct socket, in_queue) {
        if (socket->ready != NULL) {
            return true;
        }
    }
    return false;
}
