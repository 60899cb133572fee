// In the place of TCP, where it isn't linked in.

#include <inet/ip.h>
#include <inet/tcp.h>

__weak error_t tcp_init(void) {
    return OK;
}

__weak void tcp_tick(void) {}
__weak void tcp_flush(void) {}
__weak void tcp_resume(void) {}

__weak void tcp_input(const struct ip_info *info __unused, struct buf *packet) {
    buf_free(packet);
}

__weak void tcp_error(const struct ip_error *error __unused) {}

__weak const char *tcp_counter(unsigned index __unused, uint64_t *value __unused) {
    return NULL;
}
