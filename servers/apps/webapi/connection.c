#include "connection.h"

#include <resea/malloc.h>
#include <string.h>

#include "answer.h"
#include "clock.h"

/// Bytes that are received, and sent, at a time.
#define RECEIVE_MAX 8192
#define SEND_MAX    (2 * ANSWER_MAX)
/// How much one does before the others have their turn.
#define STEPS_PER_TURN 16
#define LINGER_STEPS   16

static list_t all = {&all, &all};
/// Those that wait for a request, the one that has waited for longest first.
static list_t idle = {&idle, &idle};
static list_t busy = {&busy, &busy};
static unsigned num_connections;
/// Clients wait, but there was no memory for them.
static struct socket *waiting_listener;

/// All answers are put together here before they are sent, so that those to a batch of requests go out together.
static char send_buffer[SEND_MAX] __aligned(PAGE_SIZE);
static char receive_buffer[RECEIVE_MAX];

// ---- Lists --------------------------------------------------------------------------------------

static void unlink_from(list_elem_t *elem) {
    if (list_is_linked(elem)) {
        list_remove(elem);
    }
}

static void set_deadline(struct connection *c, uint32_t seconds) {
    c->deadline = clock_now() + seconds;
}

static void set_busy(struct connection *c) {
    if (!list_is_linked(&c->in_busy)) {
        list_push_back(&busy, &c->in_busy);
    }
}

static void end(struct connection *c, void (*close)(struct socket *socket)) {
    answer_end(c);
    kept_free(&c->in);
    kept_free(&c->head);
    kept_free(&c->out);
    list_remove(&c->in_all);
    unlink_from(&c->in_idle);
    unlink_from(&c->in_busy);
    client_leave(c->client);
    close(&c->socket);
    free(c);
    num_connections--;
}

// ---- Steps: what a connection does, one thing at a time -----------------------------------------

/// What is next.
enum step {
    STEP_ON,      ///< Something else can be done at once.
    STEP_TURN,    ///< The same, but others come first.
    STEP_WAIT,    ///< For the socket.
    STEP_END,     ///< It can be closed.
    STEP_BROKEN,  ///< It can't go on: it is to be reset.
};

/// Sends, and keeps what isn't taken.
static enum step send_now(struct connection *c, const char *data, size_t len) {
    size_t done = 0;
    while (done < len) {
        size_t sent = 0;
        error_t err = socket_send(&c->socket, &data[done], len - done, 0, &sent);
        if (err == ERR_WOULD_BLOCK) {
            set_deadline(c, SEND_TIME_S);
            return IS_OK(kept_add(&c->out, &data[done], len - done)) ? STEP_WAIT : STEP_BROKEN;
        }
        if (IS_ERROR(err)) {
            return STEP_BROKEN;
        }
        done += MIN(sent, len - done);
    }
    return STEP_ON;
}

/// Sends what was kept.
static enum step send_kept(struct connection *c) {
    while (kept_len(&c->out) > 0) {
        size_t sent = 0, len = kept_len(&c->out);
        error_t err = socket_send(&c->socket, &c->out.data[c->out.begin], len, 0, &sent);
        if (IS_ERROR(err)) {
            return (err == ERR_WOULD_BLOCK) ? STEP_WAIT : STEP_BROKEN;
        }
        set_deadline(c, SEND_TIME_S);
        kept_take(&c->out, MIN(sent, len));
    }
    return STEP_ON;
}

static enum step send_content(struct connection *c) {
    struct text out = {.buf = send_buffer, .size = sizeof(send_buffer)};
    if (IS_ERROR(answer_more(c, &out))) {
        return STEP_BROKEN;
    }
    set_deadline(c, SEND_TIME_S);
    enum step step = send_now(c, out.buf, out.len);
    return (step == STEP_ON && c->content.kind != CONTENT_NONE) ? STEP_TURN : step;
}

/// Says that nothing more is said. If something may still come, it is waited for: if it came to a socket that is closed, the
/// client would be sent a reset, which may overtake the answer (RFC 9112, 9.6).
static enum step finish(struct connection *c) {
    if (!c->is_unread || c->is_ended) {
        return STEP_END;
    }
    if (IS_ERROR(socket_shutdown(&c->socket, SOCKET_HOW_SEND))) {
        return STEP_BROKEN;
    }
    c->phase = PHASE_LINGER;
    kept_free(&c->in);
    set_deadline(c, LINGER_TIME_S);
    return STEP_ON;
}

static enum step linger(struct connection *c) {
    size_t len;
    for (int i = 0; i < LINGER_STEPS; i++) {
        error_t err = socket_receive(&c->socket, receive_buffer, sizeof(receive_buffer), 0, &len);
        if (IS_ERROR(err)) {
            return (err == ERR_WOULD_BLOCK) ? STEP_WAIT : STEP_END;
        }
    }
    return STEP_TURN;
}

// ---- Requests -----------------------------------------------------------------------------------

static void begin_request(struct connection *c) {
    memset(&c->request, 0, sizeof(c->request));
    c->phase = PHASE_HEAD;
    c->request_deadline = 0;
}

static void finish_request(struct connection *c, const char *head, struct text *out) {
    answer(c, head, out);
    kept_free(&c->head);
    begin_request(c);
}

/// Lets a body come before the answer.
static int await_body(struct connection *c, const char *head, struct text *out) {
    if (!answer_wants_body(c)) {
        return 405;
    }
    if (IS_ERROR(kept_add(&c->head, head, c->request.line))) {
        return 503;
    }
    c->phase = PHASE_BODY;
    c->request_deadline = clock_now() + BODY_TIME_S;
    if (c->request.expects_continue) {
        text_add_literal(out, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    return 0;
}

/// The head is whole: looks what is behind it.
static void take_head(struct connection *c, const char *head, struct text *out) {
    int status = body_begin(&c->body, c->request.has_encoding, c->request.content_length);
    if (status == 0 && body_is_over(&c->body)) {
        finish_request(c, head, out);
        return;
    }
    if (status == 0) {
        status = await_body(c, head, out);
    } else if (c->request.method == METHOD_OTHER) {
        status = 405;  // However long its body were.
    }
    if (status != 0) {
        answer_error(c, status, out);
    }
}

static size_t take_body(struct connection *c, const char *data, size_t len, struct text *out) {
    int status;
    size_t done = body_skip(&c->body, data, len, &status);
    if (status != 0) {
        answer_error(c, status, out);
    } else if (body_is_over(&c->body)) {
        finish_request(c, c->head.data, out);
    }
    return done;
}

/// Whether the next request can be answered now. If not, it stays where it is: a client that asks for more than it takes is not
/// read from.
static bool can_answer(const struct connection *c, const struct text *out) {
    return !c->is_closing && c->content.kind == CONTENT_NONE && text_room(out) >= ANSWER_MAX;
}

/// Answers the requests that have come. Returns how many bytes of the data are done with.
static size_t take_requests(struct connection *c, const char *data, size_t len, struct text *out) {
    size_t done = 0;
    while (done < len && can_answer(c, out)) {
        if (c->phase == PHASE_BODY) {
            done += take_body(c, &data[done], len - done, out);
            continue;
        }
        int status = request_parse(&c->request, &data[done], len - done);
        if (status == REQUEST_MORE) {
            c->is_pending = false;
            return done;
        }
        if (status != REQUEST_DONE) {
            answer_error(c, status, out);
            break;
        }
        size_t head_len = c->request.line;
        take_head(c, &data[done], out);
        done += head_len;
    }
    c->is_pending = done < len;
    c->is_unread |= c->is_closing && done < len;
    return done;
}

/// Goes on with what was kept.
static enum step take_kept(struct connection *c) {
    struct text out = {.buf = send_buffer, .size = sizeof(send_buffer)};
    kept_take(&c->in, take_requests(c, &c->in.data[c->in.begin], kept_len(&c->in), &out));
    return send_now(c, out.buf, out.len);
}

/// Takes what has come at once, if nothing is left of what came before; keeps what is left then.
static enum step take_new(struct connection *c, size_t len) {
    struct text out = {.buf = send_buffer, .size = sizeof(send_buffer)};
    size_t done = take_requests(c, receive_buffer, len, &out);
    if (!c->is_closing && IS_ERROR(kept_add(&c->in, &receive_buffer[done], len - done))) {
        answer_error(c, 503, &out);
    }
    return send_now(c, out.buf, out.len);
}

static enum step take_more(struct connection *c, size_t len) {
    if (kept_len(&c->in) == 0) {
        return take_new(c, len);
    }
    if (IS_OK(kept_add(&c->in, receive_buffer, len))) {
        c->is_pending = true;
        return STEP_ON;
    }
    struct text out = {.buf = send_buffer, .size = sizeof(send_buffer)};
    answer_error(c, 503, &out);
    return send_now(c, out.buf, out.len);
}

static enum step receive(struct connection *c) {
    if (!c->is_readable) {
        return STEP_WAIT;
    }
    size_t len;
    error_t err = socket_receive(&c->socket, receive_buffer, sizeof(receive_buffer), 0, &len);
    if (err == ERR_WOULD_BLOCK) {
        c->is_readable = false;
        return STEP_WAIT;
    }
    if (IS_ERROR(err)) {
        return (err == ERR_END) ? STEP_END : STEP_BROKEN;
    }
    // More would have come with it. If it comes now, there is an event.
    c->is_readable = len == sizeof(receive_buffer) || c->is_ended;
    return take_more(c, len);
}

static enum step go_on(struct connection *c) {
    if (kept_len(&c->out) > 0) {
        return send_kept(c);
    }
    if (c->content.kind != CONTENT_NONE) {
        return send_content(c);
    }
    if (c->phase == PHASE_LINGER) {
        return linger(c);
    }
    if (c->is_closing) {
        return finish(c);
    }
    return c->is_pending ? take_kept(c) : receive(c);
}

/// It waits for its socket: until when?
static void wait(struct connection *c) {
    bool is_sending = kept_len(&c->out) > 0;
    if (is_sending || c->phase == PHASE_LINGER) {
        return;  // That has been set.
    }
    if (c->phase == PHASE_HEAD && kept_len(&c->in) == 0) {
        set_deadline(c, IDLE_TIME_S);
        list_push_back(&idle, &c->in_idle);
        return;
    }
    if (c->request_deadline == 0) {
        c->request_deadline = clock_now() + HEAD_TIME_S;
    }
    c->deadline = c->request_deadline;
}

static void work(struct connection *c) {
    enum step step = STEP_ON;
    unlink_from(&c->in_idle);
    for (int i = 0; i < STEPS_PER_TURN && step == STEP_ON; i++) {
        step = go_on(c);
    }
    switch (step) {
    case STEP_ON:
    case STEP_TURN:
        set_busy(c);
        break;
    case STEP_WAIT:
        wait(c);
        break;
    case STEP_END:
        end(c, socket_close);
        break;
    case STEP_BROKEN:
        end(c, socket_abort);
        break;
    }
}

static void ready(struct socket *socket, unsigned events) {
    struct connection *c = socket->user;
    if (events & SOCKET_FAILED) {
        end(c, socket_close);
        return;
    }
    c->is_ended |= (events & SOCKET_ENDED) != 0;
    c->is_readable |= (events & (SOCKET_READABLE | SOCKET_ENDED)) != 0;
    work(c);
}

// ---- Room for one more --------------------------------------------------------------------------

/// The one that has been idle for longest, of a client that has most connections if one of those is idle.
static struct connection *find_idle(unsigned most) {
    LIST_FOR_EACH (c, &idle, struct connection, in_idle) {
        if (c->client->connections == most) {
            return c;
        }
    }
    return LIST_FRONT(&idle, struct connection, in_idle);
}

/// The one whose time is up first, of a client that has most connections.
static struct connection *find_slowest(unsigned most) {
    struct connection *slowest = NULL;
    LIST_FOR_EACH (c, &all, struct connection, in_all) {
        if (c->client->connections == most
            && (slowest == NULL || c->deadline < slowest->deadline)) {
            slowest = c;
        }
    }
    return slowest;
}

/// There is one too many: finds which, so that nobody keeps the others out. Idle ones make room, first those of a client that
/// has most. If that has more than half of all, it is alone to make room, and gets no more itself.
static struct connection *find_victim(struct connection *newcomer) {
    unsigned most = client_most();
    bool is_hoarder = most > CONFIG_WEBAPI_CONNECTIONS / 2;
    struct connection *c = find_idle(most);
    if (c != NULL && (!is_hoarder || c->client->connections == most)) {
        return c;
    }
    return (newcomer->client->connections == most) ? newcomer : find_slowest(most);
}

// ---- All of them --------------------------------------------------------------------------------

bool connections_exist(void) {
    return num_connections > 0 || waiting_listener != NULL;
}

/// Makes a connection of a socket that was accepted. False: there is no memory.
static bool begin(struct connection *c, const struct ip_addr *addr) {
    c->client = client_enter(addr);
    if (c->client == NULL) {
        return false;
    }
    c->in.client = c->head.client = c->out.client = c->client;
    c->socket.user = c;
    c->socket.ready = ready;
    // There is no event for what came before.
    c->is_readable = true;
    list_push_back(&all, &c->in_all);
    num_connections++;
    return true;
}

/// ERR_WOULD_BLOCK: nobody waits.
static error_t accept_one(struct socket *listener) {
    struct socket_address remote;
    struct connection *c = malloc(sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    memset(c, 0, sizeof(*c));
    error_t err = socket_accept(listener, 0, &c->socket, &remote);
    if (IS_ERROR(err)) {
        free(c);
        return err;
    }
    if (!begin(c, &remote.ip)) {
        socket_abort(&c->socket);
        free(c);
        return ERR_NO_MEMORY;
    }
    struct connection *victim =
        (num_connections > CONFIG_WEBAPI_CONNECTIONS) ? find_victim(c) : NULL;
    if (victim != NULL) {
        end(victim, list_is_linked(&victim->in_idle) ? socket_close : socket_abort);
    }
    if (victim != c) {
        work(c);
    }
    return OK;
}

void connections_accept(struct socket *listener, unsigned events __unused) {
    error_t err = OK;
    while (IS_OK(err)) {
        err = accept_one(listener);
    }
    waiting_listener = (err == ERR_WOULD_BLOCK) ? NULL : listener;
}

/// What has taken too long is told so if it can be, and ends.
static void expire(struct connection *c) {
    bool is_sending = kept_len(&c->out) > 0 || c->content.kind != CONTENT_NONE;
    bool is_asking = c->request_deadline != 0 && c->phase != PHASE_LINGER;
    if (is_sending) {
        end(c, socket_abort);
    } else if (is_asking && !c->is_closing) {
        struct text out = {.buf = send_buffer, .size = sizeof(send_buffer)};
        answer_error(c, 408, &out);
        if (send_now(c, out.buf, out.len) == STEP_BROKEN) {
            end(c, socket_abort);
        } else {
            work(c);
        }
    } else {
        end(c, socket_close);
    }
}

void connections_tick(void) {
    LIST_FOR_EACH (c, &all, struct connection, in_all) {
        if (c->deadline != 0 && clock_now() > c->deadline) {
            expire(c);
        }
    }
    if (waiting_listener != NULL) {
        connections_accept(waiting_listener, 0);
    }
}

bool connections_run(void) {
    // Who isn't done is behind the others, and waits for the next time.
    size_t count = list_len(&busy);
    while (count-- > 0) {
        struct connection *c = LIST_POP_FRONT(&busy, struct connection, in_busy);
        if (c == NULL) {
            break;
        }
        work(c);
    }
    return !list_is_empty(&busy);
}
