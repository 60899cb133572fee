#include "tree.h"

#include <config.h>
#include <fs_path.h>
#include <resea/malloc.h>
#include <string.h>

#define MEMORY_TOTAL ((size_t) CONFIG_TARFS_MEMORY * 1024)
/// A file that is written to has room for that much at least.
#define CAPACITY_MIN 64

static size_t used;

size_t tree_memory_used(void) {
    return used;
}

size_t tree_memory_total(void) {
    return MEMORY_TOTAL;
}

static bool charge(size_t len) {
    if (len > MEMORY_TOTAL - used) {
        return false;
    }
    used += len;
    return true;
}

static size_t price(size_t name_len) {
    return sizeof(struct node) + name_len + 1;
}

static struct node *new_node(const char *name, size_t name_len, enum fs_type type) {
    if (!charge(price(name_len))) {
        return NULL;
    }
    struct node *node = malloc(sizeof(*node));
    char *copy = strndup(name, name_len);
    if (!node || !copy) {
        free(node);
        free(copy);
        used -= price(name_len);
        return NULL;
    }
    *node = (struct node){.name = copy, .type = type};
    return node;
}

struct node *tree_new(void) {
    return new_node("", 0, FS_TYPE_DIRECTORY);
}

static void free_data(struct node *file) {
    if (file->capacity > 0) {
        free((void *) (uintptr_t) file->data);
        used -= file->capacity;
        file->capacity = 0;
    }
    file->data = NULL;
}

static void free_node(struct node *node) {
    free_data(node);
    used -= price(strlen(node->name));
    free(node->name);
    free(node);
}

void tree_free(struct node *node) {
    // Paths are as deep as tarballs like: this goes down and up again without a stack.
    struct node *at = node;
    while (true) {
        if (at->children) {
            at = at->children;
            continue;
        }
        struct node *parent = at->parent;
        struct node *next = at->next;
        bool is_last = (at == node);
        free_node(at);
        if (is_last) {
            return;
        }
        parent->children = next;
        at = parent;
    }
}

static struct node *find_child(const struct node *directory, const char *name, size_t len) {
    for (struct node *child = directory->children; child; child = child->next) {
        if (!strncmp(child->name, name, len) && child->name[len] == '\0') {
            return child;
        }
    }
    return NULL;
}

/// Follows a path up to its last name, which is left in *name. *len is 0 if the path is the root.
static error_t find_parent(struct node *root, const char *path, struct node **parent,
                           const char **name, size_t *len) {
    struct node *node = root;
    *len = fs_path_next(&path, name);
    while (*len > 0 && *path != '\0') {
        struct node *child = find_child(node, *name, *len);
        if (!child) {
            return ERR_NOT_FOUND;
        }
        if (child->type != FS_TYPE_DIRECTORY) {
            return ERR_NOT_ACCEPTABLE;
        }
        node = child;
        *len = fs_path_next(&path, name);
    }
    *parent = node;
    return OK;
}

error_t tree_find(struct node *root, const char *path, struct node **node) {
    struct node *parent;
    const char *name;
    size_t len;
    error_t err = find_parent(root, path, &parent, &name, &len);
    if (IS_ERROR(err)) {
        return err;
    }
    *node = (len > 0) ? find_child(parent, name, len) : parent;
    return *node ? OK : ERR_NOT_FOUND;
}

/// Puts a node behind those that the directory has.
static void link_node(struct node *parent, struct node *node) {
    struct node **end = &parent->children;
    while (*end) {
        end = &(*end)->next;
    }
    *end = node;
    node->next = NULL;
    node->parent = parent;
    node->position = ++parent->positions;
}

static void unlink_node(struct node *node) {
    struct node **link = &node->parent->children;
    while (*link != node) {
        link = &(*link)->next;
    }
    *link = node->next;
    node->next = NULL;
    node->parent = NULL;
}

error_t tree_add(struct node *root, const char *path, enum fs_type type, struct node **node) {
    struct node *parent;
    const char *name;
    size_t len;
    error_t err = find_parent(root, path, &parent, &name, &len);
    if (IS_ERROR(err)) {
        return err;
    }
    if (len == 0 || find_child(parent, name, len)) {
        return ERR_ALREADY_EXISTS;
    }
    *node = new_node(name, len, type);
    if (!*node) {
        return ERR_NO_SPACE;
    }
    link_node(parent, *node);
    return OK;
}

error_t tree_remove(struct node *node) {
    if (!node->parent || node->children) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (node->opens > 0) {
        return ERR_IN_USE;
    }
    unlink_node(node);
    tree_free(node);
    return OK;
}

static bool is_inside(const struct node *node, const struct node *directory) {
    while (node && node != directory) {
        node = node->parent;
    }
    return node != NULL;
}

/// Whether a node may take the place of another one.
static error_t check_replace(const struct node *node, const struct node *other) {
    if (other->type != FS_TYPE_FILE || node->type != FS_TYPE_FILE) {
        return ERR_NOT_ACCEPTABLE;
    }
    return (other->opens > 0) ? ERR_IN_USE : OK;
}

static error_t set_name(struct node *node, const char *name, size_t len) {
    size_t old_price = price(strlen(node->name));
    char *copy = charge(price(len)) ? strndup(name, len) : NULL;
    if (!copy) {
        return ERR_NO_SPACE;
    }
    used -= old_price;
    free(node->name);
    node->name = copy;
    return OK;
}

error_t tree_move(struct node *root, struct node *node, const char *path) {
    struct node *parent;
    const char *name;
    size_t len;
    error_t err = find_parent(root, path, &parent, &name, &len);
    if (IS_ERROR(err)) {
        return err;
    }
    if (!node->parent || len == 0 || is_inside(parent, node)) {
        return ERR_NOT_ACCEPTABLE;
    }

    struct node *other = find_child(parent, name, len);
    if (other == node) {
        return OK;
    }
    err = other ? check_replace(node, other) : OK;
    if (IS_OK(err)) {
        err = set_name(node, name, len);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    if (other) {
        unlink_node(other);
    }
    unlink_node(node);
    link_node(parent, node);
    if (other) {
        free_node(other);
    }
    return OK;
}

struct node *tree_child(struct node *directory, uint64_t position) {
    struct node *child = directory->children;
    while (child && child->position <= position) {
        child = child->next;
    }
    return child;
}

/// Gives a file memory of its own, `capacity` bytes, and copies its contents there, which are not longer.
static error_t set_capacity(struct node *file, size_t capacity) {
    if (!charge(capacity)) {
        return ERR_NO_SPACE;
    }
    uint8_t *data = malloc(capacity);
    if (!data) {
        used -= capacity;
        return ERR_NO_SPACE;
    }
    if (file->size > 0) {
        memcpy(data, file->data, file->size);
    }
    free_data(file);
    file->data = data;
    file->capacity = capacity;
    return OK;
}

/// Makes sure that a file can be written to and can have `size` bytes.
static error_t reserve(struct node *file, size_t size) {
    size_t needed = MAX(size, file->size);
    if (needed <= file->capacity) {
        return OK;
    }
    // Files that grow do so again.
    size_t generous = MAX(MAX(needed, (size_t) CAPACITY_MIN), 2 * file->capacity);
    error_t err = set_capacity(file, generous);
    return (err == ERR_NO_SPACE && generous > needed) ? set_capacity(file, needed) : err;
}

error_t tree_resize(struct node *file, size_t size) {
    if (size <= file->size) {
        file->size = size;
        if (size == 0) {
            free_data(file);
        }
        return OK;
    }
    error_t err = reserve(file, size);
    if (IS_ERROR(err)) {
        return err;
    }
    memset((uint8_t *) (uintptr_t) file->data + file->size, 0, size - file->size);
    file->size = size;
    return OK;
}

error_t tree_write(struct node *file, size_t offset, const void *data, size_t len) {
    if (len == 0) {
        return OK;
    }
    if (offset > MEMORY_TOTAL || len > MEMORY_TOTAL) {
        return ERR_NO_SPACE;
    }
    error_t err = reserve(file, offset + len);
    if (IS_OK(err) && offset + len > file->size) {
        err = tree_resize(file, offset + len);
    }
    if (IS_ERROR(err)) {
        return err;
    }
    memcpy((uint8_t *) (uintptr_t) file->data + offset, data, len);
    return OK;
}
