#include "drive.h"

#include <inet/env.h>
#include <inet/info.h>
#include <inet/ip.h>
#include <inet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_tcp.h"
#include "frames.h"
#include "world.h"

#define SOCKETS   4
#define SERVER_IP PEER_IP
#define PAYLOAD   1400
/// Nothing waits longer than this for a packet that doesn't come.
#define SETTLE_MS 400000

enum op {
    OP_FRAME,
    OP_IP,
    OP_UDP,
    OP_ICMP,
    OP_ANSWER,
    OP_STREAM,
    OP_ARP,
    OP_IPV6,
    OP_FRAGMENT,
    OP_TIME,
    OP_USER,
    NUM_OPS,
};

struct input {
    const uint8_t *data;
    size_t len;
};

static struct netif *netif;
static struct udp *sockets[SOCKETS];
static unsigned lookup;
/// The last UDP datagram that was sent: what an answer has to fit.
static struct frame question;

static unsigned take(struct input *input) {
    if (input->len == 0) {
        return 0;
    }
    input->len--;
    return *input->data++;
}

/// The next piece of the input: its length first.
static size_t take_bytes(struct input *input, uint8_t *bytes, size_t max) {
    size_t len = (size_t) take(input) * 8;
    len += take(input) % 8;
    len = MIN(MIN(len, max), input->len);
    memcpy(bytes, input->data, len);
    input->data += len;
    input->len -= len;
    return len;
}

static void remember_question(void) {
    for (unsigned i = 0; i < num_frames; i++) {
        const struct frame *frame = &frames[i];
        if (frame->len > 50 && get_be16(frame->bytes + 12) == 0x0800 && frame->bytes[23] == 17) {
            question = *frame;
        }
    }
}

/// Whoever is asked for answers, so that the rest goes on.
static void answer_arps(void) {
    for (unsigned i = 0; i < num_frames && i < 8; i++) {
        if (get_be16(frames[i].bytes + 12) == 0x0806 && frames[i].bytes[21] == 1
            && get_be32(frames[i].bytes + 28) != 0) {
            uint8_t frame[64];
            const uint8_t *asked = frames[i].bytes + 14;
            uint8_t *end = put_arp(put_ethernet(frame, our_mac, peer_mac, 0x0806), 2, peer_mac,
                                   get_be32(asked + 24), our_mac, get_be32(asked + 14));
            receive(netif, frame, (size_t) (end - frame));
        }
    }
}

static void send_ip(uint32_t src, uint8_t protocol, const uint8_t *data, size_t len, size_t piece,
                    uint16_t fragment) {
    uint8_t frame[PAYLOAD + 100];
    uint8_t *ip = put_ethernet(frame, our_mac, peer_mac, 0x0800);
    uint8_t *payload = put_ipv4(ip, src, OUR_IP, protocol, len, 7, fragment);
    memcpy(payload, data, len);
    receive_pieces(netif, frame, 34 + len, piece);
}

static void do_udp(struct input *input) {
    uint8_t data[PAYLOAD], frame[PAYLOAD + 100];
    uint16_t port = (uint16_t) (100 + take(input) % 8);
    bool broadcast = take(input) % 8 == 0;
    size_t len = take_bytes(input, data, sizeof(data));
    receive(netif, frame,
            make_udp(frame, PEER_IP, 2000, broadcast ? 0xffffffff : OUR_IP, port, data, len));
}

static void do_icmp(struct input *input) {
    uint8_t data[PAYLOAD], frame[PAYLOAD + 100];
    uint8_t type = (uint8_t) take(input), code = (uint8_t) take(input);
    uint32_t rest = take(input) << 8;
    rest |= take(input) | rest << 16;
    size_t len = take_bytes(input, data, sizeof(data));
    if ((type == 3 || type == 11) && len < 64 && question.len >= 34 + 8) {
        // About something that we did send.
        memcpy(data, question.bytes + 14, 28);
        len = MAX(len, 28);
    }
    receive(netif, frame, make_icmp(frame, GATEWAY_IP, OUR_IP, type, code, rest, data, len));
}

/// Puts an option of DHCP with a number, if the input wants it. Returns its end.
static size_t put_dhcp_option(uint8_t *data, size_t at, bool wanted, uint8_t code, uint32_t value) {
    if (!wanted) {
        return at;
    }
    data[at] = code;
    data[at + 1] = 4;
    be32(data + at + 2, value);
    return at + 6;
}

/// What a server says of the address that it gives: mostly all that is needed.
static size_t put_dhcp(struct input *input, uint8_t *data, const uint8_t *asked) {
    size_t at = 243;
    memcpy(data, asked, 240);
    data[0] = 2;
    be32(data + 16, OUR_IP);
    data[240] = 53;
    data[241] = 1;
    data[242] = (uint8_t) (take(input) % 9);
    unsigned without = take(input);
    uint32_t lease_s = take(input) * 16;
    at = put_dhcp_option(data, at, !(without & 1), 54, GATEWAY_IP);
    at = put_dhcp_option(data, at, !(without & 2), 51, (lease_s == 0) ? UINT32_MAX : lease_s);
    at = put_dhcp_option(data, at, !(without & 4), 1, 0xffffff00);
    return put_dhcp_option(data, at, !(without & 8), 3, GATEWAY_IP);
}

/// The question, and an address in answer to it if the input wants one.
static size_t put_dns(struct input *input, uint8_t *data, const uint8_t *asked, size_t asked_len) {
    static const uint8_t to_question[2] = {0xc0, 12};
    size_t at = 12;
    while (at < asked_len && asked[at] != 0) {
        at++;
    }
    at = MIN(at + 5, asked_len);
    memcpy(data, asked, at);
    memset(data + 10, 0, 2);
    unsigned how = take(input);
    data[2] = (uint8_t) (0x81 | (how & 2));
    data[3] = (uint8_t) take(input);
    data[7] = (uint8_t) take(input);
    data[9] = (uint8_t) take(input);
    if (how & 4) {
        size_t addr_len = (data[at - 3] == 1) ? 4 : 16;
        memcpy(data + at, to_question, sizeof(to_question));
        memcpy(data + at + 2, data + at - 4, 4);
        be32(data + at + 6, take(input));
        be16(data + at + 10, (unsigned) addr_len);
        at += 12 + addr_len;
    }
    return at;
}

/// An answer to the last question, whose number and the like it repeats: DHCP, DNS or NTP.
static void do_answer(struct input *input) {
    uint8_t data[PAYLOAD] = {0}, frame[PAYLOAD + 100];
    const uint8_t *asked = question.bytes + 42;
    if (question.len < 42 + 12) {
        return;
    }
    uint16_t client = (uint16_t) get_be16(question.bytes + 34);
    uint16_t server = (uint16_t) get_be16(question.bytes + 36);
    uint32_t from = get_be32(question.bytes + 30);
    size_t asked_len = question.len - 42, at = 0;
    if (server == 67) {
        at = put_dhcp(input, data, asked);
    } else if (server == 53) {
        at = put_dns(input, data, asked, asked_len);
    } else if (server == 123 && asked_len == 48) {
        memcpy(data + 24, asked + 40, 8);
        data[0] = 0x24;
        data[1] = (uint8_t) take(input);
        at = 40;
    }
    size_t len = at + take_bytes(input, data + at, sizeof(data) - at);
    receive(netif, frame,
            make_udp(frame, (from == 0xffffffff) ? GATEWAY_IP : from, server,
                     (server == 67) ? 0xffffffff : OUR_IP, client, data, len));
}

/// More of what the other side of the connection says, up to the end: of an answer over TCP.
static void do_stream(struct input *input) {
    unsigned how = take(input);
    fake_tcp.connected = true;
    fake_tcp.ended = how & 1;
    fake_tcp.error = (how & 2) ? ERR_RESET : OK;
    fake_tcp.piece = 1 + how / 4;
    fake_tcp.input_len = fake_tcp.input_read = 0;
    if ((how & 4) && fake_tcp.output_len > 14) {
        // An answer to what was asked, which can be longer than it says.
        memcpy(fake_tcp.input, fake_tcp.output, fake_tcp.output_len);
        fake_tcp.input[0] = (uint8_t) (take(input) % 8);
        fake_tcp.input[1] = (uint8_t) take(input);
        fake_tcp.input[4] = 0x81;
        fake_tcp.input[9] = (uint8_t) take(input);
        fake_tcp.input_len = fake_tcp.output_len;
    }
    fake_tcp.input_len += take_bytes(input, fake_tcp.input + fake_tcp.input_len, PAYLOAD);
}

static void do_arp(struct input *input) {
    uint8_t frame[64], mac[6];
    uint16_t op = (uint16_t) (take(input) % 4);
    memcpy(mac, peer_mac, sizeof(mac));
    mac[5] = (uint8_t) take(input);
    uint32_t sender = OUR_IP + take(input) % 4, target = OUR_IP + take(input) % 4;
    uint8_t *end = put_arp(put_ethernet(frame, take(input) % 2 ? everybody : our_mac, mac, 0x0806),
                           op, mac, sender, our_mac, target);
    receive(netif, frame, (size_t) (end - frame));
}

/// A router's advertisement with one of eight prefixes, up to the first option that the input has itself.
static size_t put_router(struct input *input, uint8_t *message) {
    static const uint8_t prefix[4] = {0x20, 1, 0x0d, 0xb8};
    be16(message + 6, take(input) * 8);
    message[16] = 3;
    message[17] = 4;
    message[18] = 64;
    message[19] = (uint8_t) take(input);
    be32(message + 20, take(input) * 32);
    be32(message + 24, take(input) * 8);
    memcpy(message + 32, prefix, sizeof(prefix));
    message[36] = (uint8_t) (take(input) % 8);
    return 48;
}

/// A packet to our link-local address or all nodes, whose checksum is right if its protocol is known.
static void do_ipv6(struct input *input) {
    static const uint8_t peer[16] = {0xfe, 0x80, [15] = 9};
    static const uint8_t ours[16] = {0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 1};
    static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1};
    static const uint8_t all_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
    uint8_t frame[PAYLOAD + 100] = {0};
    unsigned how = take(input);
    bool group = how & 1;
    uint8_t *ip = put_ethernet(frame, group ? all_mac : our_mac, peer_mac, 0x86dd);
    uint8_t *payload = ip + 40;
    ip[0] = 0x60;
    ip[6] = (how & 2) ? 58 : (uint8_t) take(input);
    ip[7] = (how & 0x40) ? 1 : 255;
    memcpy(ip + 8, peer, 16);
    if (how & 4) {
        memset(ip + 8, 0, 16);
    }
    memcpy(ip + 24, group ? all_nodes : ours, 16);
    if (how & 8) {
        payload[0] = (how & 0x40) ? 130 : (uint8_t) (133 + take(input) % 4);
    }
    size_t skip = (how & 8) ? 4 : 0;
    if (payload[0] == 134 && take(input) % 2) {
        skip = put_router(input, payload);
    }
    size_t len = skip + take_bytes(input, payload + skip, PAYLOAD - skip);
    be16(ip + 4, (unsigned) len);
    size_t sum_at = (ip[6] == 17) ? 6 : 2;
    if ((ip[6] == 58 || ip[6] == 17) && len >= sum_at + 2) {
        uint32_t pseudo = (uint32_t) len + ip[6];
        for (size_t i = 8; i < 40; i += 2) {
            pseudo += get_be16(ip + i);
        }
        be16(payload + sum_at, 0);
        be16(payload + sum_at, sum_of(pseudo, payload, len));
    }
    receive_pieces(netif, frame, 54 + len, how & 0x30);
}

static void resolved(void *user, error_t err, const struct ip_addr *addrs, unsigned num_addrs) {
    (void) user;
    if ((IS_OK(err) && num_addrs == 0) || (num_addrs > 0 && addrs == NULL)) {
        abort();
    }
}

static void do_resolve(struct input *input) {
    char name[] = "a.example";
    name[0] = (char) ('a' + take(input) % 4);
    lookup = dns_resolve(name, resolved, NULL);
}

static void do_socket(struct input *input) {
    struct udp **udp = &sockets[take(input) % SOCKETS];
    uint16_t port = (uint16_t) (100 + take(input) % 8);
    static const struct ip_addr any;
    if (*udp != NULL) {
        udp_close(*udp);
        *udp = NULL;
        return;
    }
    *udp = udp_open(take(input) % 4 == 0 ? UDP_ECHO : UDP_SOCKET, NULL, NULL);
    (void) !udp_bind(*udp, &any, &port);
}

static void do_send(struct input *input) {
    static uint8_t data[4000];
    struct udp *udp = sockets[take(input) % SOCKETS];
    struct ip_addr dst = ip_addr_from_v4(take(input) % 2 ? PEER_IP : FAR_IP);
    if (udp == NULL) {
        return;
    }
    if (take(input) % 2) {
        (void) !udp_connect(udp, &dst, 9);
    }
    (void) !udp_send(udp, &dst, 9, data, take(input) * 15);
    struct ip_addr src;
    uint16_t port;
    buf_free(udp_receive(udp, &src, &port));
}

static void do_link(struct input *input) {
    struct ip_addr addr = ip_addr_from_v4(OUR_IP), gateway = ip_addr_from_v4(GATEWAY_IP);
    switch (take(input) % 4) {
    case 0:
        netif_set_link(netif, false, 0);
        netif_set_link(netif, true, 100);
        break;
    case 1:
        netif_detach(netif);
        netif = frames_add_netif("eth", our_mac, take(input) % 2);
        netif_set_link(netif, true, 100);
        break;
    case 2:
        (void) !netif_configure(netif, &addr, take(input) % 40, &gateway);
        break;
    default:
        frames_blocked = !frames_blocked;
        if (!frames_blocked) {
            netif_writable(netif);
        }
        break;
    }
}

static void do_user(struct input *input) {
    switch (take(input) % 5) {
    case 0:
        do_resolve(input);
        break;
    case 1:
        do_socket(input);
        break;
    case 2:
        do_send(input);
        break;
    case 3:
        do_link(input);
        break;
    default:
        dns_cancel(lookup);
        break;
    }
}

static void do_op(struct input *input) {
    uint8_t data[PAYLOAD];
    size_t piece = 0;
    uint16_t fragment;
    uint8_t protocol;
    unsigned op = take(input) % NUM_OPS;
    switch (op) {
    case OP_FRAME:
        piece = take(input) % 64;
        receive_pieces(netif, data, take_bytes(input, data, sizeof(data)), piece);
        break;
    case OP_FRAGMENT:
    case OP_IP:
        fragment = (op == OP_FRAGMENT) ? (uint16_t) (take(input) | (take(input) & 0x21) << 8) : 0;
        protocol = (uint8_t) take(input);
        piece = take(input) % 64;
        send_ip(PEER_IP, protocol, data, take_bytes(input, data, sizeof(data)), piece, fragment);
        break;
    case OP_UDP:
        do_udp(input);
        break;
    case OP_ICMP:
        do_icmp(input);
        break;
    case OP_ANSWER:
        do_answer(input);
        break;
    case OP_STREAM:
        do_stream(input);
        break;
    case OP_ARP:
        do_arp(input);
        break;
    case OP_IPV6:
        do_ipv6(input);
        break;
    case OP_TIME:
        world_pass((uint64_t) take(input) * take(input) * 4);
        break;
    default:
        do_user(input);
        break;
    }
}

static void begin(struct input *input) {
    netif = frames_start_bare(take(input) % 2);
    fake_tcp_reset();
    struct ip_addr server = ip_addr_from_v4(SERVER_IP), addr = ip_addr_from_v4(OUR_IP);
    struct inet_settings settings = {.dhcp = take(input) % 2,
                                     .ipv6 = take(input) % 2,
                                     .name_servers = &server,
                                     .num_name_servers = 1,
                                     .time_servers = &server,
                                     .num_time_servers = 1};
    inet_set(&settings);
    question.len = 0;
    if (!settings.dhcp && IS_ERROR(netif_configure(netif, &addr, 24, &server))) {
        abort();
    }
    netif_set_link(netif, true, 100);
}

/// All that was begun comes to an end, and every buffer back.
static void end(void) {
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (sockets[i] != NULL) {
            udp_close(sockets[i]);
            sockets[i] = NULL;
        }
    }
    struct inet_settings none = {.dhcp = false};
    inet_set(&none);
    netif_set_link(netif, false, 0);
    for (unsigned passed = 0; passed < SETTLE_MS; passed += 10000) {
        frames_clear();
        world_pass(10000);
    }
    if (buf_num_free() != WORLD_BUFFERS) {
        fprintf(stderr, "%u buffers are lost\n", WORLD_BUFFERS - buf_num_free());
        abort();
    }
}

void drive(const uint8_t *data, size_t len) {
    struct input input = {data, len};
    begin(&input);
    while (input.len > 0) {
        do_op(&input);
        bool blocked = frames_blocked;
        answer_arps();
        // What has waited for an answer is a question, too.
        remember_question();
        frames_clear();
        frames_blocked = blocked;
    }
    end();
}
