#ifndef __INET_COUNTERS_H__
#define __INET_COUNTERS_H__

/// \file
/// Counters with names, for netinfo.counter: what happened, and why packets were dropped.

#include <types.h>

enum counter {
    ETHERNET_SHORT,
    ETHERNET_OTHERS,
    ETHERNET_UNKNOWN_TYPE,
    ARP_BAD,
    ARP_UNASKED,
    ARP_CONFLICTS,
    NEIGHBOUR_FAILED,
    NEIGHBOUR_QUEUE_FULL,
    IP_BAD_HEADER,
    IP_BAD_CHECKSUM,
    IP_BAD_ADDRESS,
    IP_NOT_OURS,
    IP_SOURCE_ROUTED,
    IP_UNKNOWN_PROTOCOL,
    IP_FRAGMENTS,
    IP_REASSEMBLED,
    IP_REASSEMBLY_FAILED,
    IP_FRAGMENTS_SENT,
    ICMP_BAD,
    ICMP_ECHOES,
    ICMP_ERRORS_IN,
    ICMP_ERRORS_OUT,
    ICMP_ERRORS_LIMITED,
    UDP_BAD,
    UDP_RECEIVED,
    UDP_NO_PORT,
    UDP_QUEUE_FULL,
    UDP_SENT,
    DHCP_BAD,
    DHCP_LEASES,
    DNS_QUERIES,
    DNS_BAD,
    DNS_FROM_CACHE,
    DNS_OVER_TCP,
    NTP_BAD,
    NTP_ANSWERS,
    ND_BAD,
    NUM_COUNTERS,
};

extern uint64_t inet_counters[NUM_COUNTERS];

static inline void inet_count(enum counter counter) {
    inet_counters[counter]++;
}

#endif
