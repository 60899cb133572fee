#ifndef __INET_DHCP_MESSAGE_H__
#define __INET_DHCP_MESSAGE_H__

/// \file
/// DHCP's messages: RFC 2131, 2; options: RFC 2132, RFC 3442.

#include <types.h>

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68
/// Bytes of what is sent (BOOTP's minimum), and of what is looked at of a received message.
#define DHCP_SEND_LEN    300
#define DHCP_RECEIVE_MAX 1472

#define DHCP_SERVERS_MAX  3
#define DHCP_HOSTNAME_LEN 32
#define DHCP_ROUTES_MAX   8

enum dhcp_type {
    DHCP_DISCOVER = 1,
    DHCP_OFFER = 2,
    DHCP_REQUEST = 3,
    DHCP_DECLINE = 4,
    DHCP_ACK = 5,
    DHCP_NAK = 6,
    DHCP_RELEASE = 7,
};

struct dhcp_route {
    uint32_t prefix;
    unsigned prefix_len;
    uint32_t gateway;  ///< 0: none.
};

/// What a server said. Addresses that can't be a host's are 0, or left out.
struct dhcp_reply {
    enum dhcp_type type;
    uint32_t addr;
    uint32_t server;
    unsigned prefix_len;
    uint32_t lease_s;  ///< UINT32_MAX: for ever.
    uint32_t renew_s;  ///< 0: it didn't say; the same for `rebind_s`.
    uint32_t rebind_s;
    unsigned num_routes;
    struct dhcp_route routes[DHCP_ROUTES_MAX];
    unsigned num_name_servers;
    uint32_t name_servers[DHCP_SERVERS_MAX];
    unsigned num_time_servers;
    uint32_t time_servers[DHCP_SERVERS_MAX];
};

/// What a client says.
struct dhcp_request {
    enum dhcp_type type;
    uint32_t xid;
    uint16_t secs;
    uint32_t client;     ///< Our address, if we have one; 0: none.
    uint32_t requested;  ///< The address we would like; 0: it isn't said.
    uint32_t server;     ///< 0: it isn't said.
    uint8_t mac[6];
    char hostname[DHCP_HOSTNAME_LEN];  ///< "": it isn't said.
};

void dhcp_write(const struct dhcp_request *request, uint8_t message[DHCP_SEND_LEN]);
/// False: it is no answer to this client, or damaged.
bool dhcp_parse(const uint8_t *message, size_t len, uint32_t xid, const uint8_t mac[6],
                struct dhcp_reply *reply);

#endif
