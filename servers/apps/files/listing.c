#include "listing.h"

#include <resea/malloc.h>
#include <string.h>

error_t listing_add(struct listing *listing, const struct fs_info *info, const char *name,
                    size_t name_len) {
    // The array is as long as the next power of two.
    size_t count = listing->count;
    if ((count & (count - 1)) == 0) {
        size_t room = count ? 2 * count : 1;
        struct item *items = realloc(listing->items, room * sizeof(*items));
        if (!items) {
            return ERR_NO_MEMORY;
        }
        listing->items = items;
    }
    char *copy = strndup(name, name_len);
    if (!copy) {
        return ERR_NO_MEMORY;
    }
    listing->items[listing->count++] = (struct item){*info, copy};
    return OK;
}

void listing_drop_hidden(struct listing *listing) {
    size_t count = 0;
    for (size_t i = 0; i < listing->count; i++) {
        if (listing->items[i].name[0] == '.') {
            free(listing->items[i].name);
        } else {
            listing->items[count++] = listing->items[i];
        }
    }
    listing->count = count;
}

void listing_free(struct listing *listing) {
    for (size_t i = 0; i < listing->count; i++) {
        free(listing->items[i].name);
    }
    free(listing->items);
    *listing = (struct listing){0};
}

static error_t add_entries(struct listing *listing, const void *list, size_t len) {
    size_t offset = 0;
    const struct fs_entry *entry;
    while ((entry = fs_entries_next(list, len, &offset)) != NULL) {
        struct fs_info info = {
            .size = entry->size,
            .mtime = entry->mtime,
            .type = entry->type,
            .read_only = entry->read_only,
        };
        error_t err = listing_add(listing, &info, entry->name, entry->name_len);
        if (IS_ERROR(err)) {
            return err;
        }
    }
    return OK;
}

/// Lets an item sink to its place in a heap whose largest one is at the top.
static void sink(struct item *items, size_t at, size_t count) {
    while (true) {
        size_t largest = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < count; child++) {
            if (strcmp(items[child].name, items[largest].name) > 0) {
                largest = child;
            }
        }
        if (largest == at) {
            return;
        }
        struct item item = items[at];
        items[at] = items[largest];
        items[largest] = item;
        at = largest;
    }
}

static void sort(struct listing *listing) {
    struct item *items = listing->items;
    for (size_t i = listing->count / 2; i > 0; i--) {
        sink(items, i - 1, listing->count);
    }
    for (size_t left = listing->count; left > 1; left--) {
        struct item item = items[0];
        items[0] = items[left - 1];
        items[left - 1] = item;
        sink(items, 0, left - 1);
    }
}

static error_t read_all(struct fs_file *directory, struct listing *listing) {
    uint64_t position = 0;
    while (true) {
        void *list;
        size_t len;
        error_t err = fs_list(directory, &position, &list, &len);
        if (IS_ERROR(err)) {
            return err;
        }
        err = add_entries(listing, list, len);
        free(list);
        if (IS_ERROR(err) || len == 0) {
            return err;
        }
    }
}

error_t listing_read(const char *path, struct listing *listing) {
    *listing = (struct listing){0};
    struct fs_file directory;
    error_t err = fs_open(path, &directory);
    if (IS_ERROR(err)) {
        return err;
    }
    err = read_all(&directory, listing);
    fs_close(&directory);
    if (IS_ERROR(err)) {
        listing_free(listing);
        return err;
    }
    sort(listing);
    return OK;
}
