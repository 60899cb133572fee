// What shows whether bytes have come through unchanged: both ends compute their SHA-256.

#include <endian.h>
#include <resea/printf.h>
#include <string.h>

#include "services.h"
#include "sha256.h"

#define PIECE_LEN   16384
#define REQUEST_LEN 8

struct digest {
    struct socket socket;  ///< First.
    struct sha256 sum;
    bool ended;
    size_t sent;  ///< Of the answer.
    uint8_t answer[SHA256_LEN];
};

struct source {
    struct socket socket;  ///< First.
    struct sha256 sum;
    size_t request_len;
    uint8_t request[REQUEST_LEN];
    uint32_t random;
    uint32_t left;  ///< Bytes to be made up.
    bool complete;  ///< The digest is in `buf` or gone.
    /// What has been made up and not sent yet.
    size_t begin, end;
    uint8_t buf[PIECE_LEN];
};

/// Each takes a step: an error ends the connection, if it isn't ERR_WOULD_BLOCK.
static error_t digest_once(void *state) {
    struct digest *c = state;
    static uint8_t buf[16 * PAGE_SIZE] __aligned(PAGE_SIZE);
    size_t len;
    if (!c->ended) {
        error_t err = socket_receive(&c->socket, buf, sizeof(buf), 0, &len);
        if (err != ERR_END) {
            sha256_add(&c->sum, buf, IS_OK(err) ? len : 0);
            return err;
        }
        sha256_end(&c->sum, c->answer);
        c->ended = true;
    }
    if (c->sent == sizeof(c->answer)) {
        return ERR_END;
    }
    error_t err =
        socket_send(&c->socket, &c->answer[c->sent], sizeof(c->answer) - c->sent, 0, &len);
    c->sent += IS_OK(err) ? len : 0;
    return err;
}

static void digest(struct socket *socket, unsigned events __unused) {
    struct digest *c = socket->user;
    if (c->sum.len == 0) {
        sha256_begin(&c->sum);
    }
    service_go_on(socket, digest_once);
}

static error_t receive_request(struct source *c) {
    size_t len;
    error_t err = socket_receive(&c->socket, &c->request[c->request_len],
                                 sizeof(c->request) - c->request_len, 0, &len);
    if (IS_ERROR(err)) {
        return err;
    }
    c->request_len += len;
    if (c->request_len == sizeof(c->request)) {
        uint32_t words[2];
        memcpy(words, c->request, sizeof(words));
        c->left = ntoh32(words[0]);
        c->random = ntoh32(words[1]);
        sha256_begin(&c->sum);
    }
    return OK;
}

/// Fills `buf` with what comes next: numbers of a linear congruential generator, or the digest behind the last one.
static void make_up(struct source *c) {
    c->begin = 0;
    c->end = MIN(c->left, (uint32_t) PIECE_LEN);
    for (size_t i = 0; i < c->end; i++) {
        c->random = c->random * 1664525u + 1013904223u;
        c->buf[i] = (uint8_t) (c->random >> 24);
    }
    sha256_add(&c->sum, c->buf, c->end);
    c->left -= (uint32_t) c->end;
    if (c->end == 0) {
        sha256_end(&c->sum, c->buf);
        c->end = SHA256_LEN;
        c->complete = true;
    }
}

static error_t source_once(void *state) {
    struct source *c = state;
    if (c->request_len < sizeof(c->request)) {
        return receive_request(c);
    }
    if (c->begin == c->end) {
        if (c->complete) {
            return ERR_END;
        }
        make_up(c);
    }
    size_t len;
    error_t err = socket_send(&c->socket, &c->buf[c->begin], c->end - c->begin, 0, &len);
    c->begin += IS_OK(err) ? len : 0;
    return err;
}

static void source(struct socket *socket, unsigned events __unused) {
    service_go_on(socket, source_once);
}

void digest_start(void) {
    static struct service services[] = {
        {.port = DIGEST_PORT, .state_len = sizeof(struct digest), .ready = digest},
        {.port = SOURCE_PORT, .state_len = sizeof(struct source), .ready = source},
    };
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        service_start(&services[i]);
    }
}
