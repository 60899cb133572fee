#include <fs.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "commands.h"
#include "listing.h"
#include "say.h"

/// How often a file is written again from its beginning because the file system ended meanwhile.
#define TRIES 3

/// Copies what one open file has to another one. Sets *path to the one of the two that failed.
static error_t copy_contents(struct fs_file *from, struct fs_file *to, const char **failed) {
    *failed = to->path;
    error_t err = fs_truncate(to, 0);
    uint64_t offset = 0;
    size_t len = 1;
    while (IS_OK(err) && len > 0) {
        void *data;
        err = fs_read(from, offset, FS_TRANSFER_MAX, &data, &len);
        if (IS_ERROR(err)) {
            *failed = from->path;
            return err;
        }
        err = fs_write(to, offset, data, len);
        free(data);
        offset += len;
    }
    return IS_ERROR(err) ? err : fs_flush(to);
}

static bool copy_open_file(struct fs_file *from, const char *to_path) {
    struct fs_file to;
    if (!say(to_path, fs_create(to_path, true, &to))) {
        return false;
    }
    if (!strcmp(from->path, to.path)) {
        fs_close(&to);
        say_text(to_path, "source and target are the same file");
        return false;
    }
    const char *failed;
    error_t err;
    int tries = 0;
    do {
        err = copy_contents(from, &to, &failed);
        tries++;
    } while (err == ERR_ABORTED && tries < TRIES);
    bool ok = say(failed, err);
    fs_close(&to);
    return ok;
}

static bool copy_file(const char *from_path, const char *to_path) {
    struct fs_file from;
    if (!say(from_path, fs_open(from_path, &from))) {
        return false;
    }
    bool ok = copy_open_file(&from, to_path);
    fs_close(&from);
    return ok;
}

static bool copy_any(const char *from, const char *to, enum fs_type type);

static bool make_directory(const char *path) {
    error_t err = fs_mkdir(path);
    if (err == ERR_ALREADY_EXISTS && is_directory(path)) {
        return true;
    }
    // What goes in there must find it, even if the file system ends in between.
    return say(path, IS_OK(err) ? fs_sync(path) : err);
}

static bool copy_children(const struct listing *listing, const char *from, const char *to) {
    // Not on the stack: directories may be deep.
    char *paths = malloc(2 * FS_PATH_LEN);
    if (!paths) {
        return say(to, ERR_NO_MEMORY);
    }
    char *child_from = paths, *child_to = paths + FS_PATH_LEN;
    bool ok = true;
    for (size_t i = 0; i < listing->count; i++) {
        const struct item *item = &listing->items[i];
        ok = join(from, item->name, child_from) && join(to, item->name, child_to)
             && copy_any(child_from, child_to, item->info.type) && ok;
    }
    free(paths);
    return ok;
}

static bool copy_directory(const char *from, const char *to) {
    struct listing listing;
    if (!enter(from)) {
        return false;
    }
    bool ok = say(from, listing_read(from, &listing));
    if (ok) {
        ok = make_directory(to) && copy_children(&listing, from, to);
        listing_free(&listing);
    }
    leave();
    return ok;
}

static bool copy_any(const char *from, const char *to, enum fs_type type) {
    return (type == FS_TYPE_DIRECTORY) ? copy_directory(from, to) : copy_file(from, to);
}

/// Whether a directory would be copied or moved into itself.
static bool leads_into(const char *from, const char *to) {
    char canonical_from[FS_PATH_LEN], canonical_to[FS_PATH_LEN];
    return IS_OK(fs_path_canonical(fs_directory(), from, canonical_from))
           && IS_OK(fs_path_canonical(fs_directory(), to, canonical_to))
           && fs_path_below(canonical_to, canonical_from) != NULL;
}

static bool copy(const char *from, const char *to, bool recursive) {
    struct fs_info info;
    if (!say(from, fs_stat(from, &info))) {
        return false;
    }
    if (info.type == FS_TYPE_DIRECTORY && !recursive) {
        say_text(from, "is a directory; -r copies it");
        return false;
    }
    if (info.type == FS_TYPE_DIRECTORY && leads_into(from, to)) {
        say_text(from, "can't be copied into itself");
        return false;
    }
    return copy_any(from, to, info.type);
}

static bool move(const char *from, const char *to) {
    if (has_mounts(from)) {
        return false;
    }
    error_t err = fs_rename(from, to);
    if (err == ERR_NOT_ACCEPTABLE && leads_into(from, to)) {
        say_text(from, "can't be moved into itself");
        return false;
    }
    // The target is on another volume, or isn't a valid name, which copying says, too.
    if (err == ERR_INVALID_ARG) {
        return copy(from, to, true) && remove_all(from);
    }
    return say(IS_OK(fs_stat(from, &(struct fs_info){0})) ? to : from, err);
}

/// Calls `each` with all sources and what they become: in the last word, if that is a directory.
static int for_each_source(const struct args *args, bool recursive,
                           bool (*each)(const char *from, const char *to, bool recursive)) {
    const char *target = args->words[args->count - 1];
    bool into = is_directory(target);
    if (args->count > 2 && !into) {
        say_text(target, "is not a directory");
        return STATUS_FAILED;
    }

    bool ok = true;
    for (int i = 0; i < args->count - 1; i++) {
        const char *from = args->words[i];
        char canonical[FS_PATH_LEN], path[FS_PATH_LEN];
        if (!say(from, fs_path_canonical(fs_directory(), from, canonical))) {
            ok = false;
        } else if (!into) {
            ok = each(from, target, recursive) && ok;
        } else {
            ok = join(target, fs_path_last(canonical), path) && each(from, path, recursive) && ok;
        }
    }
    return ok ? 0 : STATUS_FAILED;
}

static bool move_each(const char *from, const char *to, bool recursive __unused) {
    return move(from, to);
}

int cp(const struct args *args) {
    return for_each_source(args, args->options['r'] || args->options['R'], copy);
}

int mv(const struct args *args) {
    return for_each_source(args, true, move_each);
}
