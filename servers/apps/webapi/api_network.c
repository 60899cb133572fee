#include <idl_client.h>
#include <inet/addr.h>
#include <socket.h>
#include <string.h>

#include "api.h"

/// Each adds the item number `index`; false: there is none. Nobody is asked twice, so that a TCP/IP server that has just
/// ended makes the lists shorter.
typedef bool (*add_item_t)(struct api_state *state, struct text *out, task_t server);

static void add_mac(struct text *out, const uint8_t mac[6]) {
    text_add_key(out, "mac");
    text_add_literal(out, "\"");
    for (int i = 0; i < 6; i++) {
        text_add(out, (i > 0) ? ":" : "");
        text_add_hex(out, mac[i], 2);
    }
    text_add_literal(out, "\"");
}

static bool add_interface(struct api_state *state, struct text *out, task_t server) {
    struct netinfo_interface_reply_fields is;
    struct netinfo_traffic_reply_fields traffic;
    if (IS_ERROR(call_netinfo_interface(server, state->index, &is.features, &is.mtu, &is.mbit_per_s,
                                        &is.restarts, &is.link, is.mac, is.name))
        || IS_ERROR(call_netinfo_traffic(
            server, state->index, &traffic.rx_packets, &traffic.rx_bytes, &traffic.rx_dropped,
            &traffic.tx_packets, &traffic.tx_bytes, &traffic.tx_dropped))) {
        return false;
    }
    api_begin_item(state, out);
    text_add_key(out, "name");
    text_add_json(out, is.name, strnlen(is.name, sizeof(is.name)));
    text_add_member_bool(out, "link", is.link);
    text_add_member_number(out, "mtu", is.mtu);
    text_add_member_number(out, "mbit_per_s", is.mbit_per_s);
    text_add_member_number(out, "restarts", is.restarts);
    add_mac(out, is.mac);
    text_add_member_number(out, "rx_packets", traffic.rx_packets);
    text_add_member_number(out, "rx_bytes", traffic.rx_bytes);
    text_add_member_number(out, "rx_dropped", traffic.rx_dropped);
    text_add_member_number(out, "tx_packets", traffic.tx_packets);
    text_add_member_number(out, "tx_bytes", traffic.tx_bytes);
    text_add_member_number(out, "tx_dropped", traffic.tx_dropped);
    text_add_literal(out, "}");
    return true;
}

static bool add_address(struct api_state *state, struct text *out, task_t server) {
    struct netinfo_address_reply_fields is;
    enum netinfo_origin origin;
    if (IS_ERROR(call_netinfo_address(server, state->index, &is.interface, &is.prefix_len, &origin,
                                      &is.valid_s, is.addr))) {
        return false;
    }
    struct ip_addr addr;
    char text[IP_ADDR_TEXT_LEN];
    memcpy(addr.bytes, is.addr, sizeof(addr.bytes));
    ip_addr_format(&addr, text);
    api_begin_item(state, out);
    text_add_member_number(out, "interface", is.interface);
    text_add_member(out, "address", text);
    text_add_member_number(out, "prefix_len", is.prefix_len);
    text_add_literal(out, "}");
    return true;
}

static void add_end(struct text *out, const char *key, const uint8_t addr[16], uint16_t port) {
    struct socket_address end = {.port = port};
    char text[SOCKET_ADDRESS_TEXT_LEN];
    memcpy(end.ip.bytes, addr, sizeof(end.ip.bytes));
    socket_format_address(&end, text);
    text_add_member(out, key, text);
}

static const char *state_name(enum netinfo_state state) {
    static const char *const names[] = {
        "closed",     "listen",     "syn-sent", "syn-received", "established", "fin-wait-1",
        "fin-wait-2", "close-wait", "closing",  "last-ack",     "time-wait",
    };
    return names[state];
}

static bool add_socket(struct api_state *state, struct text *out, task_t server) {
    struct netinfo_socket_reply_fields is;
    enum netinfo_state tcp_state;
    if (IS_ERROR(call_netinfo_socket(server, state->index, &is.kind, &tcp_state, &is.owner,
                                     &is.receive_queue, &is.send_queue, &is.local_port,
                                     &is.remote_port, is.local_addr, is.remote_addr))) {
        return false;
    }
    api_begin_item(state, out);
    text_add_member_number(out, "kind", is.kind);
    text_add_member(out, "state", (is.kind == SOCKET_KIND_STREAM) ? state_name(tcp_state) : "");
    text_add_member_number(out, "owner", (uint64_t) is.owner);
    add_end(out, "local", is.local_addr, is.local_port);
    add_end(out, "remote", is.remote_addr, is.remote_port);
    text_add_member_number(out, "receive_queue", is.receive_queue);
    text_add_member_number(out, "send_queue", is.send_queue);
    text_add_literal(out, "}");
    return true;
}

static const struct {
    const char *begin;
    add_item_t add;
} lists[] = {
    {"{\"interfaces\":[", add_interface},
    {"],\"addresses\":[", add_address},
    {"],\"sockets\":[", add_socket},
};
#define NUM_LISTS (sizeof(lists) / sizeof(lists[0]))
/// A list that grows as fast as it is read has an end, too.
#define ITEMS_MAX 2048

bool api_network(struct api_state *state, struct text *out) {
    task_t server = socket_server();
    if (state->index == 0) {
        text_add(out, lists[state->step].begin);
    }
    if (IS_OK(server) && state->index < ITEMS_MAX && lists[state->step].add(state, out, server)) {
        state->index++;
        return true;
    }
    api_next_step(state);
    if (state->step < NUM_LISTS) {
        return true;
    }
    text_add_literal(out, "]}\n");
    return false;
}
