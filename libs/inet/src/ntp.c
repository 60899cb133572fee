#include "ntp.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/timer.h>
#include <inet/udp.h>

#include "addr.h"
#include "counters.h"
#include "servers.h"

// The packet: RFC 5905, 7.3.
#define NTP_PORT        123
#define NTP_LEN         48
#define OFFSET_STRATUM  1
#define OFFSET_DELAY    4
#define OFFSET_SPREAD   8
#define OFFSET_ORIGIN   24
#define OFFSET_TRANSMIT 40
#define MODE_CLIENT     3
#define MODE_SERVER     4
#define VERSION         4
#define LEAP_UNKNOWN    3

/// From 1900 to 1970; one era of 2^32 s ends in 2036 (RFC 5905, 6).
#define UNIX_EPOCH INT64_C(2208988800)
#define ERA        (INT64_C(1) << 32)

/// Between questions: RFC 4330, 10, wants 15 s at least. Without an answer each wait is twice the last.
#define FIRST_WAIT_MS 16000
#define POLL_MS       1024000
/// An answer that took longer is of no use; nor is a server that is that far from the right time (in 1/65536 s).
#define ROUND_TRIP_MAX_MS 2000
#define DISTANCE_MAX      0x10000

static struct server server_entries[NTP_SERVERS_MAX];
static struct server_list servers = {.max = NTP_SERVERS_MAX, .entries = server_entries};

static struct {
    struct inet_timer timer;
    struct udp *udp;
    unsigned turn;  ///< Whom to ask next.
    uint64_t wait;
    uint64_t asked_at;
    uint8_t nonce[8];  ///< In the place of our time: RFC 9109's reason, and nobody's business.
} ntp;

static void close_socket(void) {
    if (ntp.udp != NULL) {
        udp_close(ntp.udp);
        ntp.udp = NULL;
    }
}

static void next_after(uint64_t ms) {
    inet_timer_start(&ntp.timer, inet_now() + ms + inet_random() % (ms / 16 + 1));
}

/// Tells the environment: the server's time when it answered, and half of what the round trip took.
static void take(const uint8_t *packet, uint64_t round_trip) {
    int64_t seconds = get32(packet + OFFSET_TRANSMIT);
    uint64_t fraction = get32(packet + OFFSET_TRANSMIT + 4);
    // Before 1968 it is the next era: RFC 4330, 3.
    seconds += (seconds >> 31 == 0) ? ERA : 0;
    int64_t ms = (seconds - UNIX_EPOCH) * 1000 + (int64_t) ((fraction * 1000) >> 32);
    uint32_t distance = get32(packet + OFFSET_DELAY) / 2 + get32(packet + OFFSET_SPREAD);
    inet_count(NTP_ANSWERS);
    inet_time(ms + (int64_t) (round_trip / 2),
              (uint32_t) (round_trip / 2 + distance * 1000 / 65536 + 1));
}

/// RFC 4330, 5, and RFC 5905, 14. `refused`: the server wants us to go away (a kiss of death).
static bool check(const uint8_t *packet, uint64_t round_trip, bool *refused) {
    uint8_t version = (packet[0] >> 3) & 7, stratum = packet[OFFSET_STRATUM];
    static const uint8_t zero[8];
    if (memcmp(packet + OFFSET_ORIGIN, ntp.nonce, sizeof(ntp.nonce)) != 0
        || (packet[0] & 7) != MODE_SERVER || version < 3 || version > VERSION) {
        return false;
    }
    *refused = stratum == 0;
    return stratum >= 1 && stratum <= 15 && packet[0] >> 6 != LEAP_UNKNOWN
           && memcmp(packet + OFFSET_TRANSMIT, zero, sizeof(zero)) != 0
           && get32(packet + OFFSET_DELAY) < DISTANCE_MAX
           && get32(packet + OFFSET_SPREAD) < DISTANCE_MAX && round_trip <= ROUND_TRIP_MAX_MS;
}

static void receive(void *user __unused, const struct ip_addr *src __unused, uint16_t port __unused,
                    struct buf *packet) {
    uint8_t bytes[NTP_LEN];
    bool refused = false, whole = packet->total >= sizeof(bytes);
    if (whole) {
        buf_copy_out(packet, 0, bytes, sizeof(bytes));
    }
    buf_free(packet);
    uint64_t round_trip = inet_now() - ntp.asked_at;
    if (whole && check(bytes, round_trip, &refused)) {
        // One answer to each question.
        ntp.nonce[0] ^= 0xff;
        ntp.wait = FIRST_WAIT_MS;
        take(bytes, round_trip);
        next_after(POLL_MS);
        return;
    }
    inet_count(NTP_BAD);
    if (refused) {
        ntp.nonce[0] ^= 0xff;
        ntp.turn++;
        next_after(POLL_MS);
    }
}

static void send(const struct ip_addr *server) {
    uint8_t packet[NTP_LEN] = {VERSION << 3 | MODE_CLIENT};
    ntp.udp = udp_open(UDP_SOCKET, receive, NULL);
    if (ntp.udp == NULL || IS_ERROR(udp_connect(ntp.udp, server, NTP_PORT))) {
        return;
    }
    put32(ntp.nonce, inet_random());
    put32(ntp.nonce + 4, inet_random());
    memcpy(packet + OFFSET_TRANSMIT, ntp.nonce, sizeof(ntp.nonce));
    ntp.asked_at = inet_now();
    (void) !udp_send(ntp.udp, NULL, 0, packet, sizeof(packet));  // If it is lost, the next follows.
}

/// Asks, each time from another port. If an answer comes, the timer is put off.
static void ask(struct inet_timer *timer __unused) {
    close_socket();
    if (servers.count == 0) {
        return;
    }
    send(&servers.entries[ntp.turn % servers.count].addr);
    ntp.turn++;
    next_after(ntp.wait);
    ntp.wait = MIN(2 * ntp.wait, POLL_MS);
}

void ntp_set_servers(const void *origin, const struct ip_addr *addrs, unsigned num_addrs) {
    bool had_some = servers.count > 0;
    servers_set(&servers, origin, addrs, num_addrs);
    if (!had_some && servers.count > 0) {
        ntp.timer.fire = ask;
        ntp.wait = FIRST_WAIT_MS;
        ntp.turn = 0;
        inet_timer_start(&ntp.timer, inet_now());
    }
}

void ntp_forget(void) {
    close_socket();
    inet_timer_stop(&ntp.timer);
    servers.count = 0;
}
