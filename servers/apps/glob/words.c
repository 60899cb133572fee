#include "words.h"

#include <string.h>

static bool is_space(char ch) {
    return ch == ' ' || ch == '\t';
}

const char *words_next(const char **text, struct text *pattern) {
    const char *at = *text;
    while (is_space(*at)) {
        at++;
    }
    const char *start = at;
    char quote = '\0';
    for (; *at != '\0' && (quote != '\0' || !is_space(*at)); at++) {
        if (quote == *at) {
            quote = '\0';
        } else if (quote == '\0' && (*at == '\'' || *at == '"')) {
            quote = *at;
        } else {
            bool has_meaning = (strchr("*?[]!-", *at) != NULL);
            if (*at == '\\' || (quote != '\0' && has_meaning)) {
                text_add_str(pattern, "\\");
            }
            text_add(pattern, at, 1);
        }
    }
    *text = at;
    return (at > start) ? start : NULL;
}

void words_unescape(struct text *pattern) {
    size_t len = 0;
    for (size_t i = 0; i < pattern->len; i++) {
        i += (pattern->chars[i] == '\\' && i + 1 < pattern->len);
        pattern->chars[len++] = pattern->chars[i];
    }
    pattern->len = len;
}

void words_quote(struct text *text, const char *word, bool open) {
    bool is_plain = (word[0] != '\0' || open);
    for (const char *ch = word; *ch != '\0'; ch++) {
        is_plain = is_plain && !strchr(" \t'\"*?[;&#$", *ch);
    }
    if (is_plain) {
        text_add_str(text, word);
        return;
    }
    // Nothing means anything in single quotes, but they can't have one in them: it gets double ones.
    text_add_str(text, "'");
    for (const char *ch = word; *ch != '\0'; ch++) {
        if (*ch == '\'') {
            text_add_str(text, "'\"'\"'");
        } else {
            text_add(text, ch, 1);
        }
    }
    if (!open) {
        text_add_str(text, "'");
    }
}
