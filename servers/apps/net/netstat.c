#include <idl_client.h>
#include <kernel_abi.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

static const char *const kinds[] = {"tcp", "udp", "echo"};
static const char *const states[] = {"-",           "LISTEN",     "SYN_SENT",   "SYN_RECEIVED",
                                     "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                     "CLOSING",     "LAST_ACK",   "TIME_WAIT"};

static struct ip_addr addr_of(const uint8_t bytes[IP_ADDR_LEN]) {
    struct ip_addr addr;
    memcpy(addr.bytes, bytes, sizeof(addr.bytes));
    return addr;
}

static void format_end(const uint8_t addr[IP_ADDR_LEN], uint16_t port,
                       char text[SOCKET_ADDRESS_TEXT_LEN]) {
    struct socket_address address = {addr_of(addr), port};
    if (ip_addr_is_any(&address.ip)) {
        snprintf(text, SOCKET_ADDRESS_TEXT_LEN, "*:%u", port);
    } else {
        socket_format_address(&address, text);
    }
}

/// The name of a task, "-" of nobody.
static const char *name_of(task_t task, struct task_info *info) {
    error_t err = sys_info(INFO_TASK, (unsigned) TASK_SLOT(task), info, sizeof(*info));
    return (task != 0 && IS_OK(err) && info->tid == task) ? info->name : "-";
}

static void print_socket(const struct netinfo_socket_reply_fields *s) {
    char local[SOCKET_ADDRESS_TEXT_LEN], remote[SOCKET_ADDRESS_TEXT_LEN];
    struct task_info info;
    format_end(s->local_addr, s->local_port, local);
    format_end(s->remote_addr, s->remote_port, remote);
    printf("%-4s %-12s %7u %7u %-21s %-21s %s\n", kinds[MIN(s->kind, 2u)], states[s->state],
           s->receive_queue, s->send_queue, local, remote, name_of(s->owner, &info));
}

static void print_sockets(task_t server) {
    printf("%-4s %-12s %7s %7s %-21s %-21s %s\n", "KIND", "STATE", "RECV-Q", "SEND-Q", "LOCAL",
           "REMOTE", "PROGRAM");
    struct netinfo_socket_reply_fields s;
    enum netinfo_state state;
    for (unsigned i = 0; IS_OK(call_netinfo_socket(server, i, &s.kind, &state, &s.owner,
                                                   &s.receive_queue, &s.send_queue, &s.local_port,
                                                   &s.remote_port, s.local_addr, s.remote_addr));
         i++) {
        s.state = state;
        print_socket(&s);
    }
}

static void print_interface_name(task_t server, unsigned index) {
    struct netinfo_interface_reply_fields i;
    error_t err = call_netinfo_interface(server, index, &i.features, &i.mtu, &i.mbit_per_s,
                                         &i.restarts, &i.link, i.mac, i.name);
    printf("%s\n", IS_OK(err) ? i.name : "-");
}

static void print_routes(task_t server) {
    printf("%-24s %-20s %s\n", "NETWORK", "GATEWAY", "INTERFACE");
    struct netinfo_route_reply_fields r;
    for (unsigned i = 0;
         IS_OK(call_netinfo_route(server, i, &r.interface, &r.prefix_len, r.addr, r.gateway));
         i++) {
        char network[IP_ADDR_TEXT_LEN], prefix[IP_ADDR_TEXT_LEN + 8], gateway[IP_ADDR_TEXT_LEN];
        struct ip_addr addr = addr_of(r.addr), via = addr_of(r.gateway);
        ip_addr_format(&addr, network);
        snprintf(prefix, sizeof(prefix), "%s/%u", network, r.prefix_len);
        ip_addr_format(&via, gateway);
        printf("%-24s %-20s ", prefix, ip_addr_is_any(&via) ? "-" : gateway);
        print_interface_name(server, r.interface);
    }
}

static void print_neighbours(task_t server) {
    printf("%-20s %-18s %-9s %8s %s\n", "ADDRESS", "MAC", "STATE", "AGE", "INTERFACE");
    struct netinfo_neighbour_reply_fields n;
    for (unsigned i = 0; IS_OK(call_netinfo_neighbour(server, i, &n.interface, &n.reachable, n.mac,
                                                      &n.age_s, n.addr));
         i++) {
        char text[IP_ADDR_TEXT_LEN];
        struct ip_addr addr = addr_of(n.addr);
        ip_addr_format(&addr, text);
        printf("%-20s %02x:%02x:%02x:%02x:%02x:%02x  %-9s %6u s ", text, n.mac[0], n.mac[1],
               n.mac[2], n.mac[3], n.mac[4], n.mac[5], n.reachable ? "reachable" : "stale",
               n.age_s);
        print_interface_name(server, n.interface);
    }
}

static void print_counters(task_t server) {
    uint64_t value;
    char name[NETINFO_NAME_LEN];
    for (unsigned i = 0; IS_OK(call_netinfo_counter(server, i, &value, name)); i++) {
        printf("%-24s %llu\n", name, (unsigned long long) value);
    }
}

static void print_memory(task_t server) {
    uint32_t buffers, free, len;
    if (IS_OK(call_netinfo_memory(server, &buffers, &free, &len))) {
        printf("%u of %u packet buffers free, of %u bytes each\n", free, buffers, len);
    }
}

int netstat(const struct args *args) {
    static const struct {
        char option;
        void (*print)(task_t server);
    } parts[] = {
        {'r', print_routes}, {'n', print_neighbours}, {'s', print_counters}, {'m', print_memory}};
    task_t server = socket_server();
    if (!say("tcpip", server)) {
        return STATUS_FAILED;
    }
    bool any = false;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (args->options[(int) parts[i].option] != NULL) {
            parts[i].print(server);
            any = true;
        }
    }
    if (!any) {
        print_sockets(server);
    }
    return 0;
}
