#include "complete.h"

#include <resea/malloc.h>
#include <string.h>

#include "expand.h"
#include "words.h"

struct search {
    const char *prefix;
    size_t prefix_len;
    struct strings *names;
};

static void consider(const char *name, bool is_directory, void *arg) {
    struct search *search = arg;
    bool is_hidden = (name[0] == '.' && search->prefix[0] != '.');
    if (is_hidden || strncmp(name, search->prefix, search->prefix_len) != 0) {
        return;
    }
    struct text shown = {0};
    text_add_str(&shown, name);
    text_add(&shown, "/", is_directory ? 1 : 0);
    text_add(&shown, "", 1);
    strings_add(search->names, shown.chars);
    text_free(&shown);
}

/// How many bytes all names have in common.
static size_t common_len(const struct strings *names) {
    const char *first = names->items[0];
    size_t len = strlen(first);
    for (size_t i = 1; i < names->count; i++) {
        size_t same = 0;
        while (same < len && names->items[i][same] == first[same]) {
            same++;
        }
        len = same;
    }
    // Not in the middle of a character.
    while (len > 0 && ((uint8_t) first[len] & 0xc0) == 0x80) {
        len--;
    }
    return len;
}

/// Writes what the names have in common behind the directory.
static void replace(const char *directory, size_t directory_len, const struct strings *names,
                    struct text *replacement) {
    struct text path = {0};
    size_t len = common_len(names);
    bool is_whole = (names->count == 1);
    bool is_directory = is_whole && names->items[0][len - 1] == '/';
    text_add(&path, directory, directory_len);
    text_add(&path, names->items[0], len);
    text_add(&path, "", 1);
    words_quote(replacement, path.chars, !is_whole || is_directory);
    text_add_str(replacement, (is_whole && !is_directory) ? " " : "");
    text_free(&path);
}

void complete_word(const char *word, struct text *replacement, struct strings *names) {
    struct text typed = {0};
    const char *rest = word;
    (void) words_next(&rest, &typed);
    words_unescape(&typed);
    size_t directory_len = typed.len;
    while (directory_len > 0 && typed.chars[directory_len - 1] != '/') {
        directory_len--;
    }
    text_add(&typed, "", 1);

    char *directory = strndup(typed.chars, directory_len);
    struct search search = {
        .prefix = &typed.chars[directory_len],
        .prefix_len = typed.len - 1 - directory_len,
        .names = names,
    };
    if (directory) {
        list_directory(directory_len ? directory : ".", consider, &search);
    }
    free(directory);
    strings_sort(names);
    if (names->count > 0) {
        replace(typed.chars, directory_len, names, replacement);
    } else {
        text_add_str(replacement, word);
    }
    text_free(&typed);
}
