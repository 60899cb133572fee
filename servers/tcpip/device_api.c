#include "device_api.h"
#include "api.h"
#include "message_device.h"
#include "ring_device.h"

static error_t attach(task_t client, struct net_attach_fields *request,
                      struct net_attach_reply_fields *reply) {
    message_device_lost(client);
    return ring_device_attach(client, request, reply);
}

static error_t link(task_t client, struct net_link_fields *request) {
    error_t err = ring_device_link(client, request->link, request->mbit_per_s);
    return (err == ERR_NOT_FOUND) ? message_device_link(client, request->link, request->mbit_per_s)
                                  : err;
}

static void rx(task_t src, struct net_rx_fields *message) {
    message_device_receive(src, message->payload, message->payload_len);
}

const struct net_ops net_api = {
    .rx = rx,
    .attach = attach,
    .link = link,
};

error_t device_register(task_t client, struct tcpip_register_device_fields *request) {
    ring_device_lost(client);
    return message_device_register(client, request->macaddr);
}

void device_lost(task_t task) {
    ring_device_lost(task);
    message_device_lost(task);
}
