#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <socket.h>
#include <string.h>

#define MIB (1024u * 1024)
/// Of a row.
#define ROW_MIB     8u
#define ROW_PACKETS 1000u
#define ROW_STAYING 500u
#define ROW_CLOSING 100u
/// The median of these counts.
#define ROWS 5

#define LINE_MAX   128
#define CONNECT_MS 10000

/// What the peer is to do with a connection: the first byte that it gets.
#define TAKE        't'
#define GIVE        'g'
#define ASK_STAYING 'k'
#define ASK_CLOSING 'c'

/// One request; lent to the server.
static uint8_t data[SOCKET_DATA_MAX] __aligned(PAGE_SIZE);
static struct socket connection;
static unsigned num_echoed;

static void check(const char *what, error_t err) {
    if (IS_ERROR(err)) {
        printf("netbench: %s: %s\n", what, socket_error_text(err));
        task_exit_with(1);
    }
}

/// What the CPU has worked since it came up, without waiting. All is on one CPU.
static uint64_t busy_cycles(void) {
    struct cpu_info info;
    int len = sys_info(INFO_CPU, 0, &info, sizeof(info));
    if (len != (int) sizeof(info)) {
        check("asking for the CPU's time", len);
    }
    return info.busy_cycles;
}

static void send_row(void) {
    for (size_t left = ROW_MIB * MIB; left > 0; left -= sizeof(data)) {
        check("send", socket_send_all(&connection, data, sizeof(data), SOCKET_FOREVER));
    }
}

static void receive_row(void) {
    size_t left = ROW_MIB * MIB;
    while (left > 0) {
        size_t len;
        check("receive",
              socket_receive(&connection, data, MIN(left, sizeof(data)), SOCKET_FOREVER, &len));
        left -= len;
    }
}

/// The peer asks this machine's web server ROW_STAYING or ROW_CLOSING times, and then sends a byte.
static void request_row(void) {
    size_t len;
    check("send", socket_send_all(&connection, "r", 1, SOCKET_FOREVER));
    check("receive", socket_receive(&connection, data, 1, SOCKET_FOREVER, &len));
}

static void echo(struct socket *socket, unsigned events __unused) {
    struct socket_address from;
    size_t len;
    while (IS_OK(socket_receive_from(socket, data, sizeof(data), 0, &len, &from))) {
        check("send", socket_send_to(socket, &from, data, len));
        num_echoed++;
    }
}

/// As a server does it that has other things to wait for, too.
static void echo_row(void) {
    unsigned end = num_echoed + ROW_PACKETS;
    while (num_echoed != end) {
        struct message m;
        check("receive", ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            socket_take_notifications(m.notifications.data);
        } else {
            discard_unknown_message(&m);
        }
    }
}

static void sort(uint64_t *values, unsigned num) {
    for (unsigned i = 1; i < num; i++) {
        for (unsigned k = i; k > 0 && values[k] < values[k - 1]; k--) {
            uint64_t lower = values[k];
            values[k] = values[k - 1];
            values[k - 1] = lower;
        }
    }
}

static void measure(const char *metric, void (*row)(void), unsigned units) {
    uint64_t rows[ROWS];
    // In the first one windows open and pages come in.
    row();
    for (unsigned i = 0; i < ROWS; i++) {
        uint64_t start = busy_cycles();
        row();
        rows[i] = busy_cycles() - start;
    }
    sort(rows, ROWS);
    METRIC(metric, rows[ROWS / 2] / units, "cycles");
}

static void measure_stream(const struct socket_address *peer, char wish, const char *metric,
                           void (*row)(void), unsigned units) {
    check("connect", socket_connect(peer, CONNECT_MS, &connection));
    check("send", socket_send_all(&connection, &wish, 1, SOCKET_FOREVER));
    measure(metric, row, units);
    socket_abort(&connection);
}

static void measure_datagrams(const struct socket_address *peer) {
    check("open", socket_open(SOCKET_KIND_DATAGRAM, &connection));
    connection.ready = echo;
    // Tells the peer where to send to.
    check("send", socket_send_to(&connection, peer, "", 0));
    measure("udp.echo", echo_row, ROW_PACKETS);
    socket_close(&connection);
}

void main(void) {
    static char line[LINE_MAX];
    char *words[4];
    struct socket_address stream, datagrams;
    strncpy2(line, program_cmdline(), sizeof(line));
    if (cmdline_split(line, words, 4) != 3 || IS_ERROR(socket_parse_address(words[1], 0, &stream))
        || IS_ERROR(socket_parse_address(words[2], 0, &datagrams))) {
        printf("usage: netbench TCP_ADDRESS UDP_ADDRESS\n");
        task_exit_with(2);
    }
    measure_stream(&stream, TAKE, "tcp.tx_per_mib", send_row, ROW_MIB);
    measure_stream(&stream, GIVE, "tcp.rx_per_mib", receive_row, ROW_MIB);
    measure_datagrams(&datagrams);
    measure_stream(&stream, ASK_STAYING, "http.keepalive", request_row, ROW_STAYING);
    measure_stream(&stream, ASK_CLOSING, "http.close", request_row, ROW_CLOSING);
}
