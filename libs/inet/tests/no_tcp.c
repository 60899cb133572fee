// In the place of TCP, which is a library of its own.

#include <inet/ip.h>
#include <inet/tcp.h>

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
