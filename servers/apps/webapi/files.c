#include "files.h"

#include <config.h>
#include <resea/ctype.h>
#include <resea/malloc.h>
#include <string.h>

#include "clock.h"
#include "target.h"

#define INDEX      "index.html"
#define NUM_CACHED 8

/// Files that are in memory: those that were asked for last.
static struct cached {
    char *path;  ///< NULL: nothing is here.
    void *data;
    uint32_t loaded_at;  ///< In seconds: another second, and it is looked at again.
    struct file file;
} cache[NUM_CACHED];

static const struct {
    const char *suffix, *type;
} types[] = {
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"txt", "text/plain; charset=utf-8"},
    {"md", "text/plain; charset=utf-8"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"ico", "image/x-icon"},
    {"wav", "audio/wav"},
    {"pdf", "application/pdf"},
    {"wasm", "application/wasm"},
};

static bool is_suffix(const char *text, const char *suffix) {
    while (*text != '\0' && tolower(*text) == *suffix) {
        text++;
        suffix++;
    }
    return *text == *suffix;
}

const char *files_type(const char *name) {
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        if (is_suffix(dot + 1, types[i].suffix)) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

static int status_of(error_t err) {
    switch (err) {
    case ERR_NOT_FOUND:
    case ERR_INVALID_ARG:
    case ERR_NOT_ACCEPTABLE:
    case ERR_TOO_LARGE:
        return 404;
    case ERR_IO:
        return 500;
    default:
        return 503;
    }
}

static struct cached *find(const char *path) {
    for (int i = 0; i < NUM_CACHED; i++) {
        struct cached *entry = &cache[i];
        if (entry->path != NULL && entry->loaded_at == clock_now() && !strcmp(entry->path, path)) {
            return entry;
        }
    }
    return NULL;
}

static void forget(struct cached *entry) {
    free(entry->path);
    free(entry->data);
    memset(entry, 0, sizeof(*entry));
}

/// Reads all of an open file, which is closed then. NULL: it can't be.
static void *load(struct file *file) {
    size_t done = 0;
    void *data = malloc((size_t) file->size + 1);
    if (data != NULL
        && (IS_ERROR(fs_read_into(&file->open, 0, data, (size_t) file->size, &done))
            || done != file->size)) {
        free(data);
        data = NULL;
    }
    fs_close(&file->open);
    return data;
}

/// Puts a small file into the cache.
static int keep(const char *path, struct file *file) {
    static unsigned next;
    struct cached *entry = &cache[next++ % NUM_CACHED];
    forget(entry);
    entry->data = load(file);
    entry->path = strdup(path);
    if (entry->data == NULL || entry->path == NULL) {
        forget(entry);
        return 503;
    }
    file->data = entry->data;
    version_take_contents(&file->version, file->data, (size_t) file->size);
    entry->loaded_at = clock_now();
    entry->file = *file;
    return 200;
}

/// Opens what is at a path of the file systems.
static int open(const char *path, struct file *file) {
    error_t err = fs_open(path, &file->open);
    if (IS_ERROR(err)) {
        return status_of(err);
    }
    struct fs_info info;
    err = fs_fstat(&file->open, &info);
    if (IS_ERROR(err) || info.type != FS_TYPE_FILE) {
        fs_close(&file->open);
        return IS_ERROR(err) ? status_of(err) : 301;
    }
    file->size = info.size;
    file->type = files_type(path);
    version_make(&file->version, info.mtime, info.size);
    return 200;
}

int files_open(const char *path, struct file *file) {
    struct cached *found = find(path);
    memset(file, 0, sizeof(*file));
    if (found != NULL) {
        *file = found->file;
        return 200;
    }
    char full[sizeof(CONFIG_WEBAPI_ROOT) + TARGET_PATH_LEN + sizeof(INDEX)];
    size_t path_len = strlen(path);
    bool is_directory = path[path_len - 1] == '/';
    strncpy2(full, CONFIG_WEBAPI_ROOT, sizeof(full));
    strncpy2(&full[strlen(full)], path, sizeof(full) - strlen(full));
    strncpy2(&full[strlen(full)], is_directory ? INDEX : "", sizeof(full) - strlen(full));
    int status = open(full, file);
    if (status == 301 && is_directory) {
        return 404;
    }
    return (status == 200 && file->size <= SMALL_FILE_MAX) ? keep(path, file) : status;
}
