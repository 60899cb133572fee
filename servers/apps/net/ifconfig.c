#include <idl_client.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

#define POLL_MS 100

static const char *const origins[] = {"static", "DHCP", "link-local", "from a router"};

static void print_address(const struct netinfo_address_reply_fields *address) {
    struct ip_addr addr;
    char text[IP_ADDR_TEXT_LEN];
    memcpy(addr.bytes, address->addr, sizeof(addr.bytes));
    ip_addr_format(&addr, text);
    printf("    address %s/%u, %s", text, address->prefix_len, origins[address->origin]);
    if (address->valid_s != UINT32_MAX) {
        printf(", for %u s", address->valid_s);
    }
    printf("\n");
}

static void print_addresses(task_t server, unsigned interface) {
    struct netinfo_address_reply_fields a;
    enum netinfo_origin origin;
    for (unsigned i = 0; IS_OK(call_netinfo_address(server, i, &a.interface, &a.prefix_len, &origin,
                                                    &a.valid_s, a.addr));
         i++) {
        a.origin = origin;
        if (a.interface == interface) {
            print_address(&a);
        }
    }
}

static void print_traffic(task_t server, unsigned interface) {
    struct netinfo_traffic_reply_fields t;
    if (IS_OK(call_netinfo_traffic(server, interface, &t.rx_packets, &t.rx_bytes, &t.rx_dropped,
                                   &t.tx_packets, &t.tx_bytes, &t.tx_dropped))) {
        printf("    received %llu packets, %llu bytes, %llu dropped\n",
               (unsigned long long) t.rx_packets, (unsigned long long) t.rx_bytes,
               (unsigned long long) t.rx_dropped);
        printf("    sent %llu packets, %llu bytes, %llu dropped\n",
               (unsigned long long) t.tx_packets, (unsigned long long) t.tx_bytes,
               (unsigned long long) t.tx_dropped);
    }
}

static error_t get(task_t server, unsigned index, struct netinfo_interface_reply_fields *i) {
    return call_netinfo_interface(server, index, &i->features, &i->mtu, &i->mbit_per_s,
                                  &i->restarts, &i->link, i->mac, i->name);
}

static void print_features(unsigned features) {
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {
        {NET_TX_CHECKSUM, "tx-checksum"}, {NET_TX_SEGMENT4, "tx-segment4"},
        {NET_TX_SEGMENT6, "tx-segment6"}, {NET_RX_CHECKSUM, "rx-checksum"},
        {NET_RX_MERGES, "rx-merges"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (features & names[i].bit) {
            printf(" %s", names[i].name);
        }
    }
}

static void print_interface(task_t server, unsigned index,
                            const struct netinfo_interface_reply_fields *i) {
    printf("%s: %s, MTU %u", i->name, i->link ? "up" : "no link", i->mtu);
    if (i->mbit_per_s != 0) {
        printf(", %u Mbit/s", i->mbit_per_s);
    }
    if (i->restarts != 0) {
        printf(", driver restarted %u times", i->restarts);
    }
    printf("\n");
    static const uint8_t none[6];
    if (memcmp(i->mac, none, sizeof(none)) != 0) {
        printf("    MAC %02x:%02x:%02x:%02x:%02x:%02x", i->mac[0], i->mac[1], i->mac[2], i->mac[3],
               i->mac[4], i->mac[5]);
        print_features(i->features);
        printf("\n");
    }
    print_addresses(server, index);
    print_traffic(server, index);
}

/// Finds an interface by its name. Negative: there is none.
static int find(task_t server, const char *name) {
    struct netinfo_interface_reply_fields i;
    for (unsigned index = 0; IS_OK(get(server, index, &i)); index++) {
        if (!strcmp(i.name, name)) {
            return (int) index;
        }
    }
    return -1;
}

static int print_all(task_t server, const char *only) {
    struct netinfo_interface_reply_fields i;
    bool any = false;
    for (unsigned index = 0; IS_OK(get(server, index, &i)); index++) {
        if (only == NULL || !strcmp(i.name, only)) {
            print_interface(server, index, &i);
            any = true;
        }
    }
    if (!any && only != NULL) {
        say_text(only, "no such interface; ifconfig without a name lists them");
    }
    return any ? 0 : STATUS_FAILED;
}

/// "10.0.2.15/24"
static bool parse_network(const char *word, struct ip_addr *addr, unsigned *prefix_len) {
    char text[IP_ADDR_TEXT_LEN];
    uint64_t number;
    const char *slash = strchr(word, '/');
    size_t len = (slash != NULL) ? (size_t) (slash - word) : sizeof(text);
    if (len >= sizeof(text)) {
        return false;
    }
    memcpy(text, word, len);
    text[len] = '\0';
    if (IS_ERROR(ip_addr_parse(text, addr)) || !args_number(&slash[1], &number)
        || number > (ip_addr_is_v4(addr) ? 32 : 128)) {
        return false;
    }
    *prefix_len = (unsigned) number;
    return true;
}

static int configure(task_t server, const struct args *args) {
    struct ip_addr addr, gateway;
    unsigned prefix_len;
    memset(&gateway, 0, sizeof(gateway));
    int index = find(server, args->words[0]);
    if (index < 0) {
        say_text(args->words[0], "no such interface; ifconfig without a name lists them");
        return STATUS_FAILED;
    }
    if (!parse_network(args->words[1], &addr, &prefix_len)) {
        say_text(args->words[1], "not an address and the length of its prefix, as 10.0.2.15/24");
        return STATUS_USAGE;
    }
    if (args->count > 2 && !say(args->words[2], ip_addr_parse(args->words[2], &gateway))) {
        return STATUS_USAGE;
    }
    error_t err =
        call_netinfo_configure(server, (unsigned) index, prefix_len, addr.bytes, gateway.bytes);
    return say(args->words[0], err) ? 0 : STATUS_FAILED;
}

/// Whether there is a route that leads out of this machine, through the interface `only` unless that is NULL: an address
/// alone, as that of IPv6's link, isn't enough.
static bool is_online(task_t server, const char *only) {
    struct netinfo_route_reply_fields r;
    for (unsigned i = 0;
         IS_OK(call_netinfo_route(server, i, &r.interface, &r.prefix_len, r.addr, r.gateway));
         i++) {
        struct ip_addr gateway;
        memcpy(gateway.bytes, r.gateway, sizeof(gateway.bytes));
        bool counts = only == NULL || find(server, only) == (int) r.interface;
        if (counts && ip_addr_is_v4(&gateway) && !ip_addr_is_any(&gateway)) {
            return true;
        }
    }
    return false;
}

static bool wait_until_online(task_t server, uint64_t seconds, const char *only) {
    uint64_t end = timer_uptime() + seconds * 1000;
    while (!is_online(server, only)) {
        if (timer_uptime() >= end) {
            say_text("-w", "there is no gateway yet");
            return false;
        }
        timer_sleep(POLL_MS);
    }
    return true;
}

int ifconfig(const struct args *args) {
    task_t server = socket_server();
    uint64_t seconds;
    if (!option_number(args, 'w', 1, 3600, 0, &seconds)) {
        return STATUS_USAGE;
    }
    const char *only = (args->count > 0) ? args->words[0] : NULL;
    if (!say("tcpip", server) || (seconds > 0 && !wait_until_online(server, seconds, only))) {
        return STATUS_FAILED;
    }
    return (args->count > 1) ? configure(server, args) : print_all(server, only);
}
