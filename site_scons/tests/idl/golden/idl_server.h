// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_SERVER_H__
#define __IDL_SERVER_H__

/// \file
/// For each interface a struct NAMESPACE_ops, the table of a server's handlers, and the function
/// NAMESPACE_dispatch, which hands a received message to its handler:
///
///     static error_t open(task_t client, struct fs_open_fields *request,
///                         struct fs_open_reply_fields *reply) { … }
///     static const struct fs_ops ops = {.open = open};
///
///     ASSERT_OK(ipc_recv(IPC_ANY, &m));
///     if (!fs_dispatch(&ops, &m)) {
///         discard_unknown_message(&m);
///     }
///
/// A handler sees only messages whose contents are what the IDL says; others are answered with
/// ERR_TOO_LARGE or ERR_INVALID_ARG. What it returns is the answer: OK sends `reply`, which was
/// zeroed; an ERR_* sends that; DONT_REPLY sends nothing: the server will reply later itself.
///
/// The str or bytes of a message is freed after the handler; to keep it, take the pointer and set it
/// to NULL in the request. Pages that a message lends are there until it is answered. The str or bytes
/// of a reply is the handler's: it must stay as it is until the dispatch returns. If such replies are
/// allocated, set free_reply to free.
///
/// Replies are sent with ipc_reply(). A server whose replies have no payload may define
/// IDL_REPLY(client, m) before it includes this file, to answer in one system call with its next
/// receive: `m` is the message that it dispatched.
///
/// A dispatch returns false, and leaves the message alone, if it is of another interface or its handler
/// is NULL. Otherwise the message is used up.

#include <idl_validate.h>
#include <message.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>
#include <types.h>

#ifndef IDL_REPLY
#    define IDL_REPLY(client, m) ipc_reply(client, m)
#endif

/// Answers `client` with what its handler made of its request.
static inline void idl_reply(task_t client, struct message *m, int type, error_t err) {
    if (err == DONT_REPLY) {
        return;
    }
    m->type = IS_ERROR(err) ? err : type;
    IDL_REPLY(client, m);
}

/// The same for a request that came asynchronously: its sender does not wait for the reply.
static inline void idl_reply_async(task_t client, struct message *m, int type, error_t err) {
    if (err == DONT_REPLY) {
        return;
    }
    m->type = IS_ERROR(err) ? err : type;
    OOPS_OK(async_send(client, m));
}

// ---- global ----

/// The handlers of a server of global.
struct global_ops {
    void (*notifications)(task_t src, struct notifications_fields *message);
    void (*async)(task_t src);
};

/// notifications
static inline bool idl_dispatch_notifications(const struct global_ops *ops, struct message *m) {
    if (!ops->notifications) {
        return false;
    }
    struct notifications_fields message = m->notifications;
    ops->notifications(m->src, &message);
    return true;
}

/// async
static inline bool idl_dispatch_async(const struct global_ops *ops, struct message *m) {
    if (!ops->async) {
        return false;
    }
    ops->async(m->src);
    return true;
}

/// Hands a message of global to its handler; false if it has none.
static inline bool global_dispatch(const struct global_ops *ops, struct message *m) {
    switch (m->type) {
    case NOTIFICATIONS_MSG:
        return idl_dispatch_notifications(ops, m);
    case ASYNC_MSG:
        return idl_dispatch_async(ops, m);
    default:
        return false;
    }
}

// ---- cards ----

/// The handlers of a server of cards.
struct cards_ops {
    error_t (*config)(task_t client, struct cards_config_fields *request,
                      struct cards_config_reply_fields *reply);
    error_t (*reset)(task_t client, struct cards_reset_fields *request,
                     struct cards_reset_reply_fields *reply);
    void (*set)(task_t src, struct cards_set_fields *message);
};

/// cards.config
static inline bool idl_dispatch_cards_config(const struct cards_ops *ops, struct message *m) {
    if (!ops->config) {
        return false;
    }
    task_t client = m->src;
    struct cards_config_fields request = m->cards_config;
    bzero(m->raw, MSG_LEN(CARDS_CONFIG_REPLY_MSG));
    error_t err = ops->config(client, &request, &m->cards_config_reply);
    idl_reply(client, m, CARDS_CONFIG_REPLY_MSG, err);
    return true;
}

/// cards.reset
static inline bool idl_dispatch_cards_reset(const struct cards_ops *ops, struct message *m) {
    if (!ops->reset) {
        return false;
    }
    task_t client = m->src;
    error_t err = idl_check_cards_reset(m);
    struct cards_reset_fields request;
    memcpy(&request, &m->cards_reset, sizeof(request));
    bzero(m->raw, MSG_LEN(CARDS_RESET_REPLY_MSG));
    if (err == OK) {
        err = ops->reset(client, &request, &m->cards_reset_reply);
    }
    idl_reply_async(client, m, CARDS_RESET_REPLY_MSG, err);
    free((void *) request.data);
    return true;
}

/// cards.set
static inline bool idl_dispatch_cards_set(const struct cards_ops *ops, struct message *m) {
    if (!ops->set) {
        return false;
    }
    if (idl_check_cards_set(m) != OK) {
        idl_discard(m);
        return true;
    }
    struct cards_set_fields message = m->cards_set;
    ops->set(m->src, &message);
    free((void *) message.name);
    return true;
}

/// Hands a message of cards to its handler; false if it has none.
static inline bool cards_dispatch(const struct cards_ops *ops, struct message *m) {
    switch (m->type) {
    case CARDS_CONFIG_MSG:
        return idl_dispatch_cards_config(ops, m);
    case CARDS_RESET_MSG:
        return idl_dispatch_cards_reset(ops, m);
    case CARDS_SET_MSG:
        return idl_dispatch_cards_set(ops, m);
    default:
        return false;
    }
}

// ---- files ----
// Files & <directories>.
//
// A second paragraph.

/// The handlers of a server of files.
struct files_ops {
    /// Opens a file.
    error_t (*open)(task_t client, struct files_open_fields *request,
                    struct files_open_reply_fields *reply);
    error_t (*read)(task_t client, struct files_read_fields *request,
                    struct files_read_reply_fields *reply);
    error_t (*write)(task_t client, struct files_write_fields *request);
    error_t (*name)(task_t client, struct files_name_fields *request,
                    struct files_name_reply_fields *reply);
    void (*flush)(task_t src);
    /// Lends pages, to be read or written to.
    error_t (*write_pages)(task_t client, struct files_write_pages_fields *request);
    error_t (*read_pages)(task_t client, struct files_read_pages_fields *request,
                          struct files_read_pages_reply_fields *reply);
    /// A file changed.
    void (*changed)(task_t src, struct files_changed_fields *message);
    /// Called with the str or bytes of each reply once it is sent. May be NULL.
    void (*free_reply)(void *payload);
};

/// files.open
static inline bool idl_dispatch_files_open(const struct files_ops *ops, struct message *m) {
    if (!ops->open) {
        return false;
    }
    task_t client = m->src;
    error_t err = idl_check_files_open(m);
    struct files_open_fields request;
    memcpy(&request, &m->files_open, sizeof(request));
    bzero(m->raw, MSG_LEN(FILES_OPEN_REPLY_MSG));
    if (err == OK) {
        err = ops->open(client, &request, &m->files_open_reply);
    }
    idl_reply(client, m, FILES_OPEN_REPLY_MSG, err);
    free((void *) request.path);
    return true;
}

/// files.read
static inline bool idl_dispatch_files_read(const struct files_ops *ops, struct message *m) {
    if (!ops->read) {
        return false;
    }
    task_t client = m->src;
    struct files_read_fields request = m->files_read;
    bzero(m->raw, MSG_LEN(FILES_READ_REPLY_MSG));
    error_t err = ops->read(client, &request, &m->files_read_reply);
    void *payload = err == OK ? m->ool_ptr : NULL;
    idl_reply(client, m, FILES_READ_REPLY_MSG, err);
    if (ops->free_reply && payload) {
        ops->free_reply(payload);
    }
    return true;
}

/// files.write
static inline bool idl_dispatch_files_write(const struct files_ops *ops, struct message *m) {
    if (!ops->write) {
        return false;
    }
    task_t client = m->src;
    struct files_write_fields request = m->files_write;
    error_t err = ops->write(client, &request);
    idl_reply(client, m, FILES_WRITE_REPLY_MSG, err);
    free((void *) request.data);
    return true;
}

/// files.name
static inline bool idl_dispatch_files_name(const struct files_ops *ops, struct message *m) {
    if (!ops->name) {
        return false;
    }
    task_t client = m->src;
    struct files_name_fields request = m->files_name;
    bzero(m->raw, MSG_LEN(FILES_NAME_REPLY_MSG));
    error_t err = ops->name(client, &request, &m->files_name_reply);
    void *payload = err == OK ? m->ool_ptr : NULL;
    idl_reply(client, m, FILES_NAME_REPLY_MSG, err);
    if (ops->free_reply && payload) {
        ops->free_reply(payload);
    }
    return true;
}

/// files.flush
static inline bool idl_dispatch_files_flush(const struct files_ops *ops, struct message *m) {
    if (!ops->flush) {
        return false;
    }
    ops->flush(m->src);
    return true;
}

/// files.write_pages
static inline bool idl_dispatch_files_write_pages(const struct files_ops *ops, struct message *m) {
    if (!ops->write_pages) {
        return false;
    }
    task_t client = m->src;
    error_t err = idl_check_files_write_pages(m);
    struct files_write_pages_fields request;
    memcpy(&request, &m->files_write_pages, sizeof(request));
    if (err == OK) {
        err = ops->write_pages(client, &request);
    }
    idl_reply(client, m, FILES_WRITE_PAGES_REPLY_MSG, err);
    return true;
}

/// files.read_pages
static inline bool idl_dispatch_files_read_pages(const struct files_ops *ops, struct message *m) {
    if (!ops->read_pages) {
        return false;
    }
    task_t client = m->src;
    struct files_read_pages_fields request = m->files_read_pages;
    bzero(m->raw, MSG_LEN(FILES_READ_PAGES_REPLY_MSG));
    error_t err = ops->read_pages(client, &request, &m->files_read_pages_reply);
    idl_reply(client, m, FILES_READ_PAGES_REPLY_MSG, err);
    return true;
}

/// files.changed
static inline bool idl_dispatch_files_changed(const struct files_ops *ops, struct message *m) {
    if (!ops->changed) {
        return false;
    }
    struct files_changed_fields message = m->files_changed;
    ops->changed(m->src, &message);
    return true;
}

/// Hands a message of files to its handler; false if it has none.
static inline bool files_dispatch(const struct files_ops *ops, struct message *m) {
    switch (m->type) {
    case FILES_OPEN_MSG:
        return idl_dispatch_files_open(ops, m);
    case FILES_READ_MSG:
        return idl_dispatch_files_read(ops, m);
    case FILES_WRITE_MSG:
        return idl_dispatch_files_write(ops, m);
    case FILES_NAME_MSG:
        return idl_dispatch_files_name(ops, m);
    case FILES_FLUSH_MSG:
        return idl_dispatch_files_flush(ops, m);
    case FILES_WRITE_PAGES_MSG:
        return idl_dispatch_files_write_pages(ops, m);
    case FILES_READ_PAGES_MSG:
        return idl_dispatch_files_read_pages(ops, m);
    case FILES_CHANGED_MSG:
        return idl_dispatch_files_changed(ops, m);
    default:
        return false;
    }
}

#endif
