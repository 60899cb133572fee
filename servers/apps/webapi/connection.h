#ifndef __CONNECTION_H__
#define __CONNECTION_H__

/// \file
/// The connections of clients, and how they go on: see docs/webapi.md.

#include <fs.h>
#include <list.h>
#include <socket.h>

#include "api.h"
#include "body.h"
#include "client.h"
#include "kept.h"
#include "request.h"
#include "text.h"

/// Seconds for: a request's head; its body; the next request; something to be taken of the answer; what is still on the way
/// when the connection is to end.
#define HEAD_TIME_S   10
#define BODY_TIME_S   60
#define IDLE_TIME_S   60
#define SEND_TIME_S   30
#define LINGER_TIME_S 2

/// What it waits for.
enum phase {
    PHASE_HEAD,
    PHASE_BODY,
    PHASE_LINGER,  ///< All has been said. What still comes is thrown away, so that it doesn't cut the answer off.
};

/// What is still to be said of an answer whose head is out.
enum content_kind {
    CONTENT_NONE,
    CONTENT_FILE,
    CONTENT_API,
};

struct content {
    enum content_kind kind;
    bool is_chunked;
    struct fs_file file;
    uint64_t at, end;  ///< The part of the file.
    api_more_t more;
    struct api_state state;
};

struct connection {
    struct socket socket;
    struct client *client;
    list_elem_t in_all;
    list_elem_t in_idle;  ///< Linked while it may be closed to make room.
    list_elem_t in_busy;  ///< Linked while it would go on if it were its turn.
    enum phase phase;
    bool is_readable;  ///< There may be something to read.
    bool is_ended;     ///< Nothing more will come behind what there is to read.
    bool is_pending;   ///< `in` may have a whole request.
    bool is_closing;   ///< It ends when the answers are out.
    bool is_unread;    ///< Then something may come that nobody wants.
    // In seconds, as clock_now has them. 0: none.
    uint32_t deadline;
    uint32_t request_deadline;  ///< For what has begun to come.
    struct request request;
    struct body body;
    struct kept in;    ///< What isn't handled yet of what has come.
    struct kept head;  ///< Of the request whose body is awaited.
    struct kept out;   ///< What isn't sent yet.
    struct content content;
};

/// Accepts the clients that wait, as far as there is room. For a listener's `ready`.
void connections_accept(struct socket *listener, unsigned events);
/// A second has passed: ends what has taken too long, and tries again what there was no memory for.
void connections_tick(void);
/// Lets those go on whose turn it is. False: nobody has anything left to do.
bool connections_run(void);
/// Whether there are any, or clients that wait because there was no memory: then connections_tick is to be called.
bool connections_exist(void);

#endif
