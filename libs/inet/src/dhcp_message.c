#include "dhcp_message.h"

#include <inet/bytes.h>

#include "addr.h"

// Offsets: RFC 2131, 2, figure 1.
#define OFFSET_XID     4
#define OFFSET_SECS    8
#define OFFSET_FLAGS   10
#define OFFSET_CIADDR  12
#define OFFSET_YIADDR  16
#define OFFSET_CHADDR  28
#define OFFSET_SNAME   44
#define OFFSET_FILE    108
#define OFFSET_COOKIE  236
#define OFFSET_OPTIONS 240
#define SNAME_LEN      64
#define FILE_LEN       128

#define COOKIE         0x63825363u
#define FLAG_BROADCAST 0x8000

#define OPTION_PAD           0
#define OPTION_MASK          1
#define OPTION_ROUTER        3
#define OPTION_NAME_SERVERS  6
#define OPTION_HOSTNAME      12
#define OPTION_TIME_SERVERS  42
#define OPTION_REQUESTED     50
#define OPTION_LEASE         51
#define OPTION_OVERLOAD      52
#define OPTION_TYPE          53
#define OPTION_SERVER        54
#define OPTION_PARAMETERS    55
#define OPTION_MAX_LEN       57
#define OPTION_RENEW         58
#define OPTION_REBIND        59
#define OPTION_CLIENT        61
#define OPTION_STATIC_ROUTES 121
#define OPTION_END           255
#define HARDWARE_ETHERNET    1
#define OVERLOAD_FILE        1
#define OVERLOAD_SNAME       2

static uint8_t *put_option(uint8_t *p, uint8_t code, const void *data, size_t len) {
    *p++ = code;
    *p++ = (uint8_t) len;
    memcpy(p, data, len);
    return p + len;
}

static uint8_t *put_option32(uint8_t *p, uint8_t code, uint32_t value) {
    uint8_t bytes[4];
    put32(bytes, value);
    return (value == 0) ? p : put_option(p, code, bytes, sizeof(bytes));
}

void dhcp_write(const struct dhcp_request *request, uint8_t message[DHCP_SEND_LEN]) {
    static const uint8_t wanted[] = {OPTION_MASK,         OPTION_STATIC_ROUTES, OPTION_ROUTER,
                                     OPTION_NAME_SERVERS, OPTION_TIME_SERVERS,  OPTION_LEASE,
                                     OPTION_RENEW,        OPTION_REBIND};
    static const uint8_t max_len[] = {DHCP_RECEIVE_MAX >> 8, DHCP_RECEIVE_MAX & 0xff};
    memset(message, 0, DHCP_SEND_LEN);
    message[0] = 1;
    message[1] = HARDWARE_ETHERNET;
    message[2] = sizeof(request->mac);
    put32(message + OFFSET_XID, request->xid);
    put16(message + OFFSET_SECS, request->secs);
    // Without an address nothing that is for this machine alone arrives.
    put16(message + OFFSET_FLAGS, (request->client == 0) ? FLAG_BROADCAST : 0);
    put32(message + OFFSET_CIADDR, request->client);
    memcpy(message + OFFSET_CHADDR, request->mac, sizeof(request->mac));
    put32(message + OFFSET_COOKIE, COOKIE);

    uint8_t type = (uint8_t) request->type, client[7] = {HARDWARE_ETHERNET};
    memcpy(client + 1, request->mac, sizeof(request->mac));
    uint8_t *p = put_option(message + OFFSET_OPTIONS, OPTION_TYPE, &type, 1);
    p = put_option(p, OPTION_CLIENT, client, sizeof(client));
    p = put_option32(p, OPTION_REQUESTED, request->requested);
    p = put_option32(p, OPTION_SERVER, request->server);
    if (request->type == DHCP_DISCOVER || request->type == DHCP_REQUEST) {
        p = put_option(p, OPTION_PARAMETERS, wanted, sizeof(wanted));
        p = put_option(p, OPTION_MAX_LEN, max_len, sizeof(max_len));
        if (request->hostname[0] != '\0') {
            p = put_option(p, OPTION_HOSTNAME, request->hostname, strlen(request->hostname));
        }
    }
    *p = OPTION_END;
}

static uint32_t host_or_none(uint32_t addr) {
    return (v4_is_no_host(addr) || v4_is_loopback(addr)) ? 0 : addr;
}

static unsigned read_hosts(const uint8_t *data, size_t len, uint32_t *hosts) {
    unsigned count = 0;
    for (; len >= 4 && count < DHCP_SERVERS_MAX; data += 4, len -= 4) {
        hosts[count] = host_or_none(get32(data));
        count += hosts[count] != 0;
    }
    return count;
}

/// Routes that have the bytes of their prefixes only: RFC 3442.
static void read_routes(const uint8_t *data, size_t len, struct dhcp_reply *reply) {
    reply->num_routes = 0;
    while (len > 0 && reply->num_routes < DHCP_ROUTES_MAX) {
        uint8_t prefix[4] = {0};
        unsigned bits = data[0];
        size_t bytes = (bits + 7) / 8;
        if (bits > 32 || len < 1 + bytes + 4) {
            return;
        }
        memcpy(prefix, data + 1, bytes);
        reply->routes[reply->num_routes++] =
            (struct dhcp_route){get32(prefix), bits, host_or_none(get32(data + 1 + bytes))};
        data += 1 + bytes + 4;
        len -= 1 + bytes + 4;
    }
}

struct parser {
    struct dhcp_reply *reply;
    uint32_t mask;
    uint32_t router;
    bool routes_given;
    uint8_t overload;
};

static void read_number(struct parser *parser, uint8_t code, uint32_t value) {
    switch (code) {
    case OPTION_MASK:
        parser->mask = value;
        break;
    case OPTION_ROUTER:
        parser->router = host_or_none(value);
        break;
    case OPTION_LEASE:
        parser->reply->lease_s = value;
        break;
    case OPTION_RENEW:
        parser->reply->renew_s = value;
        break;
    case OPTION_REBIND:
        parser->reply->rebind_s = value;
        break;
    case OPTION_SERVER:
        parser->reply->server = host_or_none(value);
        break;
    default:
        break;
    }
}

static void read_option(struct parser *parser, uint8_t code, const uint8_t *data, size_t len) {
    struct dhcp_reply *reply = parser->reply;
    switch (code) {
    case OPTION_TYPE:
        reply->type = (len == 1) ? data[0] : 0;
        break;
    case OPTION_OVERLOAD:
        parser->overload = (len == 1) ? data[0] : 0;
        break;
    case OPTION_NAME_SERVERS:
        reply->num_name_servers = read_hosts(data, len, reply->name_servers);
        break;
    case OPTION_TIME_SERVERS:
        reply->num_time_servers = read_hosts(data, len, reply->time_servers);
        break;
    case OPTION_STATIC_ROUTES:
        parser->routes_given = true;
        read_routes(data, len, reply);
        break;
    default:
        if (len >= 4) {
            read_number(parser, code, get32(data));
        }
        break;
    }
}

/// Options up to their end. False: one is longer than there is room.
static bool read_options(struct parser *parser, const uint8_t *data, size_t len) {
    for (size_t i = 0; i < len && data[i] != OPTION_END;) {
        if (data[i] == OPTION_PAD) {
            i++;
            continue;
        }
        if (len - i < 2 || data[i + 1] > len - i - 2) {
            return false;
        }
        read_option(parser, data[i], data + i + 2, data[i + 1]);
        i += 2 + (size_t) data[i + 1];
    }
    return true;
}

/// The mask's length; if there is none, or one with holes, that of the address's class.
static unsigned length_of(uint32_t mask, uint32_t addr) {
    uint32_t host = ~mask;
    if (mask != 0 && (host & (host + 1)) == 0) {
        return (unsigned) __builtin_popcount(mask);
    }
    return (addr >> 31 == 0) ? 8 : (addr >> 30 == 2) ? 16 : 24;
}

bool dhcp_parse(const uint8_t *message, size_t len, uint32_t xid, const uint8_t mac[6],
                struct dhcp_reply *reply) {
    if (len < OFFSET_OPTIONS || message[0] != 2 || message[1] != HARDWARE_ETHERNET
        || message[2] != 6 || get32(message + OFFSET_XID) != xid
        || memcmp(message + OFFSET_CHADDR, mac, 6) != 0
        || get32(message + OFFSET_COOKIE) != COOKIE) {
        return false;
    }
    memset(reply, 0, sizeof(*reply));
    struct parser parser = {.reply = reply};
    if (!read_options(&parser, message + OFFSET_OPTIONS, len - OFFSET_OPTIONS)) {
        return false;
    }
    uint8_t overload = parser.overload;
    if (((overload & OVERLOAD_FILE) && !read_options(&parser, message + OFFSET_FILE, FILE_LEN))
        || ((overload & OVERLOAD_SNAME)
            && !read_options(&parser, message + OFFSET_SNAME, SNAME_LEN))) {
        return false;
    }
    reply->addr = host_or_none(get32(message + OFFSET_YIADDR));
    reply->prefix_len = length_of(parser.mask, reply->addr);
    if (!parser.routes_given && parser.router != 0) {
        reply->num_routes = 1;
        reply->routes[0] = (struct dhcp_route){0, 0, parser.router};
    }
    return true;
}
