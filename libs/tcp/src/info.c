// Options, and what netstat shows.

#include <message.h>

#include "tcp_impl.h"

/// Two hours is the least that may be the default (RFC 9293, 3.8.4); who asks for it, may ask for less.
#define KEEPALIVE_MAX_S (24u * 3600)

static error_t set_limit(uint32_t *limit, unsigned value) {
    if (value == 0) {
        return ERR_INVALID_ARG;
    }
    *limit = MAX(MIN(value, TCP_LIMIT_MAX), TCP_LIMIT_MIN);
    return OK;
}

static error_t set_keepalive(struct tcp *tcp, unsigned value) {
    if (value > KEEPALIVE_MAX_S) {
        return ERR_INVALID_ARG;
    }
    tcp->keepalive_s = value;
    tcp->keepalives = 0;
    tcp_now = inet_now();
    tcp_set_idle_timer(tcp);
    return OK;
}

static error_t set_nodelay(struct tcp *tcp, unsigned value) {
    if (value > 1) {
        return ERR_INVALID_ARG;
    }
    tcp->nodelay = value != 0;
    if (tcp->nodelay) {
        tcp_now = inet_now();
        tcp_output(tcp);
    }
    return OK;
}

error_t tcp_set_option(struct tcp *tcp, int option, unsigned value) {
    switch (option) {
    case SOCKET_OPTION_NODELAY:
        return set_nodelay(tcp, value);
    case SOCKET_OPTION_KEEPALIVE_S:
        return set_keepalive(tcp, value);
    case SOCKET_OPTION_SEND_BUFFER:
        return set_limit(&tcp->send_limit, value);
    case SOCKET_OPTION_RECEIVE_BUFFER:
        return set_limit(&tcp->receive_limit, value);
    case SOCKET_OPTION_TTL:
        if (value == 0 || value > 255) {
            return ERR_INVALID_ARG;
        }
        tcp->ttl = (uint8_t) value;
        return OK;
    default:
        return ERR_INVALID_ARG;
    }
}

error_t tcp_get_option(const struct tcp *tcp, int option, unsigned *value) {
    switch (option) {
    case SOCKET_OPTION_NODELAY:
        *value = tcp->nodelay;
        return OK;
    case SOCKET_OPTION_KEEPALIVE_S:
        *value = tcp->keepalive_s;
        return OK;
    case SOCKET_OPTION_SEND_BUFFER:
        *value = tcp->send_limit;
        return OK;
    case SOCKET_OPTION_RECEIVE_BUFFER:
        *value = tcp->receive_limit;
        return OK;
    case SOCKET_OPTION_TTL:
        *value = tcp->ttl;
        return OK;
    case SOCKET_OPTION_PATH_MTU:
        *value = tcp->route.mtu;
        return OK;
    default:
        return ERR_INVALID_ARG;
    }
}

error_t tcp_error_of(const struct tcp *tcp) {
    return (tcp->state == TCP_CLOSED) ? tcp->error : OK;
}

static void describe(const struct tcp_node *node, enum tcp_state state, struct tcp_info *info) {
    *info = (struct tcp_info){
        .state = state,
        .local = node->local,
        .remote = node->remote,
        .local_port = node->local_port,
        .remote_port = node->remote_port,
    };
}

void tcp_info_of(const struct tcp *tcp, struct tcp_info *info) {
    describe(&tcp->node, tcp->state, info);
    info->receive_queue = (tcp->state == TCP_LISTEN) ? tcp->num_waiting : tcp->recv_bytes;
    info->send_queue = (tcp->state == TCP_LISTEN) ? tcp->backlog : tcp->send_bytes;
    info->user = tcp->user;
}

/// The element number `*index`, or NULL, and `*index` less by as many as there are.
static list_elem_t *element(list_t *list, unsigned *index) {
    for (list_elem_t *elem = list->next; elem != list; elem = elem->next) {
        if (*index == 0) {
            return elem;
        }
        (*index)--;
    }
    return NULL;
}

bool tcp_info(unsigned index, struct tcp_info *info) {
    list_elem_t *elem = element(&tcp_listeners, &index);
    if (elem == NULL) {
        elem = element(&tcp_all, &index);
    }
    if (elem != NULL) {
        tcp_info_of(LIST_CONTAINER(elem, struct tcp, in_all), info);
        return true;
    }
    elem = element(&tcp_half_opens, &index);
    if (elem != NULL) {
        describe(&LIST_CONTAINER(elem, struct tcp_half_open, in_all)->node, TCP_SYN_RECEIVED, info);
        return true;
    }
    elem = element(&tcp_time_waits, &index);
    if (elem != NULL) {
        describe(&LIST_CONTAINER(elem, struct tcp_time_wait, in_all)->node, TCP_TIME_WAIT, info);
        return true;
    }
    return false;
}

const char *tcp_counter(unsigned index, uint64_t *value) {
    static const char *const names[TCP_NUM_COUNTERS] = {
        [TCP_COUNT_IN] = "tcp.in",
        [TCP_COUNT_OUT] = "tcp.out",
        [TCP_COUNT_BAD_CHECKSUM] = "tcp.bad_checksum",
        [TCP_COUNT_BAD_HEADER] = "tcp.bad_header",
        [TCP_COUNT_CONNECTS] = "tcp.connects",
        [TCP_COUNT_ACCEPTS] = "tcp.accepts",
        [TCP_COUNT_RESETS_IN] = "tcp.resets_in",
        [TCP_COUNT_RESETS_OUT] = "tcp.resets_out",
        [TCP_COUNT_RETRANSMITS] = "tcp.retransmits",
        [TCP_COUNT_TIMEOUTS] = "tcp.timeouts",
        [TCP_COUNT_RECOVERIES] = "tcp.recoveries",
        [TCP_COUNT_UNDONE] = "tcp.undone",
        [TCP_COUNT_OUT_OF_ORDER] = "tcp.out_of_order",
        [TCP_COUNT_DUPLICATES] = "tcp.duplicate_acks",
        [TCP_COUNT_NO_MEMORY] = "tcp.no_memory",
        [TCP_COUNT_PAWS] = "tcp.paws",
        [TCP_COUNT_CHALLENGES] = "tcp.challenges",
        [TCP_COUNT_PROBES] = "tcp.probes",
        [TCP_COUNT_SYN_DROPPED] = "tcp.syn_dropped",
        [TCP_COUNT_COOKIES_SENT] = "tcp.cookies_sent",
        [TCP_COUNT_COOKIES_TAKEN] = "tcp.cookies_taken",
        [TCP_COUNT_BLACK_HOLES] = "tcp.black_holes",
    };
    if (index >= TCP_NUM_COUNTERS) {
        return NULL;
    }
    *value = tcp_counters[index];
    return names[index];
}
