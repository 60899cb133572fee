#ifndef __TREE_H__
#define __TREE_H__

/// \file
/// A tree of files and directories in memory. A file's contents are somebody else's, who keeps them, until they are
/// written to. All trees together have CONFIG_TARFS_MEMORY KiB: what needs more is ERR_NO_SPACE.

#include <fs.h>

struct node {
    struct node *parent;  ///< NULL: the root.
    struct node *next;    ///< In the same directory, in the order in which they came there.
    enum fs_type type;
    char *name;
    uint64_t mtime;
    unsigned opens;  ///< Handles: it can't be removed meanwhile.

    // Of a directory.
    struct node *children;
    uint64_t position;   ///< Of this node in its directory, from 1 on.
    uint64_t positions;  ///< How many have been given to its children.

    // Of a file.
    const uint8_t *data;
    size_t size;
    size_t capacity;  ///< Bytes allocated for `data`; 0: it is somebody else's.
};

/// A new, empty root directory; NULL if there is no memory.
struct node *tree_new(void);
/// Frees a node that is in no directory any more, and all that is below it.
void tree_free(struct node *node);

/// Finds what a canonical path leads to. ERR_NOT_FOUND; ERR_NOT_ACCEPTABLE: it leads through a file.
error_t tree_find(struct node *root, const char *path, struct node **node) __mustuse;
/// Adds a node to the directory that the path leads to. ERR_ALREADY_EXISTS, and what tree_find says of the directory.
error_t tree_add(struct node *root, const char *path, enum fs_type type,
                 struct node **node) __mustuse;
/// Removes a node, which nobody has open. ERR_NOT_ACCEPTABLE: it is a directory that isn't empty, or the root.
/// ERR_IN_USE: it is open.
error_t tree_remove(struct node *node) __mustuse;
/// Moves a node. See fs.rename.
error_t tree_move(struct node *root, struct node *node, const char *path) __mustuse;

/// The first child of a directory behind a position; 0 is in front of all. NULL: there is none.
struct node *tree_child(struct node *directory, uint64_t position);

/// Writes to a file, which grows if need be.
error_t tree_write(struct node *file, size_t offset, const void *data, size_t len) __mustuse;
/// Cuts a file, or lets it grow with zeroes.
error_t tree_resize(struct node *file, size_t size) __mustuse;

/// Bytes that trees use, of how many.
size_t tree_memory_used(void);
size_t tree_memory_total(void);

#endif
