#ifndef __INET_DNS_MESSAGE_H__
#define __INET_DNS_MESSAGE_H__

/// \file
/// DNS messages: RFC 1035, 4. Names are text without a dot at the end, in lower case unless said otherwise.

#include <inet/addr.h>

#include "dns.h"

/// Bytes of a name as text, NUL included.
#define DNS_NAME_LEN 254
/// Bytes of a query: header, the longest name, type and class, EDNS.
#define DNS_QUERY_MAX 284
/// Bytes of an answer that are taken in a datagram. Servers are told so (RFC 6891, 6.2.5); that much goes through all
/// paths uncut.
#define DNS_DATAGRAM_MAX 1232
#define DNS_TYPE_A       1
#define DNS_TYPE_AAAA    28

/// Checks a name that a user gave, and writes it in lower case, without a dot at its end. False: no host can
/// be called that (RFC 1123, 2.1; underscores are let through).
bool dns_name_normalize(const char *name, char normal[DNS_NAME_LEN]);

/// Writes a query; returns its length. `name` has the letters' cases in which it is to be sent. `edns`: says how long
/// the answer may be, which old servers don't understand.
size_t dns_write_query(uint8_t message[DNS_QUERY_MAX], uint16_t id, const char *name, uint16_t type,
                       bool edns);

enum dns_result {
    DNS_NOT_OURS,   ///< No answer to that question.
    DNS_ANSWER,     ///< There are addresses.
    DNS_NOTHING,    ///< There is no such host, or it has no address of this type.
    DNS_GO_ON,      ///< It has another name, which must be asked for: `name`.
    DNS_BAD_SERVER  ///< The server can't say.
};

struct dns_answer {
    bool cut;      ///< There is more, over TCP.
    uint32_t ttl;  ///< Seconds the answer may be kept.
    unsigned num_addrs;
    struct ip_addr addrs[DNS_ADDRS_MAX];
    char name[DNS_NAME_LEN];
};

/// Reads the answer to a query, whose question must be repeated, with the same letters.
enum dns_result dns_parse(const uint8_t *message, size_t len, uint16_t id, const char *name,
                          uint16_t type, struct dns_answer *answer);

#endif
