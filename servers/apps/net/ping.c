#include <resea/printf.h>
#include <resea/timer.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

/// What fits into a frame of Ethernet's usual MTU is the default's tenfold; more goes in fragments.
#define SIZE_MAX_BYTES 16384

struct statistics {
    unsigned sent, received;
    uint64_t min_ms, max_ms, sum_ms;
};

static void count_reply(struct statistics *stats, uint64_t ms) {
    stats->min_ms = (stats->received == 0) ? ms : MIN(stats->min_ms, ms);
    stats->max_ms = MAX(stats->max_ms, ms);
    stats->sum_ms += ms;
    stats->received++;
}

/// Waits for the reply with that number. Replies that come late are left out.
static error_t wait_for_reply(struct socket *socket, uint16_t number, uint64_t until, size_t *len) {
    static uint8_t buf[SIZE_MAX_BYTES];
    while (true) {
        uint64_t now = timer_uptime();
        struct socket_address from;
        msec_t left = (msec_t) ((now < until) ? until - now : 1);
        error_t err = socket_receive_from(socket, buf, sizeof(buf), left, len, &from);
        if (IS_ERROR(err) || from.port == number) {
            return err;
        }
    }
}

static error_t ask(struct socket *socket, const struct ip_addr *host, uint16_t number, size_t size,
                   msec_t timeout, struct statistics *stats) {
    static uint8_t payload[SIZE_MAX_BYTES];
    for (size_t i = 0; i < size; i++) {
        payload[i] = (uint8_t) i;
    }
    struct socket_address to = {*host, number};
    uint64_t start = timer_uptime();
    stats->sent++;
    error_t err = socket_send_to(socket, &to, payload, size);
    size_t len = 0;
    // The neighbour may still be looked for: as good as lost.
    if (IS_OK(err)) {
        err = wait_for_reply(socket, number, start + (uint64_t) timeout, &len);
    }
    if (IS_OK(err)) {
        uint64_t ms = timer_uptime() - start;
        count_reply(stats, ms);
        char text[IP_ADDR_TEXT_LEN];
        ip_addr_format(host, text);
        printf("%u bytes from %s: number %u, %llu ms\n", (unsigned) len, text, number,
               (unsigned long long) ms);
    } else {
        printf("number %u: %s\n", number, socket_error_text(err));
    }
    printf_flush();
    return err;
}

static void print_statistics(const struct statistics *stats) {
    unsigned lost = stats->sent - stats->received;
    printf("%u sent, %u received, %u%% lost\n", stats->sent, stats->received,
           stats->sent ? lost * 100 / stats->sent : 0);
    if (stats->received > 0) {
        printf("round trip %llu / %llu / %llu ms (least, mean, most)\n",
               (unsigned long long) stats->min_ms,
               (unsigned long long) (stats->sum_ms / stats->received),
               (unsigned long long) stats->max_ms);
    }
}

int ping(const struct args *args) {
    uint64_t count, interval, size, timeout;
    if (!option_number(args, 'c', 1, 65535, 4, &count)
        || !option_number(args, 'i', 1, 60000, 1000, &interval)
        || !option_number(args, 's', 0, SIZE_MAX_BYTES, 56, &size)
        || !option_number(args, 'W', 1, 60000, 2000, &timeout)) {
        return STATUS_USAGE;
    }
    struct ip_addr addrs[SOCKET_ADDRESSES_MAX];
    unsigned num_addrs;
    struct socket socket;
    if (!say(args->words[0], socket_resolve(args->words[0], addrs, &num_addrs))
        || !say(args->words[0], socket_open(SOCKET_KIND_ECHO, &socket))) {
        return STATUS_FAILED;
    }
    struct statistics stats = {0};
    for (unsigned number = 1; number <= count; number++) {
        error_t err =
            ask(&socket, &addrs[0], (uint16_t) number, (size_t) size, (msec_t) timeout, &stats);
        if (err == ERR_ABORTED) {
            break;
        }
        if (number < count && IS_OK(err)) {
            timer_sleep((msec_t) interval);
        }
    }
    socket_close(&socket);
    print_statistics(&stats);
    return (stats.received > 0) ? 0 : STATUS_FAILED;
}
