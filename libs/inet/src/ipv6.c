// RFC 8200: headers in and out.

#include "addr.h"

#include "counters.h"
#include "ip.h"
#include "nd.h"
#include "reassembly.h"
#include <inet/bytes.h>

#define VERSION_WORD 0x60000000u

// Extension headers: RFC 8200, 4.
#define EXTENSION_ROUTING     43
#define EXTENSION_FRAGMENT    44
#define EXTENSION_DESTINATION 60
#define NO_NEXT_HEADER        59
#define EXTENSION_UNIT        8
#define FRAGMENT_OFFSET_MASK  0xfff8
#define FRAGMENT_MORE         1
#define OPTION_PAD1           0
#define OPTION_PADN           1
#define OPTION_ROUTER_ALERT   5

/// Headers of one packet, and their bytes.
#define EXTENSIONS_MAX     6
#define EXTENSIONS_LEN_MAX 128
STATIC_ASSERT(IPV6_HEADER_LEN + EXTENSIONS_LEN_MAX <= BUF_KEPT_IN_FRONT,
              "an error quotes all of a packet's headers");

void ipv6_write_header(uint8_t *header, const struct ip_packet *packet, uint32_t len) {
    put32(header, VERSION_WORD);
    put16(header + 4, (uint16_t) ((len > UINT16_MAX) ? 0 : len));
    header[6] = packet->protocol;
    header[7] = (packet->ttl != 0) ? packet->ttl : IP_TTL;
    memcpy(header + 8, packet->route->src.bytes, IP_ADDR_LEN);
    memcpy(header + 24, packet->dst.bytes, IP_ADDR_LEN);
}

static void drop(struct netif *netif, struct buf *packet, enum counter why) {
    inet_count(why);
    netif->traffic.rx_dropped++;
    buf_free(packet);
}

/// What was read of a packet's headers.
struct headers {
    uint8_t next;  ///< The protocol of what is at the packet's beginning now.
    unsigned count;
    bool fragment, more;
    uint32_t id;
    size_t offset;
};

static void cut_front(struct buf *packet, struct ip_info *info, size_t len) {
    packet->start = (uint16_t) (packet->start + len);
    packet->len = (uint16_t) (packet->len - len);
    packet->total -= (uint32_t) len;
    info->header_len = (uint8_t) (info->header_len + len);
}

/// Reads the header, once, and cuts off what is behind the packet.
static bool parse(struct buf *packet, struct ip_info *info, uint8_t *next) {
    uint8_t bytes[IPV6_HEADER_LEN];
    if (!buf_pull_up(packet, IPV6_HEADER_LEN)) {
        return false;
    }
    memcpy(bytes, buf_data(packet), sizeof(bytes));
    size_t len = get16(bytes + 4);
    if (bytes[0] >> 4 != 6 || len > packet->total - IPV6_HEADER_LEN) {
        return false;
    }
    *next = bytes[6];
    info->ttl = bytes[7];
    memcpy(info->src.bytes, bytes + 8, IP_ADDR_LEN);
    memcpy(info->dst.bytes, bytes + 24, IP_ADDR_LEN);
    if (packet->total > IPV6_HEADER_LEN + len) {
        buf_trim_back(packet, packet->total - IPV6_HEADER_LEN - len);
    }
    cut_front(packet, info, IPV6_HEADER_LEN);
    return true;
}

/// Options that we don't know say themselves whether the packet may be taken all the same: RFC 8200, 4.2.
static bool check_options(const uint8_t *options, size_t len) {
    for (size_t i = 0; i < len;) {
        if (options[i] == OPTION_PAD1) {
            i++;
            continue;
        }
        if (len - i < 2 || options[i + 1] > len - i - 2) {
            return false;
        }
        bool known = options[i] == OPTION_PADN || options[i] == OPTION_ROUTER_ALERT;
        if (!known && options[i] >> 6 != 0) {
            return false;
        }
        i += 2 + (size_t) options[i + 1];
    }
    return true;
}

static bool read_fragment(struct headers *headers, const uint8_t *header) {
    uint16_t place = get16(header + 2);
    headers->fragment = true;
    headers->offset = place & FRAGMENT_OFFSET_MASK;
    headers->more = place & FRAGMENT_MORE;
    headers->id = get32(header + 4);
    return true;
}

/// Checks an extension header of `len` bytes.
static bool read_extension(struct headers *headers, const uint8_t *header, size_t len) {
    switch (headers->next) {
    case EXTENSION_FRAGMENT:
        return read_fragment(headers, header);
    case EXTENSION_ROUTING:
        return header[3] == 0;  // It is to go on from here: RFC 5095.
    default:
        return check_options(header + 2, len - 2);
    }
}

static bool is_extension(uint8_t protocol) {
    return protocol == IPV6_HOP_BY_HOP || protocol == EXTENSION_ROUTING
           || protocol == EXTENSION_FRAGMENT || protocol == EXTENSION_DESTINATION;
}

/// Cuts off extension headers, up to the end or a fragment's. Few, and short ones: no honest sender has more.
static bool skip_extensions(struct buf *packet, struct ip_info *info, struct headers *headers) {
    while (is_extension(headers->next) && !headers->fragment) {
        uint8_t bytes[EXTENSIONS_LEN_MAX];
        if (++headers->count > EXTENSIONS_MAX || !buf_pull_up(packet, EXTENSION_UNIT)) {
            return false;
        }
        bool fragment = headers->next == EXTENSION_FRAGMENT;
        size_t len = fragment ? EXTENSION_UNIT : EXTENSION_UNIT * (1u + buf_data(packet)[1]);
        if (len + info->header_len > IPV6_HEADER_LEN + EXTENSIONS_LEN_MAX
            || !buf_pull_up(packet, len)) {
            return false;
        }
        memcpy(bytes, buf_data(packet), len);
        bool misplaced = headers->next == IPV6_HOP_BY_HOP && headers->count > 1;
        if (misplaced || !read_extension(headers, bytes, len)) {
            return false;
        }
        headers->next = bytes[0];
        cut_front(packet, info, len);
    }
    return true;
}

/// An address that nobody can have sent from: a group's, an IPv4 address in disguise, our own.
static bool is_bad_src(struct netif *netif, const struct ip_addr *src) {
    if (netif->loopback) {
        return false;
    }
    // Who has an address that we try to get must be heard.
    struct netif_addr *entry;
    bool ours = netif_with_addr(src, &entry) != NULL && !entry->tentative;
    return ip_addr_is_multicast(src) || ip_addr_is_v4(src) || ours;
}

/// Groups that this machine is in: all hosts on the link, and those of its addresses (RFC 4291, 2.8).
static bool is_our_group(struct netif *netif, const struct ip_addr *dst) {
    static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
    if (ip_addr_equals(dst, &all_nodes)) {
        return true;
    }
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        struct ip_addr group = nd_solicited_group(&netif->addrs[i].addr);
        if (!ip_addr_is_v4(&netif->addrs[i].addr) && ip_addr_equals(dst, &group)) {
            return true;
        }
    }
    return false;
}

/// Whether a packet is for this machine, and who sent it can have. Fills in `broadcast`.
static bool is_for_us(struct ip_info *info, bool group) {
    struct netif *netif = info->netif;
    info->broadcast = ip_addr_is_multicast(&info->dst);
    if (info->broadcast) {
        return is_our_group(netif, &info->dst);
    }
    struct netif_addr *entry = netif_find_addr(netif, &info->dst);
    return !group && (netif->loopback || (entry != NULL && !entry->tentative));
}

void ipv6_input(struct netif *netif, struct buf *packet, bool group) {
    struct ip_info info = {.netif = netif};
    struct headers headers = {.count = 0};
    if (netif->nd == NULL && !netif->loopback) {
        drop(netif, packet, ETHERNET_UNKNOWN_TYPE);
        return;
    }
    if (!parse(packet, &info, &headers.next)) {
        drop(netif, packet, IP_BAD_HEADER);
        return;
    }
    if (is_bad_src(netif, &info.src) || ip_addr_is_v4(&info.dst)) {
        drop(netif, packet, IP_BAD_ADDRESS);
        return;
    }
    if (!is_for_us(&info, group)) {
        drop(netif, packet, IP_NOT_OURS);
        return;
    }
    if (!skip_extensions(packet, &info, &headers)) {
        drop(netif, packet, IP_BAD_HEADER);
        return;
    }
    info.protocol = headers.next;
    if (headers.fragment) {
        packet = reassemble(&info, headers.id, headers.offset, headers.more, packet);
    }
    if (packet == NULL) {
        return;
    }
    // Behind fragments there may be more of them: what is in the way to a protocol we don't know.
    bool nobody = ip_addr_is_any(&info.src) && info.protocol != IP_PROTO_ICMPV6;
    if (nobody || info.protocol == NO_NEXT_HEADER) {
        drop(netif, packet, IP_BAD_ADDRESS);
        return;
    }
    ip_deliver(&info, packet);
}
