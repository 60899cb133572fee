// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_VALIDATE_H__
#define __IDL_VALIDATE_H__

/// \file
/// Checks of what came from another task. The type of a message tells its length and whether it has an
/// out-of-line payload, and both were enforced by whoever delivered it; what is left to check are the
/// contents: greatest lengths, that a str is one string, enums and bools. idl_client.h and idl_server.h
/// do it before anybody sees the message.

#include <message.h>
#include <resea/malloc.h>
#include <string.h>
#include <types.h>

/// Frees the out-of-line payload of a received message, if it has one.
static inline void idl_discard(struct message *m) {
    if (m->type > 0 && (m->type & MSG_OOL)) {
        free(m->ool_ptr);
        m->ool_ptr = NULL;
    }
}

/// Is the payload of this message one string: terminated, without another NUL within?
static inline bool idl_is_str(const struct message *m) {
    return m->ool_ptr && m->ool_len > 0 && strlen(m->ool_ptr) + 1 == m->ool_len;
}

/// Reading anything but 0 or 1 as a bool is undefined, so they are looked at as bytes.
static inline bool idl_are_bools(const void *fields, size_t count) {
    const uint8_t *bytes = fields;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] > 1) {
            return false;
        }
    }
    return true;
}

/// Is this one of the items of enum files_mode?
static inline bool idl_is_files_mode(int value) {
    switch (value) {
    case FILES_MODE_READ:
    case FILES_MODE_WRITE:
        return true;
    default:
        return false;
    }
}

/// Is this one of the items of enum cards_speed?
static inline bool idl_is_cards_speed(int value) {
    switch (value) {
    case CARDS_SPEED_SLOW:
    case CARDS_SPEED_FAST:
        return true;
    default:
        return false;
    }
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of the reply of cards.config.
static inline error_t idl_check_cards_config_reply(const struct message *m) {
    if (!idl_are_bools(&m->cards_config_reply.flags, sizeof(m->cards_config_reply.flags))) {
        return ERR_INVALID_ARG;
    }
    for (int i = 0; i < 3; i++) {
        if (!idl_is_cards_speed(m->cards_config_reply.speeds[i])) {
            return ERR_INVALID_ARG;
        }
    }
    if (!idl_is_cards_speed(m->cards_config_reply.speed)) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of cards.reset.
static inline error_t idl_check_cards_reset(const struct message *m) {
    if (m->ool_len > 16) {
        return ERR_TOO_LARGE;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of cards.set.
static inline error_t idl_check_cards_set(const struct message *m) {
    if (!idl_are_bools(&m->cards_set.on, sizeof(m->cards_set.on))) {
        return ERR_INVALID_ARG;
    }
    if (!idl_is_str(m)) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of files.open.
static inline error_t idl_check_files_open(const struct message *m) {
    if (!idl_is_files_mode(m->files_open.mode)) {
        return ERR_INVALID_ARG;
    }
    if (m->ool_len > 31 + 1) {
        return ERR_TOO_LARGE;
    }
    if (!idl_is_str(m)) {
        return ERR_INVALID_ARG;
    }
    if (!idl_are_bools(&m->files_open.create, sizeof(m->files_open.create))) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of the reply of files.read.
static inline error_t idl_check_files_read_reply(const struct message *m) {
    if (m->ool_len > 4096) {
        return ERR_TOO_LARGE;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of the reply of files.name.
static inline error_t idl_check_files_name_reply(const struct message *m) {
    if (!idl_is_str(m)) {
        return ERR_INVALID_ARG;
    }
    return OK;
}

/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of files.write_pages.
static inline error_t idl_check_files_write_pages(const struct message *m) {
    if (m->ool_len > 65536) {
        return ERR_TOO_LARGE;
    }
    return OK;
}

/// idl_validate for the messages of global.
static inline bool idl_validate_global(const struct message *m) {
    switch (m->type) {
    case NOTIFICATIONS_MSG:
    case ASYNC_MSG:
        return true;
    default:
        return false;
    }
}

/// idl_validate for the messages of cards.
static inline bool idl_validate_cards(const struct message *m) {
    switch (m->type) {
    case CARDS_CONFIG_MSG:
    case CARDS_RESET_REPLY_MSG:
        return true;
    case CARDS_CONFIG_REPLY_MSG:
        return idl_check_cards_config_reply(m) == OK;
    case CARDS_RESET_MSG:
        return idl_check_cards_reset(m) == OK;
    case CARDS_SET_MSG:
        return idl_check_cards_set(m) == OK;
    default:
        return false;
    }
}

/// idl_validate for the messages of files.
static inline bool idl_validate_files(const struct message *m) {
    switch (m->type) {
    case FILES_OPEN_REPLY_MSG:
    case FILES_READ_MSG:
    case FILES_WRITE_MSG:
    case FILES_WRITE_REPLY_MSG:
    case FILES_NAME_MSG:
    case FILES_FLUSH_MSG:
    case FILES_WRITE_PAGES_REPLY_MSG:
    case FILES_READ_PAGES_MSG:
    case FILES_READ_PAGES_REPLY_MSG:
    case FILES_CHANGED_MSG:
        return true;
    case FILES_OPEN_MSG:
        return idl_check_files_open(m) == OK;
    case FILES_READ_REPLY_MSG:
        return idl_check_files_read_reply(m) == OK;
    case FILES_NAME_REPLY_MSG:
        return idl_check_files_name_reply(m) == OK;
    case FILES_WRITE_PAGES_MSG:
        return idl_check_files_write_pages(m) == OK;
    default:
        return false;
    }
}

/// Is this message of a known type, and are its contents as the IDL says? An error (a negative type) is
/// no message.
static inline bool idl_validate(const struct message *m) {
    if (m->type < 0) {
        return false;
    }
    switch (MSG_INTERFACE(m->type)) {
    case IDL_INTERFACE_GLOBAL:
        return idl_validate_global(m);
    case IDL_INTERFACE_CARDS:
        return idl_validate_cards(m);
    case IDL_INTERFACE_FILES:
        return idl_validate_files(m);
    default:
        return false;
    }
}

#endif
