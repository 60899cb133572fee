#include <fs.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#include "commands.h"
#include "listing.h"
#include "say.h"

/// Says what went wrong with removing something.
static bool say_remove(const char *path, error_t err) {
    if (err == ERR_NOT_ACCEPTABLE) {
        say_text(path, "is a directory that isn't empty");
        return false;
    }
    return say(path, err);
}

static bool remove_items(const struct listing *listing, const char *path) {
    // Not on the stack: directories may be deep.
    char *child = malloc(FS_PATH_LEN);
    if (!child) {
        return say(path, ERR_NO_MEMORY);
    }
    bool ok = true;
    for (size_t i = 0; i < listing->count; i++) {
        ok = join(path, listing->items[i].name, child) && remove_all(child) && ok;
    }
    free(child);
    return ok;
}

static bool remove_children(const char *path) {
    struct listing listing;
    if (!enter(path)) {
        return false;
    }
    bool ok = say(path, listing_read(path, &listing));
    if (ok) {
        ok = remove_items(&listing, path);
        listing_free(&listing);
    }
    leave();
    return ok;
}

bool remove_all(const char *path) {
    if (is_directory(path) && !remove_children(path)) {
        return false;
    }
    return say_remove(path, fs_remove(path));
}

static bool remove_word(const struct args *args, const char *path) {
    struct fs_info info;
    error_t err = fs_stat(path, &info);
    if (err == ERR_NOT_FOUND && args->options['f']) {
        return true;
    }
    if (!say(path, err)) {
        return false;
    }
    bool recursive = args->options['r'] || args->options['R'];
    if (info.type == FS_TYPE_DIRECTORY && !recursive) {
        say_text(path, "is a directory; -r removes it with all that is in it");
        return false;
    }
    return !has_mounts(path) && remove_all(path);
}

int rm(const struct args *args) {
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        ok = remove_word(args, args->words[i]) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}

/// Makes a directory and those that lead there.
static bool make_path(const char *path) {
    char canonical[FS_PATH_LEN];
    if (!say(path, fs_path_canonical(fs_directory(), path, canonical))) {
        return false;
    }
    char *at = canonical;
    while (*at != '\0') {
        at++;
        while (*at != '\0' && *at != '/') {
            at++;
        }
        char end = *at;
        *at = '\0';
        error_t err = is_directory(canonical) ? OK : fs_mkdir(canonical);
        if (!say(canonical, err)) {
            return false;
        }
        *at = end;
    }
    return true;
}

int make_directories(const struct args *args) {
    bool ok = true;
    for (int i = 0; i < args->count; i++) {
        const char *path = args->words[i];
        ok = (args->options['p'] ? make_path(path) : say(path, fs_mkdir(path))) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}

/// Writes the words, with spaces between them and a newline behind, from *offset on.
static error_t write_words(struct fs_file *file, uint64_t offset, char *const *words, int count) {
    error_t err = OK;
    for (int i = 0; i < count && IS_OK(err); i++) {
        size_t len = strlen(words[i]);
        err = fs_write(file, offset, words[i], len);
        offset += len;
        if (IS_OK(err)) {
            err = fs_write(file, offset, (i + 1 < count) ? " " : "\n", 1);
            offset++;
        }
    }
    return err;
}

int write_text(const struct args *args) {
    const char *path = args->words[0];
    struct fs_file file;
    if (!say(path, fs_create(path, true, &file))) {
        return STATUS_FAILED;
    }
    struct fs_info info = {0};
    error_t err = args->options['a'] ? fs_fstat(&file, &info) : fs_truncate(&file, 0);
    if (IS_OK(err)) {
        err = write_words(&file, info.size, &args->words[1], args->count - 1);
    }
    if (IS_OK(err)) {
        err = fs_flush(&file);
    }
    fs_close(&file);
    return say(path, err) ? 0 : STATUS_FAILED;
}
