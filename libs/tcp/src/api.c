// What the user does: <inet/tcp.h>.

#include <message.h>

#include "tcp_impl.h"

/// Whoever holds more than a part of the pool gets no more to send while others lack it.
static uint32_t send_room(const struct tcp *tcp) {
    uint32_t share = buf_num_free() * (NET_BUFFER_LEN / 4);
    uint32_t limit = MIN(tcp->send_limit, MAX(share, TCP_LIMIT_MIN));
    return limit - MIN(limit, tcp->send_bytes);
}

static bool may_write(const struct tcp *tcp) {
    return (tcp->state == TCP_ESTABLISHED || tcp->state == TCP_CLOSE_WAIT) && !tcp->fin_queued;
}

static bool has_ended(const struct tcp *tcp) {
    return tcp->state == TCP_CLOSED || tcp->state == TCP_TIME_WAIT;
}

static bool is_at_end(const struct tcp *tcp) {
    return tcp->fin_received || has_ended(tcp);
}

static bool is_writable(const struct tcp *tcp) {
    return may_write(tcp) && tcp->send_bytes <= tcp->send_limit / 2
           && send_room(tcp) >= TCP_LIMIT_MIN / 2;
}

/// Events that hold, but for those in `known`.
static ALWAYS_INLINE unsigned other_events(const struct tcp *tcp, unsigned known) {
    if (tcp->state == TCP_LISTEN) {
        return (tcp->num_waiting > 0) ? SOCKET_READABLE & ~known : 0;
    }
    unsigned events = (tcp->recv_bytes > 0) ? SOCKET_READABLE : 0;
    if (UNLIKELY(is_at_end(tcp))) {
        events |= SOCKET_READABLE | SOCKET_ENDED;
        events |= (tcp->state == TCP_CLOSED && IS_ERROR(tcp->error)) ? SOCKET_FAILED : 0;
    }
    if (!(known & SOCKET_WRITABLE) && is_writable(tcp)) {
        events |= SOCKET_WRITABLE;
    }
    return events & ~known;
}

unsigned tcp_events(const struct tcp *tcp) {
    return other_events(tcp, 0);
}

/// What was told is told again when it has ceased to hold in between, which the user makes it do: tcp_read,
/// tcp_write and tcp_accept see to that.
void tcp_tell(struct tcp *tcp) {
    if (!tcp->has_user) {
        return;
    }
    unsigned new = other_events(tcp, tcp->told);
    if (new != 0) {
        tcp->told |= (uint8_t) new;
        tcp_event(tcp->user, new);
    }
}

void tcp_set_user(struct tcp *tcp, void *user) {
    tcp->user = user;
    tcp->has_user = true;
    tcp->told = 0;
    tcp_tell(tcp);
}

/// Ends that a new connection may have, whoever had them before.
static error_t claim(struct tcp *tcp, uint16_t local_port) {
    struct tcp_node *node = &tcp->node;
    if (local_port == 0) {
        node->local_port = tcp_choose_port(&node->local, &node->remote, node->remote_port);
        return (node->local_port != 0) ? OK : ERR_IN_USE;
    }
    node->local_port = local_port;
    struct tcp_node *other = tcp_find(&node->local, local_port, &node->remote, node->remote_port);
    if (other == NULL) {
        return OK;
    }
    if (other->kind != TCP_KIND_TIME_WAIT
        || !tcp_time_wait_reusable((struct tcp_time_wait *) other)) {
        return ERR_IN_USE;
    }
    tcp_time_wait_free((struct tcp_time_wait *) other);
    return OK;
}

static error_t begin(struct tcp *tcp, const struct ip_addr *local, uint16_t local_port) {
    error_t err = ip_route(&tcp->node.remote, local, &tcp->route);
    if (err != OK) {
        return err;
    }
    tcp->node.local = tcp->route.src;
    err = claim(tcp, local_port);
    if (err != OK) {
        return err;
    }
    tcp->iss = tcp_choose_iss(&tcp->node);
    tcp->snd_una = tcp->iss;
    tcp->snd_nxt = tcp->iss;
    tcp->send_seq = tcp->iss + 1;
    tcp->ts_offset = tcp_timestamp_offset(&tcp->node);
    tcp->state = TCP_SYN_SENT;
    tcp_update_mss(tcp);
    tcp_hash_insert(&tcp->node);
    tcp_send_syn(tcp);
    return OK;
}

struct tcp *tcp_connect(const struct ip_addr *local, uint16_t local_port,
                        const struct ip_addr *remote, uint16_t remote_port, error_t *err) {
    tcp_now = inet_now();
    if (remote_port == 0 || ip_addr_is_any(remote)) {
        *err = ERR_UNREACHABLE;
        return NULL;
    }
    struct tcp *tcp = tcp_new();
    if (tcp == NULL) {
        *err = ERR_NO_MEMORY;
        return NULL;
    }
    tcp->node.remote = *remote;
    tcp->node.remote_port = remote_port;
    *err = begin(tcp, local, local_port);
    if (*err != OK) {
        tcp_free(tcp);
        return NULL;
    }
    tcp_count(TCP_COUNT_CONNECTS);
    return tcp;
}

/// A port that nobody listens on, at random.
static uint16_t choose_listening_port(const struct ip_addr *local) {
    static const struct ip_addr nobody;
    return tcp_choose_port(local, &nobody, 0);
}

struct tcp *tcp_listen(const struct ip_addr *local, uint16_t local_port, unsigned backlog,
                       error_t *err) {
    tcp_now = inet_now();
    if (local_port == 0) {
        local_port = choose_listening_port(local);
    }
    if (local_port == 0 || tcp_is_listening(local, local_port)) {
        *err = ERR_IN_USE;
        return NULL;
    }
    struct tcp *tcp = tcp_new();
    if (tcp == NULL) {
        *err = ERR_NO_MEMORY;
        return NULL;
    }
    tcp->node.local = *local;
    tcp->node.local_port = local_port;
    tcp->state = TCP_LISTEN;
    tcp->backlog = MAX(MIN(backlog, TCP_BACKLOG_MAX), 1u);
    list_remove(&tcp->in_all);
    list_push_back(&tcp_listeners, &tcp->in_all);
    *err = OK;
    return tcp;
}

struct tcp *tcp_accept(struct tcp *listener) {
    struct tcp *tcp = LIST_FRONT(&listener->waiting, struct tcp, in_waiting);
    if (tcp != NULL) {
        tcp_unqueue(tcp);
    }
    return tcp;
}

/// What read and write say when there is nothing to be done any more.
static error_t why_ended(const struct tcp *tcp) {
    return (tcp->state == TCP_CLOSED && IS_ERROR(tcp->error)) ? tcp->error : ERR_END;
}

/// Tells the peer of room, if it is worth it: its window is twice what it was, and more than a segment or two.
static void open_window(struct tcp *tcp) {
    if (LIKELY(tcp_receive_window(tcp) > tcp->receive_limit / 2)) {
        return;  // It can't double any more.
    }
    uint32_t gain = tcp_new_edge(tcp) - tcp->rcv_adv;
    if (gain >= 2 * tcp->rcv_mss && gain >= tcp_receive_window(tcp)) {
        tcp_send_ack(tcp);
    }
}

int64_t tcp_read(struct tcp *tcp, void *dst, size_t len) {
    if (tcp->recv_bytes == 0) {
        return is_at_end(tcp) ? why_ended(tcp) : 0;
    }
    tcp_now = inet_now();
    size_t done = tcp_queue_read(tcp, dst, len);
    if (tcp_is_synchronized(tcp) && !tcp->fin_received) {
        open_window(tcp);
    }
    if (tcp->recv_bytes == 0 && !is_at_end(tcp)) {
        tcp->told &= (uint8_t) ~SOCKET_READABLE;
    }
    return (int64_t) done;
}

/// The user waits for WRITABLE now. Acknowledgements make it hold, or, if others have all buffers, time does.
static void expect_room(struct tcp *tcp) {
    tcp->told &= (uint8_t) ~SOCKET_WRITABLE;
    if (tcp->send_bytes <= tcp->send_limit / 2) {
        tcp->tell_at = tcp_now + TCP_STARVED_MS;
        tcp_call_at(tcp->tell_at);
    }
}

int64_t tcp_write(struct tcp *tcp, const void *src, size_t len) {
    if (has_ended(tcp)) {
        return why_ended(tcp);
    }
    if (!may_write(tcp)) {
        return (tcp->state >= TCP_ESTABLISHED) ? ERR_END : ERR_INVALID_ARG;
    }
    tcp_now = inet_now();
    size_t done = tcp_queue_append(tcp, src, MIN(len, (size_t) send_room(tcp)));
    if (done > 0) {
        tcp_output(tcp);
    }
    if (UNLIKELY(done < len || tcp->send_bytes > tcp->send_limit / 2)) {
        expect_room(tcp);
    }
    return (int64_t) done;
}

size_t tcp_readable(const struct tcp *tcp) {
    return tcp->recv_bytes;
}

size_t tcp_writable(const struct tcp *tcp) {
    return may_write(tcp) ? send_room(tcp) : 0;
}

void tcp_shutdown_send(struct tcp *tcp) {
    tcp_now = inet_now();
    switch (tcp->state) {
    case TCP_ESTABLISHED:
        tcp->state = TCP_FIN_WAIT_1;
        break;
    case TCP_CLOSE_WAIT:
        tcp->state = TCP_LAST_ACK;
        break;
    case TCP_SYN_SENT:
    case TCP_SYN_RECEIVED:
        // Not ERR_ABORTED: to programs, that is the end of the whole server.
        tcp_end(tcp, ERR_END);
        return;
    default:
        return;
    }
    tcp->fin_queued = true;
    tcp_output(tcp);
}

void tcp_shutdown_receive(struct tcp *tcp) {
    tcp->discard = true;
    buf_free(tcp->recv_head);
    tcp->recv_head = NULL;
    tcp->recv_tail = NULL;
    tcp->recv_bytes = 0;
}

void tcp_abort(struct tcp *tcp) {
    tcp_now = inet_now();
    if (tcp->state == TCP_LISTEN) {
        tcp_listen_close(tcp);
        return;
    }
    if (tcp_is_synchronized(tcp) || tcp->state == TCP_SYN_RECEIVED) {
        tcp_send_reset(tcp);
    }
    tcp_make_orphan(tcp);
    tcp_end(tcp, ERR_ABORTED);
}

void tcp_close(struct tcp *tcp) {
    bool lost = tcp->recv_bytes > 0;
    bool unfinished = tcp_is_synchronized(tcp);
    if (tcp->state == TCP_LISTEN || lost || !unfinished || tcp_num_orphans >= TCP_ORPHANS_MAX) {
        tcp_abort(tcp);
        return;
    }
    tcp_make_orphan(tcp);
    tcp_now = inet_now();
    tcp_shutdown_send(tcp);
    tcp_set_idle_timer(tcp);
}
