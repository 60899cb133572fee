#include <resea/printf.h>
#include <resea/timer.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

/// Those of iperf 2: its TCP streams are bytes that nobody looks at. A stream that begins with zeroes asks its server
/// for nothing else.
#define PORT 5001

static uint8_t data[SOCKET_DATA_MAX] __aligned(PAGE_SIZE);

static void print_rate(uint64_t bytes, uint64_t start) {
    uint64_t ms = MAX(timer_uptime() - start, (uint64_t) 1);
    printf("%llu bytes in %llu ms, %llu kbit/s\n", (unsigned long long) bytes,
           (unsigned long long) ms, (unsigned long long) (bytes * 8 / ms));
    printf_flush();
}

/// Takes all that comes on a connection.
static bool drain(struct socket *socket) {
    uint64_t start = timer_uptime(), bytes = 0;
    error_t err;
    size_t len;
    while (IS_OK(err = socket_receive(socket, data, sizeof(data), SOCKET_FOREVER, &len))) {
        bytes += len;
    }
    print_rate(bytes, start);
    return err == ERR_END || say("receive", err);
}

static bool serve(uint16_t port, uint64_t connections) {
    struct socket listener;
    struct socket_address local;
    memset(&local, 0, sizeof(local));
    local.port = port;
    if (!say("listen", socket_listen(&local, 8, &listener))) {
        return false;
    }
    printf("iperf: listening on port %u\n", port);
    printf_flush();
    bool ok = true;
    for (uint64_t i = 0; ok && (connections == 0 || i < connections); i++) {
        struct socket client;
        ok = say("accept", socket_accept(&listener, SOCKET_FOREVER, &client, NULL));
        if (ok) {
            ok = drain(&client);
            socket_close(&client);
        }
    }
    socket_close(&listener);
    return ok;
}

static bool send(const char *host, uint16_t port, uint64_t seconds) {
    struct socket socket;
    if (!say(host, socket_dial(host, port, 10000, &socket))) {
        return false;
    }
    uint64_t start = timer_uptime(), bytes = 0;
    error_t err = OK;
    while (IS_OK(err) && timer_uptime() - start < seconds * 1000) {
        size_t sent = 0;
        err = socket_send(&socket, data, sizeof(data), SOCKET_FOREVER, &sent);
        bytes += sent;
    }
    if (IS_OK(err)) {
        err = socket_shutdown(&socket, SOCKET_HOW_SEND);
    }
    // The other side closes when it has all.
    while (IS_OK(err)) {
        size_t len;
        err = socket_receive(&socket, data, sizeof(data), SOCKET_FOREVER, &len);
    }
    print_rate(bytes, start);
    socket_close(&socket);
    return err == ERR_END || say(host, err);
}

int iperf(const struct args *args) {
    uint64_t port, seconds, connections;
    const char *host = args->options['c'];
    bool serves = args->options['s'] != NULL;
    if (!option_number(args, 'p', 1, UINT16_MAX, PORT, &port)
        || !option_number(args, 't', 1, 86400, 10, &seconds)
        || !option_number(args, 'n', 1, 1000000, 0, &connections) || serves == (host != NULL)) {
        return STATUS_USAGE;
    }
    bool ok = serves ? serve((uint16_t) port, connections) : send(host, (uint16_t) port, seconds);
    return ok ? 0 : STATUS_FAILED;
}
