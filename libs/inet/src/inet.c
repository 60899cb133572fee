#include <inet/env.h>
#include <inet/tcp.h>
#include <inet/timer.h>

#include "counters.h"
#include "dhcp.h"
#include "dns.h"
#include "hash.h"
#include "ip.h"
#include "nd.h"
#include "neighbour.h"
#include "ntp.h"
#include "reassembly.h"
#include "route.h"
#include "udp.h"

uint64_t inet_counters[NUM_COUNTERS];

static const char *const names[NUM_COUNTERS] = {
    [ETHERNET_SHORT] = "ethernet.short",
    [ETHERNET_OTHERS] = "ethernet.others",
    [ETHERNET_UNKNOWN_TYPE] = "ethernet.unknown_type",
    [ARP_BAD] = "arp.bad",
    [ARP_UNASKED] = "arp.unasked",
    [ARP_CONFLICTS] = "arp.conflicts",
    [NEIGHBOUR_FAILED] = "neighbour.failed",
    [NEIGHBOUR_QUEUE_FULL] = "neighbour.queue_full",
    [IP_BAD_HEADER] = "ip.bad_header",
    [IP_BAD_CHECKSUM] = "ip.bad_checksum",
    [IP_BAD_ADDRESS] = "ip.bad_address",
    [IP_NOT_OURS] = "ip.not_ours",
    [IP_SOURCE_ROUTED] = "ip.source_routed",
    [IP_UNKNOWN_PROTOCOL] = "ip.unknown_protocol",
    [IP_FRAGMENTS] = "ip.fragments",
    [IP_REASSEMBLED] = "ip.reassembled",
    [IP_REASSEMBLY_FAILED] = "ip.reassembly_failed",
    [IP_FRAGMENTS_SENT] = "ip.fragments_sent",
    [ICMP_BAD] = "icmp.bad",
    [ICMP_ECHOES] = "icmp.echoes",
    [ICMP_ERRORS_IN] = "icmp.errors_in",
    [ICMP_ERRORS_OUT] = "icmp.errors_out",
    [ICMP_ERRORS_LIMITED] = "icmp.errors_limited",
    [UDP_BAD] = "udp.bad",
    [UDP_RECEIVED] = "udp.received",
    [UDP_NO_PORT] = "udp.no_port",
    [UDP_QUEUE_FULL] = "udp.queue_full",
    [UDP_SENT] = "udp.sent",
    [DHCP_BAD] = "dhcp.bad",
    [DHCP_LEASES] = "dhcp.leases",
    [DNS_QUERIES] = "dns.queries",
    [DNS_BAD] = "dns.bad",
    [DNS_FROM_CACHE] = "dns.from_cache",
    [DNS_OVER_TCP] = "dns.over_tcp",
    [NTP_BAD] = "ntp.bad",
    [NTP_ANSWERS] = "ntp.answers",
    [ND_BAD] = "nd.bad",
};

error_t inet_init(void) {
    inet_timers_init();
    inet_hash_init();
    routes_init();
    icmp_init();
    dhcp_set(true, NULL);
    nd_set(false);
    error_t err = neighbours_init();
    err = IS_OK(err) ? udp_init() : err;
    err = IS_OK(err) ? tcp_init() : err;
    return IS_OK(err) ? loopback_init() : err;
}

void inet_set(const struct inet_settings *settings) {
    dhcp_set(settings->dhcp, settings->hostname);
    nd_set(settings->ipv6);
    dns_set_servers(NULL, settings->name_servers, settings->num_name_servers);
    ntp_set_servers(NULL, settings->time_servers, settings->num_time_servers);
}

void inet_tick(void) {
    inet_timers_run();
    tcp_tick();
    loopback_run();
}

const char *inet_counter(unsigned index, uint64_t *value) {
    if (index >= NUM_COUNTERS) {
        return tcp_counter(index - NUM_COUNTERS, value);
    }
    *value = inet_counters[index];
    return names[index];
}
