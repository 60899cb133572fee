#include "dns.h"

#include <inet/bytes.h>
#include <inet/env.h>
#include <inet/info.h>
#include <inet/timer.h>
#include <inet/udp.h>
#include <list.h>
#include <resea/malloc.h>

#include "addr.h"
#include "counters.h"
#include "dns_cache.h"
#include "dns_message.h"
#include "dns_stream.h"
#include "netif.h"
#include "servers.h"

#define DNS_PORT 53
/// Names that are being asked for at a time, and users who wait for one.
#define LOOKUPS_MAX 16
#define WAITERS_MAX 64
/// All servers are asked in turn, so often, and each time there is more patience.
#define ROUNDS        3
#define FIRST_WAIT_MS 1000
/// Names that one name leads to over several answers.
#define HOPS_MAX 8

struct waiter {
    list_elem_t next;
    unsigned number;
    void (*done)(void *user, error_t err, const struct ip_addr *addrs, unsigned num_addrs);
    void *user;
};

/// One type of address of a name.
struct question {
    struct lookup *lookup;
    uint16_t type;
    uint16_t id;
    struct ip_addr server;  ///< Who was asked last.
    struct udp *udp;  ///< Its port is a secret, too, and new for each message. NULL: not under way.
    struct dns_stream *stream;  ///< In its place, after an answer that was cut off.
    struct dns_answer cut;      ///< That answer.
    bool answered;
    unsigned tries;
    unsigned hops;
    struct inet_timer timer;
    char name[DNS_NAME_LEN];  ///< What is asked for now.
    char sent[DNS_NAME_LEN];  ///< The same as it was sent, with random cases.
};

/// A name, asked for once, whoever waits for it: RFC 5452, 5.
struct lookup {
    list_elem_t next;
    list_t waiters;
    char name[DNS_NAME_LEN];
    unsigned num_questions;
    struct question questions[2];
    bool believed;  ///< Some server has said what there is.
    uint32_t ttl;
    unsigned num_addrs;
    struct ip_addr addrs[DNS_ADDRS_MAX];
};

static struct server server_entries[DNS_SERVERS_MAX];
static struct server_list servers = {.max = DNS_SERVERS_MAX, .entries = server_entries};
static list_t lookups = {&lookups, &lookups};
static unsigned num_lookups, num_waiters, last_number;

static void ask(struct question *question);

static void stop(struct question *question) {
    inet_timer_stop(&question->timer);
    if (question->udp != NULL) {
        udp_close(question->udp);
        question->udp = NULL;
    }
    if (question->stream != NULL) {
        dns_stream_close(question->stream);
        question->stream = NULL;
    }
}

static void release(struct lookup *lookup) {
    for (unsigned i = 0; i < lookup->num_questions; i++) {
        stop(&lookup->questions[i]);
    }
    list_remove(&lookup->next);
    num_lookups--;
    free(lookup);
}

/// Tells all who wait. They may ask for the next name.
static void finish(struct lookup *lookup, error_t err) {
    struct waiter *waiter;
    struct ip_addr addrs[DNS_ADDRS_MAX];
    unsigned num_addrs = IS_OK(err) ? lookup->num_addrs : 0;
    memcpy(addrs, lookup->addrs, num_addrs * sizeof(addrs[0]));
    list_t waiters;
    list_init(&waiters);
    while ((waiter = LIST_POP_FRONT(&lookup->waiters, struct waiter, next)) != NULL) {
        list_push_back(&waiters, &waiter->next);
    }
    release(lookup);
    while ((waiter = LIST_POP_FRONT(&waiters, struct waiter, next)) != NULL) {
        num_waiters--;
        waiter->done(waiter->user, err, addrs, num_addrs);
        free(waiter);
    }
}

/// A question has its answer, or never will have. The name is done if all its questions are.
static void settle(struct question *question) {
    struct lookup *lookup = question->lookup;
    stop(question);
    question->answered = true;
    for (unsigned i = 0; i < lookup->num_questions; i++) {
        if (!lookup->questions[i].answered) {
            return;
        }
    }
    if (!lookup->believed) {
        finish(lookup, ERR_TIMED_OUT);
        return;
    }
    dns_cache_add(lookup->name, lookup->addrs, lookup->num_addrs, lookup->ttl);
    finish(lookup, (lookup->num_addrs > 0) ? OK : ERR_NOT_FOUND);
}

static void take(struct question *question, const struct dns_answer *answer) {
    struct lookup *lookup = question->lookup;
    for (unsigned i = 0; i < answer->num_addrs && lookup->num_addrs < DNS_ADDRS_MAX; i++) {
        lookup->addrs[lookup->num_addrs++] = answer->addrs[i];
    }
    lookup->ttl = MIN(lookup->ttl, answer->ttl);
    lookup->believed = true;
    settle(question);
}

static void go_on(struct question *question, const struct dns_answer *answer) {
    if (++question->hops > HOPS_MAX) {
        settle(question);
        return;
    }
    question->lookup->ttl = MIN(question->lookup->ttl, answer->ttl);
    memcpy(question->name, answer->name, sizeof(question->name));
    question->tries = 0;
    ask(question);
}

/// The next try, when the callers of this question's socket are through with it.
static void try_next(struct question *question) {
    inet_timer_start(&question->timer, inet_now());
}

/// What comes over TCP: all of it, or nothing. Then what was whole in the answer that was cut off is good, too.
static void receive_all(void *user, const uint8_t *message, size_t len) {
    struct question *question = user;
    struct dns_answer answer;
    question->stream = NULL;
    enum dns_result result =
        dns_parse(message, len, question->id, question->sent, question->type, &answer);
    if (result == DNS_ANSWER || result == DNS_NOTHING) {
        take(question, &answer);
    } else if (result == DNS_GO_ON) {
        go_on(question, &answer);
    } else if (question->cut.num_addrs > 0) {
        take(question, &question->cut);
    } else {
        try_next(question);
    }
}

/// Asks again over TCP what the answer was cut off to. False: that isn't needed, or can't be.
static bool ask_for_rest(struct question *question, const struct dns_answer *answer) {
    uint8_t query[DNS_QUERY_MAX];
    if (!answer->cut || answer->num_addrs == DNS_ADDRS_MAX) {
        return false;
    }
    struct ip_addr server = question->server;
    size_t len = dns_write_query(query, question->id, question->sent, question->type, false);
    stop(question);
    question->cut = *answer;
    question->stream = dns_stream_open(&server, query, len, receive_all, question);
    inet_count(DNS_OVER_TCP);
    return question->stream != NULL;
}

static void receive(void *user, const struct ip_addr *src __unused, uint16_t port __unused,
                    struct buf *packet) {
    struct question *question = user;
    uint8_t message[DNS_DATAGRAM_MAX];
    struct dns_answer answer;
    size_t len = MIN(packet->total, sizeof(message));
    buf_copy_out(packet, 0, message, len);
    buf_free(packet);
    enum dns_result result =
        dns_parse(message, len, question->id, question->sent, question->type, &answer);
    if (result != DNS_NOT_OURS && result != DNS_BAD_SERVER && ask_for_rest(question, &answer)) {
        return;
    }
    switch (result) {
    case DNS_NOT_OURS:
        inet_count(DNS_BAD);
        break;
    case DNS_ANSWER:
        take(question, &answer);
        break;
    case DNS_NOTHING:
        // What was cut off, and can't be asked for, may be anything.
        if (answer.cut) {
            try_next(question);
        } else {
            take(question, &answer);
        }
        break;
    case DNS_GO_ON:
        go_on(question, &answer);
        break;
    case DNS_BAD_SERVER:
        try_next(question);
        break;
    }
}

/// Upper and lower case at random, which servers repeat: one who guesses answers has more to guess
/// (draft-vixie-dnsext-dns0x20). Not in the last round, for a server that doesn't.
static void mix_cases(struct question *question) {
    bool plain = question->tries >= servers.count * (ROUNDS - 1);
    uint32_t bits = 0;
    for (size_t i = 0; i < sizeof(question->sent); i++) {
        bits = (i % 32 == 0) ? inet_random() : bits >> 1;
        char ch = question->name[i];
        bool flip = !plain && ch >= 'a' && ch <= 'z' && (bits & 1);
        question->sent[i] = flip ? (char) (ch & ~0x20) : ch;
        if (ch == '\0') {
            return;
        }
    }
}

/// With EDNS in the first round only: what doesn't let that through, or doesn't understand it, is silent, or refuses.
static void send(struct question *question, const struct ip_addr *server) {
    uint8_t message[DNS_QUERY_MAX];
    bool edns = question->tries < servers.count;
    question->server = *server;
    question->udp = udp_open(UDP_SOCKET, receive, question);
    if (question->udp == NULL || IS_ERROR(udp_connect(question->udp, server, DNS_PORT))) {
        return;
    }
    question->id = (uint16_t) inet_random();
    mix_cases(question);
    size_t len = dns_write_query(message, question->id, question->sent, question->type, edns);
    inet_count(DNS_QUERIES);
    (void) !udp_send(question->udp, NULL, 0, message, len);  // If it is lost, the next try follows.
}

static void ask(struct question *question) {
    stop(question);
    if (servers.count == 0 || question->tries >= servers.count * ROUNDS) {
        settle(question);
        return;
    }
    unsigned round = question->tries / servers.count;
    send(question, &servers.entries[question->tries % servers.count].addr);
    question->tries++;
    inet_timer_start(&question->timer, inet_now() + ((uint64_t) FIRST_WAIT_MS << round));
}

static void ask_next(struct inet_timer *timer) {
    ask(INET_TIMER_OWNER(timer, struct question, timer));
}

/// Whether there is an address from which hosts could be reached that have IPv6 only.
static bool has_ipv6(void) {
    for (unsigned i = 1; i < netif_count(); i++) {
        const struct netif *netif = netif_numbered(i);
        for (unsigned k = 0; k < netif->num_addrs; k++) {
            const struct netif_addr *entry = &netif->addrs[k];
            if (!ip_addr_is_v4(&entry->addr) && !ip_addr_is_link_local(&entry->addr)) {
                return true;
            }
        }
    }
    return false;
}

static void add_question(struct lookup *lookup, uint16_t type) {
    struct question *question = &lookup->questions[lookup->num_questions++];
    question->lookup = lookup;
    question->type = type;
    question->timer.fire = ask_next;
    memcpy(question->name, lookup->name, sizeof(question->name));
}

static struct lookup *find(const char *name) {
    LIST_FOR_EACH (lookup, &lookups, struct lookup, next) {
        if (strcmp(lookup->name, name) == 0) {
            return lookup;
        }
    }
    return NULL;
}

/// Begins to ask for a name; the first message goes out with the next inet_tick, when whoever asks has their
/// number.
static struct lookup *begin(const char *name) {
    struct lookup *lookup = (num_lookups < LOOKUPS_MAX) ? malloc(sizeof(*lookup)) : NULL;
    if (lookup == NULL) {
        return NULL;
    }
    memset(lookup, 0, sizeof(*lookup));
    memcpy(lookup->name, name, DNS_NAME_LEN);
    list_init(&lookup->waiters);
    lookup->ttl = UINT32_MAX;
    add_question(lookup, DNS_TYPE_A);
    if (has_ipv6()) {
        add_question(lookup, DNS_TYPE_AAAA);
    }
    for (unsigned i = 0; i < lookup->num_questions; i++) {
        inet_timer_start(&lookup->questions[i].timer, inet_now());
    }
    list_push_back(&lookups, &lookup->next);
    num_lookups++;
    return lookup;
}

/// Knows names without asking anybody: numbers, this machine (RFC 6761, 6.3), what was asked for lately.
static bool is_known(const char *hostname, const char *name, struct ip_addr *addrs,
                     unsigned *num_addrs) {
    if (IS_OK(ip_addr_parse(hostname, &addrs[0]))) {
        *num_addrs = 1;
        return true;
    }
    size_t len = strlen(name);
    if (strcmp(name, "localhost") == 0
        || (len > 10 && strcmp(name + len - 10, ".localhost") == 0)) {
        addrs[0] = ip_addr_from_v4(0x7f000001);
        *num_addrs = 1;
        return true;
    }
    if (dns_cache_find(name, addrs, num_addrs)) {
        inet_count(DNS_FROM_CACHE);
        return true;
    }
    return false;
}

static unsigned wait_for(struct lookup *lookup,
                         void (*done)(void *user, error_t err, const struct ip_addr *addrs,
                                      unsigned num_addrs),
                         void *user) {
    struct waiter *waiter = malloc(sizeof(*waiter));
    if (waiter == NULL) {
        return 0;
    }
    last_number = (last_number == UINT32_MAX) ? 1 : last_number + 1;
    *waiter = (struct waiter){.number = last_number, .done = done, .user = user};
    list_push_back(&lookup->waiters, &waiter->next);
    num_waiters++;
    return last_number;
}

unsigned dns_resolve(const char *hostname,
                     void (*done)(void *user, error_t err, const struct ip_addr *addrs,
                                  unsigned num_addrs),
                     void *user) {
    char name[DNS_NAME_LEN] = "";
    struct ip_addr addrs[DNS_ADDRS_MAX];
    unsigned num_addrs = 0;
    bool valid = dns_name_normalize(hostname, name);
    if (is_known(hostname, name, addrs, &num_addrs)) {
        done(user, (num_addrs > 0) ? OK : ERR_NOT_FOUND, addrs, num_addrs);
        return 0;
    }
    error_t err = valid ? ERR_UNAVAILABLE : ERR_NOT_FOUND;
    if (valid && servers.count > 0) {
        struct lookup *lookup = find(name);
        lookup = (lookup != NULL || num_waiters == WAITERS_MAX) ? lookup : begin(name);
        unsigned number =
            (lookup != NULL && num_waiters < WAITERS_MAX) ? wait_for(lookup, done, user) : 0;
        if (number != 0) {
            return number;
        }
        err = ERR_NO_MEMORY;
    }
    done(user, err, NULL, 0);
    return 0;
}

void dns_cancel(unsigned number) {
    LIST_FOR_EACH (lookup, &lookups, struct lookup, next) {
        LIST_FOR_EACH (waiter, &lookup->waiters, struct waiter, next) {
            if (waiter->number == number) {
                list_remove(&waiter->next);
                num_waiters--;
                free(waiter);
                // What was asked goes on without them: the answer is kept.
                return;
            }
        }
    }
}

void dns_set_servers(const void *origin, const struct ip_addr *addrs, unsigned num_addrs) {
    servers_set(&servers, origin, addrs, num_addrs);
}

bool inet_name_server_info(unsigned index, struct ip_addr *addr) {
    if (index >= servers.count) {
        return false;
    }
    *addr = servers.entries[index].addr;
    return true;
}

void dns_forget(void) {
    struct lookup *lookup;
    while ((lookup = LIST_FRONT(&lookups, struct lookup, next)) != NULL) {
        finish(lookup, ERR_ABORTED);
    }
    dns_cache_clear();
    servers.count = 0;
}
