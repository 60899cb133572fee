// Made by the IDL compiler from the .idl files: change those, not this.
#ifndef __IDL_H__
#define __IDL_H__

/// \file
/// The messages of every interface: their numbers and fields. Included by <message.h>; uses nothing
/// but <types.h> and the MSG_* macros.

/// A number outside of namespaces.
#define NAME_MAX 31

#define LOWEST (-5)

#define ALL_BITS 18446744073709551615ull

#define FILES_LAST_MODE 16

/// How to open.
enum files_mode {
    /// Only to read.
    FILES_MODE_READ = 0,
    FILES_MODE_WRITE = 16,
};

enum cards_speed {
    CARDS_SPEED_SLOW = 10,
    CARDS_SPEED_FAST = 100,
};

/// The number of a file.
typedef uint32_t files_inode_t;

// ---- global ----
#define IDL_INTERFACE_GLOBAL 0

// notifications: oneway
struct notifications_fields {
    notifications_t data;
};
#define NOTIFICATIONS_MSG MSG_TYPE(0, 1, 0, MSG_OOL_NONE, sizeof(struct notifications_fields))
_Static_assert(sizeof(struct notifications_fields) == 4, "notifications: unexpected layout");
_Static_assert(sizeof(struct notifications_fields) <= MESSAGE_PAYLOAD_SIZE,
               "notifications: too large for a message");

// async: oneway
#define ASYNC_MSG MSG_TYPE(0, 8, 0, MSG_OOL_NONE, 0)

// ---- cards ----
#define IDL_INTERFACE_CARDS 3

// cards.config: rpc
struct cards_config_fields {
    uint8_t card;
};
struct cards_config_reply_fields {
    uint8_t macaddr[6];
    bool flags[2];
    /// One of enum cards_speed.
    int speeds[3];
    /// One of enum cards_speed.
    int speed;
};
#define CARDS_CONFIG_MSG MSG_TYPE(3, 2, 0, MSG_OOL_NONE, sizeof(struct cards_config_fields))
#define CARDS_CONFIG_REPLY_MSG \
    MSG_TYPE(3, 2, MSG_REPLY, MSG_OOL_NONE, sizeof(struct cards_config_reply_fields))
_Static_assert(sizeof(struct cards_config_fields) == 1, "cards.config: unexpected layout");
_Static_assert(sizeof(struct cards_config_fields) <= MESSAGE_PAYLOAD_SIZE,
               "cards.config: too large for a message");
_Static_assert(sizeof(struct cards_config_reply_fields) == 24,
               "cards.config (reply): unexpected layout");
_Static_assert(sizeof(struct cards_config_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "cards.config (reply): too large for a message");

// cards.reset: async rpc
struct cards_reset_fields {
    /// At most 16 bytes.
    const void *data;
    size_t data_len;
};
struct cards_reset_reply_fields {
    uint8_t macaddr[6];
};
#define CARDS_RESET_MSG MSG_TYPE(3, 3, 0, MSG_OOL_BYTES, sizeof(struct cards_reset_fields))
#define CARDS_RESET_REPLY_MSG \
    MSG_TYPE(3, 3, MSG_REPLY, MSG_OOL_NONE, sizeof(struct cards_reset_reply_fields))
_Static_assert(sizeof(struct cards_reset_fields) == (sizeof(size_t) == 8 ? 16 : 8),
               "cards.reset: unexpected layout");
_Static_assert(sizeof(struct cards_reset_fields) <= MESSAGE_PAYLOAD_SIZE,
               "cards.reset: too large for a message");
_Static_assert(sizeof(struct cards_reset_reply_fields) == 6,
               "cards.reset (reply): unexpected layout");
_Static_assert(sizeof(struct cards_reset_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "cards.reset (reply): too large for a message");

// cards.set: oneway
struct cards_set_fields {
    const char *name;
    size_t name_len;
    uint8_t macaddr[6];
    bool on;
};
#define CARDS_SET_MSG MSG_TYPE(3, 4, 0, MSG_OOL_STR, sizeof(struct cards_set_fields))
_Static_assert(sizeof(struct cards_set_fields) == (sizeof(size_t) == 8 ? 24 : 16),
               "cards.set: unexpected layout");
_Static_assert(sizeof(struct cards_set_fields) <= MESSAGE_PAYLOAD_SIZE,
               "cards.set: too large for a message");

// ---- files ----
// Files & <directories>.
//
// A second paragraph.
#define IDL_INTERFACE_FILES 40

// files.open: rpc
// Opens a file.
struct files_open_fields {
    /// From the root.
    /// At most 31 bytes.
    const char *path;
    size_t path_len;
    /// One of enum files_mode.
    int mode;
    bool create;
};
struct files_open_reply_fields {
    handle_t handle;
    files_inode_t inode;
};
#define FILES_OPEN_MSG MSG_TYPE(40, 1, 0, MSG_OOL_STR, sizeof(struct files_open_fields))
#define FILES_OPEN_REPLY_MSG \
    MSG_TYPE(40, 1, MSG_REPLY, MSG_OOL_NONE, sizeof(struct files_open_reply_fields))
_Static_assert(sizeof(struct files_open_fields) == (sizeof(size_t) == 8 ? 24 : 16),
               "files.open: unexpected layout");
_Static_assert(sizeof(struct files_open_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.open: too large for a message");
_Static_assert(sizeof(struct files_open_reply_fields) == 8,
               "files.open (reply): unexpected layout");
_Static_assert(sizeof(struct files_open_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.open (reply): too large for a message");

// files.read: rpc
struct files_read_fields {
    handle_t handle;
    offset_t offset;
    size_t len;
};
struct files_read_reply_fields {
    /// At most 4096 bytes.
    const void *data;
    size_t data_len;
};
#define FILES_READ_MSG MSG_TYPE(40, 2, 0, MSG_OOL_NONE, sizeof(struct files_read_fields))
#define FILES_READ_REPLY_MSG \
    MSG_TYPE(40, 2, MSG_REPLY, MSG_OOL_BYTES, sizeof(struct files_read_reply_fields))
_Static_assert(sizeof(struct files_read_fields) == (sizeof(size_t) == 8 ? 24 : 12),
               "files.read: unexpected layout");
_Static_assert(sizeof(struct files_read_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.read: too large for a message");
_Static_assert(sizeof(struct files_read_reply_fields) == (sizeof(size_t) == 8 ? 16 : 8),
               "files.read (reply): unexpected layout");
_Static_assert(sizeof(struct files_read_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.read (reply): too large for a message");

// files.write: rpc
struct files_write_fields {
    const void *data;
    size_t data_len;
    handle_t handle;
};
#define FILES_WRITE_MSG       MSG_TYPE(40, 3, 0, MSG_OOL_BYTES, sizeof(struct files_write_fields))
#define FILES_WRITE_REPLY_MSG MSG_TYPE(40, 3, MSG_REPLY, MSG_OOL_NONE, 0)
_Static_assert(sizeof(struct files_write_fields) == (sizeof(size_t) == 8 ? 24 : 12),
               "files.write: unexpected layout");
_Static_assert(sizeof(struct files_write_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.write: too large for a message");

// files.name: rpc
struct files_name_fields {
    files_inode_t inode;
};
struct files_name_reply_fields {
    const char *name;
    size_t name_len;
    files_inode_t inode;
};
#define FILES_NAME_MSG MSG_TYPE(40, 4, 0, MSG_OOL_NONE, sizeof(struct files_name_fields))
#define FILES_NAME_REPLY_MSG \
    MSG_TYPE(40, 4, MSG_REPLY, MSG_OOL_STR, sizeof(struct files_name_reply_fields))
_Static_assert(sizeof(struct files_name_fields) == 4, "files.name: unexpected layout");
_Static_assert(sizeof(struct files_name_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.name: too large for a message");
_Static_assert(sizeof(struct files_name_reply_fields) == (sizeof(size_t) == 8 ? 24 : 12),
               "files.name (reply): unexpected layout");
_Static_assert(sizeof(struct files_name_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.name (reply): too large for a message");

// files.flush: oneway
#define FILES_FLUSH_MSG MSG_TYPE(40, 5, 0, MSG_OOL_NONE, 0)

// files.write_pages: rpc
// Lends pages, to be read or written to.
struct files_write_pages_fields {
    /// At most 65536 bytes.
    const void *data;
    size_t data_len;
    handle_t handle;
};
#define FILES_WRITE_PAGES_MSG \
    MSG_TYPE(40, 6, 0, MSG_OOL_LOAN, sizeof(struct files_write_pages_fields))
#define FILES_WRITE_PAGES_REPLY_MSG MSG_TYPE(40, 6, MSG_REPLY, MSG_OOL_NONE, 0)
_Static_assert(sizeof(struct files_write_pages_fields) == (sizeof(size_t) == 8 ? 24 : 12),
               "files.write_pages: unexpected layout");
_Static_assert(sizeof(struct files_write_pages_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.write_pages: too large for a message");

// files.read_pages: rpc
struct files_read_pages_fields {
    void *data;
    size_t data_len;
    handle_t handle;
};
struct files_read_pages_reply_fields {
    size_t len;
};
#define FILES_READ_PAGES_MSG \
    MSG_TYPE(40, 7, 0, MSG_OOL_LOAN_W, sizeof(struct files_read_pages_fields))
#define FILES_READ_PAGES_REPLY_MSG \
    MSG_TYPE(40, 7, MSG_REPLY, MSG_OOL_NONE, sizeof(struct files_read_pages_reply_fields))
_Static_assert(sizeof(struct files_read_pages_fields) == (sizeof(size_t) == 8 ? 24 : 12),
               "files.read_pages: unexpected layout");
_Static_assert(sizeof(struct files_read_pages_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.read_pages: too large for a message");
_Static_assert(sizeof(struct files_read_pages_reply_fields) == (sizeof(size_t) == 8 ? 8 : 4),
               "files.read_pages (reply): unexpected layout");
_Static_assert(sizeof(struct files_read_pages_reply_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.read_pages (reply): too large for a message");

// files.changed: async oneway
// A file changed.
struct files_changed_fields {
    files_inode_t inode;
    uint64_t m;
    char dst;
};
#define FILES_CHANGED_MSG MSG_TYPE(40, 9, 0, MSG_OOL_NONE, sizeof(struct files_changed_fields))
_Static_assert(sizeof(struct files_changed_fields) == 24, "files.changed: unexpected layout");
_Static_assert(sizeof(struct files_changed_fields) <= MESSAGE_PAYLOAD_SIZE,
               "files.changed: too large for a message");

// The members of the union in struct message.
#define IDL_MESSAGE_FIELDS                                       \
    struct notifications_fields notifications;                   \
    struct cards_config_fields cards_config;                     \
    struct cards_config_reply_fields cards_config_reply;         \
    struct cards_reset_fields cards_reset;                       \
    struct cards_reset_reply_fields cards_reset_reply;           \
    struct cards_set_fields cards_set;                           \
    struct files_open_fields files_open;                         \
    struct files_open_reply_fields files_open_reply;             \
    struct files_read_fields files_read;                         \
    struct files_read_reply_fields files_read_reply;             \
    struct files_write_fields files_write;                       \
    struct files_name_fields files_name;                         \
    struct files_name_reply_fields files_name_reply;             \
    struct files_write_pages_fields files_write_pages;           \
    struct files_read_pages_fields files_read_pages;             \
    struct files_read_pages_reply_fields files_read_pages_reply; \
    struct files_changed_fields files_changed;

#endif
