// What libFuzzer drives: paths that somebody may have typed, and lists of entries that a file system may have sent. An input
// is a directory and a path, with a zero in between; and all of it is a list.

#include <fs.h>
#include <fs_path.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/// Names of a path that somebody else has taken apart.
#define NAMES_MAX 4096

struct names {
    struct {
        const char *text;
        size_t len;
    } names[NAMES_MAX];
    size_t count;
    size_t len;      ///< Bytes of the canonical path,
    size_t longest;  ///< and at its longest on the way.
    bool has_long_name;
};

static void expect(bool what) {
    if (!what) {
        abort();
    }
}

/// A copy in memory of exactly its length: the sanitizer sees each byte too many.
static char *copy_text(const uint8_t *data, size_t len) {
    char *text = malloc(len + 1);
    memcpy(text, data, len);
    text[len] = '\0';
    return text;
}

static bool is_name(const char *name, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '/' || name[i] == '\0') {
            return false;
        }
    }
    return len > 0 && len <= FS_NAME_MAX && !(len == 1 && name[0] == '.')
           && !(len == 2 && name[0] == '.' && name[1] == '.');
}

static size_t name_len(const char *path) {
    size_t len = 0;
    while (path[len] != '\0' && path[len] != '/') {
        len++;
    }
    return len;
}

static void add_name(struct names *names, const char *text, size_t len) {
    expect(names->count < NAMES_MAX);
    names->names[names->count].text = text;
    names->names[names->count].len = len;
    names->count++;
    names->len += 1 + len;
    names->longest = MAX(names->longest, names->len);
    names->has_long_name |= len > FS_NAME_MAX;
}

static void drop_name(struct names *names) {
    if (names->count > 0) {
        names->count--;
        names->len -= 1 + names->names[names->count].len;
    }
}

/// What a path means, name by name.
static void follow(struct names *names, const char *path) {
    while (*path != '\0') {
        size_t len = name_len(path);
        if (len == 2 && memcmp(path, "..", 2) == 0) {
            drop_name(names);
        } else if (len > 0 && !(len == 1 && path[0] == '.')) {
            add_name(names, path, len);
        }
        path += len + (path[len] == '/');
    }
}

/// What must be true of a canonical path, and of its parts.
static void check_parts(const char *path, const struct names *names) {
    char again[FS_PATH_LEN];
    expect(fs_path_canonical(NULL, path, again) == OK && strcmp(path, again) == 0);
    expect(strcmp(fs_path_below(path, "/"), path) == 0);
    const char *at = path, *name, *last = "";
    for (size_t i = 0; i < names->count; i++) {
        size_t len = fs_path_next(&at, &name);
        expect(len == names->names[i].len && memcmp(name, names->names[i].text, len) == 0);
        expect(is_name(name, len));
        memcpy(again, path, (size_t) (at - path));
        again[at - path] = '\0';
        expect(strcmp(fs_path_below(path, again), (*at == '\0') ? "/" : at) == 0);
        last = name;
    }
    expect(fs_path_next(&at, &name) == 0 && *at == '\0');
    expect(strcmp(fs_path_last(path), last) == 0);
    char volume[FS_VOLUME_LEN];
    const char *rest = fs_path_volume(path, volume);
    expect((rest != NULL) == (names->count > 0 && names->names[0].len < FS_VOLUME_LEN));
    expect(rest == NULL || (rest[0] == '/' && strlen(volume) == names->names[0].len));
}

static void try_path(const char *directory, const char *path) {
    static struct names names;
    names.count = names.len = names.longest = 0;
    names.has_long_name = false;
    char out[FS_PATH_LEN];
    error_t err = fs_path_canonical(directory, path, out);
    if (path[0] == '\0' || (path[0] != '/' && directory == NULL)) {
        expect(err == ERR_INVALID_ARG);
        return;
    }
    if (path[0] != '/') {
        follow(&names, directory);
    }
    follow(&names, path);
    bool is_too_large = names.has_long_name || names.longest > FS_PATH_MAX;
    expect(err == (is_too_large ? ERR_TOO_LARGE : OK));
    if (err == OK) {
        check_parts(out, &names);
    }
}

static void try_list(const uint8_t *data, size_t len) {
    uint8_t *list = malloc(len + 1);
    memcpy(list, data, len);
    // Its last byte isn't the list's.
    uint8_t *exact = realloc(list, (len > 0) ? len : 1);
    size_t offset = 0, before = 0;
    const struct fs_entry *entry;
    while ((entry = fs_entries_next(exact, len, &offset)) != NULL) {
        expect(offset > before && offset <= len);
        expect(is_name(entry->name, entry->name_len));
        before = offset;
    }
    expect(offset == before);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len > NAMES_MAX) {
        return 0;
    }
    size_t first = strnlen((const char *) data, len);
    char *directory = copy_text(data, first);
    char *path = copy_text(data + MIN(first + 1, len), len - MIN(first + 1, len));
    char canonical[FS_PATH_LEN];
    try_path(NULL, directory);
    try_path(NULL, path);
    if (fs_path_canonical(NULL, directory, canonical) == OK) {
        try_path(canonical, path);
    }
    free(directory);
    free(path);
    try_list(data, len);
    return 0;
}
