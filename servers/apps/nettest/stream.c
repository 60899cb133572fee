#include <resea/printf.h>
#include <string.h>

#include "services.h"

#define BUF_LEN 4096
/// RFC 864, 4: lines of 72 characters, each of which begins with the next of the 95 printable ones.
#define LINE_LEN    74
#define PATTERN_LEN (95 * LINE_LEN)
#define PIECE_LEN   32768

struct echo {
    struct socket socket;  ///< First.
    /// What has been received and not sent yet.
    size_t begin, end;
    uint8_t buf[BUF_LEN];
};

struct chargen {
    struct socket socket;  ///< First.
    uint64_t sent;
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

/// Sends what waits, or receives.
static error_t echo_once(void *state) {
    struct echo *c = state;
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
    service_go_on(socket, echo_once);
}

static void discard(struct socket *socket, unsigned events __unused) {
    static uint8_t buf[16 * PAGE_SIZE] __aligned(PAGE_SIZE);
    size_t len;
    error_t err;
    do {
        err = socket_receive(socket, buf, sizeof(buf), 0, &len);
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK) {
        service_end(socket);
    }
}

static void chargen(struct socket *socket, unsigned events) {
    struct chargen *c = socket->user;
    error_t err;
    do {
        size_t len = 0;
        err = socket_send(socket, &pattern[c->sent % PATTERN_LEN], PIECE_LEN, 0, &len);
        c->sent += len;
    } while (IS_OK(err));
    if (err != ERR_WOULD_BLOCK || (events & SOCKET_ENDED)) {
        service_end(socket);
    }
}

void stream_start(void) {
    static struct service services[] = {
        {.port = ECHO_PORT, .state_len = sizeof(struct echo), .ready = echo},
        {.port = DISCARD_PORT, .state_len = sizeof(struct socket), .ready = discard},
        {.port = CHARGEN_PORT, .state_len = sizeof(struct chargen), .ready = chargen},
    };
    make_pattern();
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        service_start(&services[i]);
    }
}
