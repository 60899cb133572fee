#include "fake_tcp.h"

#include <inet/ip.h>
#include <inet/tcp.h>
#include <stdlib.h>
#include <string.h>

struct fake_tcp fake_tcp;

/// Whether the connection is one that was made, and not closed.
static void check(const struct tcp *tcp) {
    if (tcp != (const struct tcp *) &fake_tcp || fake_tcp.closes >= fake_tcp.connects) {
        abort();
    }
}

void fake_tcp_reset(void) {
    memset(&fake_tcp, 0, sizeof(fake_tcp));
    fake_tcp.piece = FAKE_TCP_MAX;
}

error_t tcp_init(void) {
    return OK;
}

void tcp_tick(void) {}
void tcp_flush(void) {}
void tcp_resume(void) {}

void tcp_input(const struct ip_info *info __unused, struct buf *packet) {
    buf_free(packet);
}

void tcp_error(const struct ip_error *error __unused) {}

const char *tcp_counter(unsigned index __unused, uint64_t *value __unused) {
    return NULL;
}

struct tcp *tcp_connect(const struct ip_addr *local __unused, uint16_t local_port __unused,
                        const struct ip_addr *remote, uint16_t remote_port, error_t *err) {
    if (fake_tcp.refuses || fake_tcp.connects > fake_tcp.closes) {
        *err = ERR_UNREACHABLE;
        return NULL;
    }
    fake_tcp.connects++;
    fake_tcp.remote = *remote;
    fake_tcp.remote_port = remote_port;
    fake_tcp.output_len = 0;
    *err = OK;
    return (struct tcp *) &fake_tcp;
}

int64_t tcp_write(struct tcp *tcp, const void *src, size_t len) {
    check(tcp);
    if (IS_ERROR(fake_tcp.error)) {
        return fake_tcp.error;
    }
    if (!fake_tcp.connected) {
        return ERR_INVALID_ARG;
    }
    len = MIN(MIN(len, fake_tcp.piece), FAKE_TCP_MAX - fake_tcp.output_len);
    memcpy(fake_tcp.output + fake_tcp.output_len, src, len);
    fake_tcp.output_len += len;
    return (int64_t) len;
}

int64_t tcp_read(struct tcp *tcp, void *dst, size_t len) {
    check(tcp);
    if (IS_ERROR(fake_tcp.error)) {
        return fake_tcp.error;
    }
    len = MIN(MIN(len, fake_tcp.piece), fake_tcp.input_len - fake_tcp.input_read);
    if (len == 0) {
        return fake_tcp.ended ? ERR_END : 0;
    }
    memcpy(dst, fake_tcp.input + fake_tcp.input_read, len);
    fake_tcp.input_read += len;
    return (int64_t) len;
}

void tcp_close(struct tcp *tcp) {
    check(tcp);
    fake_tcp.closes++;
}
