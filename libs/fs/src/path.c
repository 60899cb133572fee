#include <fs_path.h>
#include <string.h>

static size_t name_len(const char *path) {
    size_t len = 0;
    while (path[len] != '\0' && path[len] != '/') {
        len++;
    }
    return len;
}

/// Takes the last name off the `len` bytes at `out`. Returns what is left: 0 for the root.
static size_t drop_last(const char *out, size_t len) {
    while (len > 0 && out[--len] != '/') {}
    return len;
}

/// Adds the names of `path` to those in `out`, which has no slash at its end: nothing is the root. Returns the
/// new length, or ERR_TOO_LARGE.
static int append(const char *path, char *out, size_t len) {
    while (*path != '\0') {
        size_t name = name_len(path);
        if (name == 2 && path[0] == '.' && path[1] == '.') {
            len = drop_last(out, len);
        } else if (name > 0 && !(name == 1 && path[0] == '.')) {
            if (name > FS_NAME_MAX || len + 1 + name > FS_PATH_MAX) {
                return ERR_TOO_LARGE;
            }
            out[len] = '/';
            memcpy(&out[len + 1], path, name);
            len += 1 + name;
        }
        path += name + (path[name] == '/');
    }
    return (int) len;
}

error_t fs_path_canonical(const char *directory, const char *path, char out[FS_PATH_LEN]) {
    int len = 0;
    if (path[0] == '\0' || (path[0] != '/' && !directory)) {
        return ERR_INVALID_ARG;
    }
    if (path[0] != '/') {
        len = append(directory, out, 0);
    }
    if (len >= 0) {
        len = append(path, out, (size_t) len);
    }
    if (len < 0) {
        return len;
    }
    if (len == 0) {
        out[len++] = '/';
    }
    out[len] = '\0';
    return OK;
}

size_t fs_path_next(const char **path, const char **name) {
    *name = *path + (**path == '/');
    size_t len = name_len(*name);
    *path = *name + len;
    return len;
}

const char *fs_path_below(const char *path, const char *directory) {
    size_t len = strlen(directory);
    if (len == 1) {
        return path;
    }
    if (strncmp(path, directory, len) != 0) {
        return NULL;
    }
    if (path[len] == '\0') {
        return "/";
    }
    return (path[len] == '/') ? &path[len] : NULL;
}

const char *fs_path_last(const char *path) {
    const char *last = path;
    for (; *path != '\0'; path++) {
        if (*path == '/') {
            last = path + 1;
        }
    }
    return last;
}

const char *fs_path_volume(const char *path, char volume[FS_VOLUME_LEN]) {
    const char *name;
    size_t len = fs_path_next(&path, &name);
    if (len == 0 || len >= FS_VOLUME_LEN) {
        return NULL;
    }
    memcpy(volume, name, len);
    volume[len] = '\0';
    return (*path == '\0') ? "/" : path;
}
