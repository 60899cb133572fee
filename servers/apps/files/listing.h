#ifndef __LISTING_H__
#define __LISTING_H__

/// \file
/// All that is in a directory, sorted by name.

#include <fs.h>

struct item {
    struct fs_info info;
    char *name;
};

struct listing {
    struct item *items;
    size_t count;
};

/// Reads a directory. After an error, the listing has nothing.
error_t listing_read(const char *path, struct listing *listing) __mustuse;
/// Adds an item; `name` is copied.
error_t listing_add(struct listing *listing, const struct fs_info *info, const char *name,
                    size_t name_len) __mustuse;
/// Takes out what begins with a dot.
void listing_drop_hidden(struct listing *listing);
void listing_free(struct listing *listing);

#endif
