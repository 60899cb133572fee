#include <resea/malloc.h>
#include <resea/printf.h>
#include <socket.h>
#include <string.h>

#include "services.h"

#define BACKLOG 256
#define BUF_LEN 4096
/// RFC 864, 4: lines of 72 characters, each of which begins with the next of the 95 printable ones.
#define LINE_LEN    74
#define PATTERN_LEN (95 * LINE_LEN)
#define PIECE_LEN   32768

struct connection {
    struct socket socket;
    uint64_t sent;  ///< Of chargen.
    /// Of echo: what has been received and not sent yet.
    size_t begin, end;
    uint8_t buf[BUF_LEN];
};

/// Any part of the pattern that is not longer than a piece is in here.
static uint8_t pattern[PATTERN_LEN + PIECE_LEN];

static void make_pattern(void) {
    for (size_t i = 0; i < sizeof(pattern); i++) {
        size_t line = i / LINE_LEN, column = i % LINE_LEN;
        pattern[i] = (uint8_t) (' ' + (line + column) % 95);
        if (column >= LINE_LEN - 2) {
            pattern[i] = (column == LINE_LEN - 1) ? '\n' : '\r';
        }
    }
}

static void end(struct socket *socket) {
    socket_close(socket);
    free(socket->user);
}

/// Goes on until something would block: then all is well, or an error.
static error_t echo_once(struct connection *c) {
    size_t len;
    if (c->begin < c->end) {
        error_t err = socket_send(&c->socket, &c->buf[c->begin], c->end - c->begin, 0, &len);
        c->begin += IS_OK(err) ? len : 0;
        return err;
    }
    error_t err = socket_receive(&c->socket, c->buf, sizeof(c->buf), 0, &len);
    c->begin = 0;
    c->end = IS_OK(err) ? len : 0;
    return err;
}

static void echo(struct socket *socket, unsigned events __unused) {
    error_t err;
    do {
        err = echo_once(socket->user);
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK) {
        end(socket);
    }
}

static void discard(struct socket *socket, unsigned events __unused) {
    static uint8_t buf[16 * PAGE_SIZE] __aligned(PAGE_SIZE);
    size_t len;
    error_t err;
    do {
        err = socket_receive(socket, buf, sizeof(buf), 0, &len);
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK) {
        end(socket);
    }
}

static void chargen(struct socket *socket, unsigned events) {
    struct connection *c = socket->user;
    error_t err;
    do {
        size_t len = 0;
        err = socket_send(socket, &pattern[c->sent % PATTERN_LEN], PIECE_LEN, 0, &len);
        c->sent += len;
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK || (events & SOCKET_ENDED)) {
        end(socket);
    }
}

/// Takes all that wait. `listener->user` points to what is done with them.
static void take_clients(struct socket *listener, unsigned events __unused) {
    while (true) {
        struct connection *c = malloc(sizeof(*c));
        if (c == NULL) {
            return;
        }
        error_t err = socket_accept(listener, 0, &c->socket, NULL);
        if (IS_ERROR(err)) {
            free(c);
            return;
        }
        c->sent = c->begin = c->end = 0;
        c->socket.user = c;
        memcpy(&c->socket.ready, listener->user, sizeof(c->socket.ready));
        c->socket.ready(&c->socket, 0);
    }
}

typedef void (*ready_t)(struct socket *socket, unsigned events);

static void start(uint16_t port, ready_t *ready, struct socket *listener) {
    struct socket_address local;
    memset(&local, 0, sizeof(local));
    local.port = port;
    error_t err = socket_listen(&local, BACKLOG, listener);
    if (IS_ERROR(err)) {
        PANIC("port %u: %s", port, socket_error_text(err));
    }
    listener->user = ready;
    listener->ready = take_clients;
}

void stream_start(void) {
    static struct socket listeners[3];
    static ready_t echo_ready = echo, discard_ready = discard, chargen_ready = chargen;
    make_pattern();
    start(ECHO_PORT, &echo_ready, &listeners[0]);
    start(DISCARD_PORT, &discard_ready, &listeners[1]);
    start(CHARGEN_PORT, &chargen_ready, &listeners[2]);
}
