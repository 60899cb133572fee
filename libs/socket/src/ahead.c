#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>

#include "server.h"

/// What the server has given together with an event, before it was asked for: of one socket, and not more until that is taken.
static struct {
    const struct socket *socket;  ///< NULL: nothing.
    uint8_t *payload;
    size_t len;
    size_t done;  ///< Of `len`.
    bool last;
    struct socket_address from;
} ahead;

/// The socket that was received from last, likely the next one, too, and how many bytes may come. NULL: none.
static struct socket *likely;
static size_t likely_len;

void ahead_expect(struct socket *socket, size_t len) {
    likely = socket;
    likely_len = len;
}

static void drop(void) {
    free(ahead.payload);
    ahead.payload = NULL;
    ahead.socket = NULL;
}

void ahead_forget(const struct socket *socket) {
    if (socket == NULL || ahead.socket == socket) {
        drop();
    }
    if (socket == NULL || likely == socket) {
        likely = NULL;
    }
}

bool ahead_is_wanted(void) {
    return likely != NULL && ahead.socket == NULL;
}

/// Keeps what comes behind `next`, in a payload of the library's.
static void keep(void *answer, const struct socket_next *next, size_t len) {
    ahead.socket = likely;
    ahead.payload = answer;
    ahead.len = len;
    ahead.done = sizeof(*next);
    ahead.last = next->last != 0;
    ahead.from = (struct socket_address){next->addr, next->port};
}

error_t ahead_collect(task_t server) {
    void *answer = NULL;
    size_t len = 0;
    error_t err = server_check(call_socket_next(server, likely->handle, likely_len, &answer, &len));
    if (IS_ERROR(err)) {
        return err;
    }
    const struct socket_next *next = answer;
    if (len < sizeof(*next)) {
        free(answer);
        return ERR_NOT_ACCEPTABLE;
    }
    if (next->events == 0) {
        server_note_events((const struct socket_event *) (next + 1), len - sizeof(*next));
    } else {
        table_note_of(likely, next->events);
    }
    if (next->events != 0 && next->received) {
        keep(answer, next, len);
    } else {
        free(answer);
    }
    return OK;
}

/// Copies what fits. Returns how much that was.
static size_t copy(void *buf, size_t len) {
    size_t done = MIN(len, ahead.len - ahead.done);
    memcpy(buf, &ahead.payload[ahead.done], done);
    ahead.done += done;
    return done;
}

bool ahead_take(const struct socket *socket, void *buf, size_t len, size_t *received) {
    if (ahead.socket != socket) {
        return false;
    }
    *received = copy(buf, len);
    if (ahead.done == ahead.len) {
        drop();
    }
    return true;
}

bool ahead_take_datagram(const struct socket *socket, void *buf, size_t len, size_t *received,
                         struct socket_address *from) {
    if (ahead.socket != socket) {
        return false;
    }
    *received = copy(buf, len);
    *from = ahead.from;
    if (ahead.last) {
        server_note_empty(socket);
    }
    drop();
    return true;
}
