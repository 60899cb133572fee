#include <inet/info.h>
#include <inet/netif.h>
#include <string.h>

#include "api.h"
#include "endpoint.h"
#include "ring_device.h"
#include "settings.h"

STATIC_ASSERT(INET_NAME_LEN == sizeof(((struct netinfo_interface_reply_fields *) 0)->name),
              "names of interfaces have different lengths");

static error_t interface(task_t client __unused, struct netinfo_interface_fields *request,
                         struct netinfo_interface_reply_fields *reply) {
    struct inet_interface_info info;
    if (!inet_interface_info(request->index, &info)) {
        return ERR_END;
    }
    reply->features = info.features;
    reply->mtu = info.mtu;
    reply->mbit_per_s = info.mbit_per_s;
    reply->restarts = info.restarts;
    reply->link = info.link;
    memcpy(reply->mac, info.mac, sizeof(reply->mac));
    strncpy2(reply->name, info.name, sizeof(reply->name));
    return OK;
}

static error_t traffic(task_t client __unused, struct netinfo_traffic_fields *request,
                       struct netinfo_traffic_reply_fields *reply) {
    struct inet_interface_info info;
    if (!inet_interface_info(request->index, &info)) {
        return ERR_END;
    }
    reply->rx_packets = info.traffic.rx_packets;
    reply->rx_bytes = info.traffic.rx_bytes;
    reply->rx_dropped = info.traffic.rx_dropped;
    reply->tx_packets = info.traffic.tx_packets;
    reply->tx_bytes = info.traffic.tx_bytes;
    reply->tx_dropped = info.traffic.tx_dropped;
    return OK;
}

static error_t address(task_t client __unused, struct netinfo_address_fields *request,
                       struct netinfo_address_reply_fields *reply) {
    struct inet_address_info info;
    if (!inet_address_info(request->index, &info)) {
        return ERR_END;
    }
    reply->interface = info.interface;
    reply->prefix_len = info.prefix_len;
    reply->origin = (enum netinfo_origin) info.origin;
    reply->valid_s = info.valid_s;
    memcpy(reply->addr, info.addr.bytes, sizeof(reply->addr));
    return OK;
}

/// Clears what isn't the network's in an address. Of IPv4, the prefix counts the last 32 bits alone.
static void mask(struct ip_addr *addr, unsigned prefix_len) {
    unsigned bits = prefix_len + (ip_addr_is_v4(addr) ? 96 : 0);
    for (unsigned i = 0; i < IP_ADDR_LEN; i++) {
        unsigned kept = (bits > 8 * i) ? MIN(bits - 8 * i, 8u) : 0;
        addr->bytes[i] &= (uint8_t) (0xff00u >> kept);
    }
}

static error_t route(task_t client __unused, struct netinfo_route_fields *request,
                     struct netinfo_route_reply_fields *reply) {
    struct inet_route_info info;
    if (!inet_route_info(request->index, &info)) {
        return ERR_END;
    }
    mask(&info.addr, info.prefix_len);
    reply->interface = info.interface;
    reply->prefix_len = info.prefix_len;
    memcpy(reply->addr, info.addr.bytes, sizeof(reply->addr));
    memcpy(reply->gateway, info.gateway.bytes, sizeof(reply->gateway));
    return OK;
}

static error_t neighbour(task_t client __unused, struct netinfo_neighbour_fields *request,
                         struct netinfo_neighbour_reply_fields *reply) {
    struct inet_neighbour_info info;
    if (!inet_neighbour_info(request->index, &info)) {
        return ERR_END;
    }
    reply->interface = info.interface;
    reply->reachable = info.reachable;
    reply->age_s = info.age_s;
    memcpy(reply->mac, info.mac, sizeof(reply->mac));
    memcpy(reply->addr, info.addr.bytes, sizeof(reply->addr));
    return OK;
}

static error_t name_server(task_t client __unused, struct netinfo_name_server_fields *request,
                           struct netinfo_name_server_reply_fields *reply) {
    struct ip_addr addr;
    if (!inet_name_server_info(request->index, &addr)) {
        return ERR_END;
    }
    memcpy(reply->addr, addr.bytes, sizeof(reply->addr));
    return OK;
}

static task_t owner_of(const void *user) {
    const struct endpoint *endpoint = user;
    return (endpoint != NULL) ? endpoint->client->task : 0;
}

static void fill_tcp(const struct tcp_info *info, struct netinfo_socket_reply_fields *reply) {
    reply->kind = SOCKET_KIND_STREAM;
    reply->state = (enum netinfo_state) info->state;
    reply->owner = owner_of(info->user);
    reply->receive_queue = info->receive_queue;
    reply->send_queue = info->send_queue;
    reply->local_port = info->local_port;
    reply->remote_port = info->remote_port;
    memcpy(reply->local_addr, info->local.bytes, sizeof(reply->local_addr));
    memcpy(reply->remote_addr, info->remote.bytes, sizeof(reply->remote_addr));
}

/// How many connections there are, at least one of which has a number below `limit`'s.
static unsigned count_tcp(unsigned limit) {
    unsigned low = 0, high = limit;
    struct tcp_info info;
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (tcp_info(middle, &info)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static error_t socket(task_t client __unused, struct netinfo_socket_fields *request,
                      struct netinfo_socket_reply_fields *reply) {
    struct tcp_info tcp;
    if (tcp_info(request->index, &tcp)) {
        fill_tcp(&tcp, reply);
        return OK;
    }
    struct inet_udp_info info;
    if (!inet_udp_info(request->index - count_tcp(request->index), &info)) {
        return ERR_END;
    }
    reply->kind = info.echo ? SOCKET_KIND_ECHO : SOCKET_KIND_DATAGRAM;
    reply->owner = owner_of(info.user);
    reply->receive_queue = info.receive_queue;
    reply->local_port = info.local_port;
    reply->remote_port = info.remote_port;
    memcpy(reply->local_addr, info.local.bytes, sizeof(reply->local_addr));
    memcpy(reply->remote_addr, info.remote.bytes, sizeof(reply->remote_addr));
    return OK;
}

static error_t counter(task_t client __unused, struct netinfo_counter_fields *request,
                       struct netinfo_counter_reply_fields *reply) {
    const char *name = inet_counter(request->index, &reply->value);
    if (name == NULL) {
        return ERR_END;
    }
    strncpy2(reply->name, name, sizeof(reply->name));
    return OK;
}

static error_t memory(task_t client __unused, struct netinfo_memory_reply_fields *reply) {
    ring_devices_collect();
    reply->buffers = buf_count();
    reply->free = buf_num_free();
    reply->buffer_len = NET_BUFFER_LEN;
    return OK;
}

static error_t configure(task_t client, struct netinfo_configure_fields *request) {
    if (!settings_may_configure(client)) {
        return ERR_NOT_PERMITTED;
    }
    struct netif *netif = inet_interface(request->interface);
    if (netif == NULL) {
        return ERR_NOT_FOUND;
    }
    struct ip_addr addr, gateway;
    memcpy(addr.bytes, request->addr, sizeof(addr.bytes));
    memcpy(gateway.bytes, request->gateway, sizeof(gateway.bytes));
    if (request->prefix_len > (ip_addr_is_v4(&addr) ? 32u : 128u)) {
        return ERR_INVALID_ARG;
    }
    return netif_configure(netif, &addr, request->prefix_len, &gateway);
}

const struct netinfo_ops netinfo_api = {
    .interface = interface,
    .traffic = traffic,
    .address = address,
    .route = route,
    .neighbour = neighbour,
    .name_server = name_server,
    .socket = socket,
    .counter = counter,
    .memory = memory,
    .configure = configure,
};
