#include "tree.h"

#include <stdio.h>
#include <string.h>
#include <unittest.h>

static const char *paths[] = {
    "/b.txt",   "/a.txt",          "/.hidden", "/dir/",     "/dir/y.c",
    "/dir/x.c", "/dir/with space", "/dir2/",   "/dir2/x.c", "/it's",
};
#define NUM_PATHS (sizeof(paths) / sizeof(paths[0]))

/// The path from the root, without a slash at its end: "" is the root.
static const char *absolute(const char *path) {
    static char buf[256];
    snprintf(buf, sizeof(buf), "%s%s", path[0] == '/' ? "" : "/", strcmp(path, ".") ? path : "");
    while (buf[0] != '\0' && buf[strlen(buf) - 1] == '/') {
        buf[strlen(buf) - 1] = '\0';
    }
    return buf;
}

void list_directory(const char *path, list_found_t found, void *arg) {
    char directory[256];
    strncpy2(directory, absolute(path), sizeof(directory));
    size_t len = strlen(directory);
    for (size_t i = 0; i < NUM_PATHS; i++) {
        if (strncmp(paths[i], directory, len) != 0 || paths[i][len] != '/') {
            continue;
        }
        char name[64];
        strncpy2(name, &paths[i][len + 1], sizeof(name));
        char *slash = strchr(name, '/');
        if (name[0] != '\0' && (!slash || slash[1] == '\0')) {
            if (slash) {
                *slash = '\0';
            }
            found(name, slash != NULL, arg);
        }
    }
}

bool path_exists(const char *path) {
    const char *wanted = absolute(path);
    size_t len = strlen(wanted);
    for (size_t i = 0; i < NUM_PATHS; i++) {
        if (!strncmp(paths[i], wanted, len) && (paths[i][len] == '\0' || paths[i][len] == '/')) {
            return true;
        }
    }
    return false;
}

static char buf[1024];

const char *joined(struct strings *strings) {
    buf[0] = '\0';
    for (size_t i = 0; i < strings->count; i++) {
        size_t len = strlen(buf);
        snprintf(&buf[len], sizeof(buf) - len, "%s|", strings->items[i]);
    }
    strings_free(strings);
    return buf;
}

const char *taken(struct text *text) {
    snprintf(buf, sizeof(buf), "%.*s", (int) text->len, text->len ? text->chars : "");
    text_free(text);
    return buf;
}
