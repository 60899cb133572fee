#include <resea/printf.h>
#include <socket.h>
#include <string.h>

#include "services.h"

static void echo(struct socket *socket, unsigned events __unused) {
    static uint8_t buf[SOCKET_DATAGRAM_MAX];
    struct socket_address from;
    size_t len;
    while (IS_OK(socket_receive_from(socket, buf, sizeof(buf), 0, &len, &from))) {
        // What can't be sent is lost, as datagrams may be.
        (void) socket_send_to(socket, &from, buf, len);
    }
}

void datagram_start(void) {
    static struct socket socket;
    struct socket_address local;
    memset(&local, 0, sizeof(local));
    local.port = ECHO_PORT;
    ASSERT_OK(socket_open(SOCKET_KIND_DATAGRAM, &socket));
    ASSERT_OK(socket_bind(&socket, &local));
    socket.ready = echo;
}
