#include "say.h"

#include <fs.h>
#include <resea/printf.h>
#include <string.h>

const char *command_name;

void say_text(const char *path, const char *text) {
    printf("%s: %s: %s\n", command_name, path, text);
}

bool say(const char *path, error_t err) {
    if (IS_ERROR(err)) {
        say_text(path, fs_error_text(err));
    }
    return IS_OK(err);
}

bool join(const char *directory, const char *name, char path[FS_PATH_LEN]) {
    size_t len = strlen(directory);
    size_t slash = (len == 0 || directory[len - 1] != '/') ? 1 : 0;
    if (len + slash + strlen(name) > FS_PATH_MAX) {
        return say(directory, ERR_TOO_LARGE);
    }
    memcpy(path, directory, len);
    path[len] = '/';
    strncpy2(&path[len + slash], name, FS_PATH_LEN - len - slash);
    return true;
}

#define DEPTH_MAX 100
static int depth;

bool enter(const char *path) {
    if (depth == DEPTH_MAX) {
        say_text(path, "is too deep inside other directories");
        return false;
    }
    depth++;
    return true;
}

void leave(void) {
    depth--;
}

bool is_directory(const char *path) {
    struct fs_info info;
    return IS_OK(fs_stat(path, &info)) && info.type == FS_TYPE_DIRECTORY;
}
