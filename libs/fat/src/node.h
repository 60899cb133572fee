#ifndef __NODE_H__
#define __NODE_H__

/// \file
/// What is open, and what an entry says of a file.

#include "directory.h"

/// What an entry says.
struct entry_info {
    uint32_t start;
    uint32_t size;
    uint64_t mtime;
    bool is_directory;
    bool read_only;
};

void node_read_entry(const struct fat *fat, const uint8_t *entry, struct entry_info *info);
/// Makes an entry without a name: what was created just now.
void node_put_new(const struct fat *fat, uint8_t *entry, unsigned attributes, uint32_t start);
void node_put_start(const struct fat *fat, uint8_t *entry, uint32_t start);

/// Who has an entry open; NULL: nobody.
struct fat_node *node_find(struct fat *fat, uint32_t directory, uint32_t index);
/// Opens an entry, or the root directory (location NULL).
error_t __mustuse node_open(struct fat *fat, const struct location *location, const uint8_t *entry,
                            struct fat_node **opened);
/// Puts what is known of a file into its entry. ERR_NO_MEMORY: there is no room in the cache, commit first.
error_t __mustuse node_store(struct fat_node *node);
/// Puts it into a copy of its entry.
void node_put(const struct fat_node *node, uint8_t *entry);
/// The file was changed: by whom is told what goes wrong later.
void node_changed(struct fat_node *node);
/// The error that wasn't told yet.
error_t __mustuse node_take_error(struct fat_node *node);
uint64_t fat_now(const struct fat *fat);

#endif
