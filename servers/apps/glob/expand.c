#include "expand.h"

#include <fs_path.h>
#include <string.h>

#include "match.h"
#include "words.h"

/// Names in a path that a pattern can have: the stack has room for so many.
#define DEPTH_MAX 32

/// How far a pattern has been followed.
struct search {
    const char *pattern;  ///< The name to look for,
    size_t name_len;
    const char *rest;  ///< and what follows it; it ends at `end`.
    const char *end;
    unsigned depth;
    char path[FS_PATH_LEN];  ///< What has been found of it.
    size_t path_len;
    struct strings *paths;
};

static void follow(struct search *search, const char *pattern);

/// Goes on with a name behind the path, and comes back.
static void go_on(struct search *search, const char *name, size_t len, bool is_directory) {
    const char *pattern = search->pattern, *rest = search->rest;
    size_t name_len = search->name_len, path_len = search->path_len;
    bool is_last = (rest == search->end);
    if (path_len + len + 1 > FS_PATH_MAX || (!is_last && !is_directory)
        || search->depth == DEPTH_MAX) {
        return;
    }
    memcpy(&search->path[search->path_len], name, len);
    search->path_len += len;
    search->path[search->path_len] = '\0';
    if (is_last) {
        strings_add(search->paths, search->path);
    } else {
        search->depth++;
        follow(search, rest);
        search->depth--;
    }
    search->pattern = pattern;
    search->name_len = name_len;
    search->rest = rest;
    search->path_len = path_len;
    search->path[path_len] = '\0';
}

static void consider(const char *name, bool is_directory, void *arg) {
    struct search *search = arg;
    if (match(search->pattern, search->name_len, name)) {
        go_on(search, name, strlen(name), is_directory);
    }
}

/// Copies slashes to the path.
static const char *follow_slashes(struct search *search, const char *pattern) {
    while (pattern < search->end && *pattern == '/') {
        if (search->path_len < FS_PATH_MAX) {
            search->path[search->path_len++] = '/';
        }
        pattern++;
    }
    search->path[search->path_len] = '\0';
    return pattern;
}

/// A name that stands for itself: at the end of a pattern, it has to be there.
static void follow_literal(struct search *search) {
    struct text name = {0};
    text_add(&name, search->pattern, search->name_len);
    words_unescape(&name);
    text_add(&name, "", 1);
    if (search->rest < search->end) {
        go_on(search, name.chars, name.len - 1, true);
    } else if (search->path_len + name.len <= FS_PATH_MAX) {
        memcpy(&search->path[search->path_len], name.chars, name.len);
        if (path_exists(search->path)) {
            go_on(search, name.chars, name.len - 1, true);
        }
    }
    text_free(&name);
}

static void follow(struct search *search, const char *pattern) {
    pattern = follow_slashes(search, pattern);
    size_t len = 0;
    while (pattern + len < search->end && pattern[len] != '/') {
        len++;
    }
    search->pattern = pattern;
    search->name_len = len;
    search->rest = pattern + len;
    if (len == 0) {
        // It ends with a slash: the directory before has been found.
        strings_add(search->paths, search->path);
    } else if (match_is_pattern(pattern, len)) {
        list_directory(search->path_len ? search->path : ".", consider, search);
    } else {
        follow_literal(search);
    }
}

void expand_pattern(const struct text *pattern, struct strings *paths) {
    if (!match_is_pattern(pattern->chars, pattern->len)) {
        return;
    }
    static struct search search;
    search = (struct search){.end = pattern->chars + pattern->len, .paths = paths};
    follow(&search, pattern->chars);
    strings_sort(paths);
}

void expand_text(const char *text, struct text *expanded) {
    struct text pattern = {0};
    const char *start;
    while ((start = words_next(&text, &pattern)) != NULL) {
        struct strings paths = {0};
        if (expanded->len > 0) {
            text_add_str(expanded, " ");
        }
        expand_pattern(&pattern, &paths);
        for (size_t i = 0; i < paths.count; i++) {
            text_add_str(expanded, i ? " " : "");
            words_quote(expanded, paths.items[i], false);
        }
        if (paths.count == 0) {
            text_add(expanded, start, (size_t) (text - start));
        }
        strings_free(&paths);
        text_free(&pattern);
    }
}
