// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_CLIENT_H__
#define __IDL_CLIENT_H__

/// \file
/// Typed functions that send messages. Include it where you are a client:
///
///     call_NAMESPACE_MESSAGE(server, request…, &reply…)   an rpc: waits for the reply
///     send_NAMESPACE_MESSAGE(dst, fields…)                a oneway: waits until it is received
///     post_NAMESPACE_MESSAGE(dst, fields…)                the same, but queued, so it never waits
///                                                         (see <resea/async.h>)
///
/// The prefixes keep them apart from a server's own functions. Parameters are in the order of the IDL.
/// What it calls `async` can only be posted; the reply to a posted rpc is a message of its own.
///
/// All return OK or an ERR_*: what the IPC returned, the error that the server replied, ERR_TOO_LARGE
/// if a str or bytes is longer than the IDL allows, ERR_NOT_ACCEPTABLE if the reply is not what the
/// IDL says. Reply pointers must not be NULL; they are written on OK only. A str or bytes in a reply
/// was allocated: free() it.

#include <idl_validate.h>
#include <message.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <string.h>
#include <types.h>

/// Calls the server and makes sure that the answer is of the type `reply`.
static inline error_t idl_call(task_t server, struct message *m, int reply) {
    error_t err = ipc_call(server, m);
    if (IS_ERROR(err)) {
        return err;
    }
    if (m->type != reply) {
        idl_discard(m);
        return ERR_NOT_ACCEPTABLE;
    }
    return OK;
}

/// Drops a reply whose contents are not what the IDL says.
static inline error_t idl_accept(struct message *m, error_t check) {
    if (check == OK) {
        return OK;
    }
    idl_discard(m);
    return ERR_NOT_ACCEPTABLE;
}

// ---- cards ----

/// cards.config
static inline __mustuse error_t call_cards_config(task_t server, uint8_t card, uint8_t macaddr[6],
                                                  bool flags[2], int speeds[3],
                                                  enum cards_speed *speed) {
    struct message m;
    m.type = CARDS_CONFIG_MSG;
    bzero(m.raw, MSG_LEN(CARDS_CONFIG_MSG));
    m.cards_config.card = card;
    error_t err = idl_call(server, &m, CARDS_CONFIG_REPLY_MSG);
    if (IS_OK(err)) {
        err = idl_accept(&m, idl_check_cards_config_reply(&m));
    }
    if (IS_ERROR(err)) {
        return err;
    }
    memcpy(macaddr, m.cards_config_reply.macaddr, sizeof(m.cards_config_reply.macaddr));
    memcpy(flags, m.cards_config_reply.flags, sizeof(m.cards_config_reply.flags));
    memcpy(speeds, m.cards_config_reply.speeds, sizeof(m.cards_config_reply.speeds));
    *speed = (enum cards_speed) m.cards_config_reply.speed;
    return OK;
}

/// cards.reset
static inline __mustuse error_t post_cards_reset(task_t server, const void *data, size_t data_len) {
    if (data_len > 16) {
        return ERR_TOO_LARGE;
    }
    struct message m;
    m.type = CARDS_RESET_MSG;
    bzero(m.raw, MSG_LEN(CARDS_RESET_MSG));
    m.cards_reset.data = data;
    m.cards_reset.data_len = data_len;
    return async_send(server, &m);
}

/// cards.set
static inline __mustuse error_t send_cards_set(task_t dst, const uint8_t macaddr[6], bool on,
                                               const char *name) {
    struct message m;
    m.type = CARDS_SET_MSG;
    bzero(m.raw, MSG_LEN(CARDS_SET_MSG));
    memcpy(m.cards_set.macaddr, macaddr, sizeof(m.cards_set.macaddr));
    m.cards_set.on = on;
    m.cards_set.name = name;
    return ipc_send(dst, &m);
}

/// cards.set
static inline __mustuse error_t post_cards_set(task_t dst, const uint8_t macaddr[6], bool on,
                                               const char *name) {
    struct message m;
    m.type = CARDS_SET_MSG;
    bzero(m.raw, MSG_LEN(CARDS_SET_MSG));
    memcpy(m.cards_set.macaddr, macaddr, sizeof(m.cards_set.macaddr));
    m.cards_set.on = on;
    m.cards_set.name = name;
    return async_send(dst, &m);
}

// ---- files ----
// Files & <directories>.
//
// A second paragraph.

/// Opens a file.
static inline __mustuse error_t call_files_open(task_t server, enum files_mode mode,
                                                const char *path, bool create, handle_t *handle,
                                                files_inode_t *inode) {
    if (strlen(path) > 31) {
        return ERR_TOO_LARGE;
    }
    struct message m;
    m.type = FILES_OPEN_MSG;
    bzero(m.raw, MSG_LEN(FILES_OPEN_MSG));
    m.files_open.mode = mode;
    m.files_open.path = path;
    m.files_open.create = create;
    error_t err = idl_call(server, &m, FILES_OPEN_REPLY_MSG);
    if (IS_ERROR(err)) {
        return err;
    }
    *handle = m.files_open_reply.handle;
    *inode = m.files_open_reply.inode;
    return OK;
}

/// files.read
static inline __mustuse error_t call_files_read(task_t server, handle_t handle, offset_t offset,
                                                size_t len, void **data, size_t *data_len) {
    struct message m;
    m.type = FILES_READ_MSG;
    bzero(m.raw, MSG_LEN(FILES_READ_MSG));
    m.files_read.handle = handle;
    m.files_read.offset = offset;
    m.files_read.len = len;
    error_t err = idl_call(server, &m, FILES_READ_REPLY_MSG);
    if (IS_OK(err)) {
        err = idl_accept(&m, idl_check_files_read_reply(&m));
    }
    if (IS_ERROR(err)) {
        return err;
    }
    *data = m.ool_ptr;
    *data_len = m.ool_len;
    return OK;
}

/// files.write
static inline __mustuse error_t call_files_write(task_t server, handle_t handle, const void *data,
                                                 size_t data_len) {
    struct message m;
    m.type = FILES_WRITE_MSG;
    bzero(m.raw, MSG_LEN(FILES_WRITE_MSG));
    m.files_write.handle = handle;
    m.files_write.data = data;
    m.files_write.data_len = data_len;
    return idl_call(server, &m, FILES_WRITE_REPLY_MSG);
}

/// files.name
static inline __mustuse error_t call_files_name(task_t server, files_inode_t inode,
                                                files_inode_t *out_inode, char **name) {
    struct message m;
    m.type = FILES_NAME_MSG;
    bzero(m.raw, MSG_LEN(FILES_NAME_MSG));
    m.files_name.inode = inode;
    error_t err = idl_call(server, &m, FILES_NAME_REPLY_MSG);
    if (IS_OK(err)) {
        err = idl_accept(&m, idl_check_files_name_reply(&m));
    }
    if (IS_ERROR(err)) {
        return err;
    }
    *out_inode = m.files_name_reply.inode;
    *name = m.ool_ptr;
    return OK;
}

/// files.flush
static inline __mustuse error_t send_files_flush(task_t dst) {
    struct message m;
    m.type = FILES_FLUSH_MSG;
    return ipc_send(dst, &m);
}

/// files.flush
static inline __mustuse error_t post_files_flush(task_t dst) {
    struct message m;
    m.type = FILES_FLUSH_MSG;
    return async_send(dst, &m);
}

/// Lends pages, to be read or written to.
static inline __mustuse error_t call_files_write_pages(task_t server, handle_t handle,
                                                       const void *data, size_t data_len) {
    if (data_len > 65536) {
        return ERR_TOO_LARGE;
    }
    struct message m;
    m.type = FILES_WRITE_PAGES_MSG;
    bzero(m.raw, MSG_LEN(FILES_WRITE_PAGES_MSG));
    m.files_write_pages.handle = handle;
    m.files_write_pages.data = data;
    m.files_write_pages.data_len = data_len;
    return idl_call(server, &m, FILES_WRITE_PAGES_REPLY_MSG);
}

/// files.read_pages
static inline __mustuse error_t call_files_read_pages(task_t server, void *data, size_t data_len,
                                                      handle_t handle, size_t *len) {
    struct message m;
    m.type = FILES_READ_PAGES_MSG;
    bzero(m.raw, MSG_LEN(FILES_READ_PAGES_MSG));
    m.files_read_pages.data = data;
    m.files_read_pages.data_len = data_len;
    m.files_read_pages.handle = handle;
    error_t err = idl_call(server, &m, FILES_READ_PAGES_REPLY_MSG);
    if (IS_ERROR(err)) {
        return err;
    }
    *len = m.files_read_pages_reply.len;
    return OK;
}

/// A file changed.
static inline __mustuse error_t post_files_changed(task_t dst_, files_inode_t inode, uint64_t m,
                                                   char dst) {
    struct message m_;
    m_.type = FILES_CHANGED_MSG;
    bzero(m_.raw, MSG_LEN(FILES_CHANGED_MSG));
    m_.files_changed.inode = inode;
    m_.files_changed.m = m;
    m_.files_changed.dst = dst;
    return async_send(dst_, &m_);
}

#endif
