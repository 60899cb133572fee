#include "parse.h"

#include <string.h>

/// A constant as text.
#define TEXT_OF(number) TEXT(number)
#define TEXT(number)    #number

/// A string being written into a buffer of a fixed size.
struct output {
    char *buf;
    size_t len;
    size_t cap;
    bool overflow;
};

static void put_char(struct output *out, char ch) {
    if (out->len + 1 < out->cap) {
        out->buf[out->len++] = ch;
        out->buf[out->len] = '\0';
    } else {
        out->overflow = true;
    }
}

static void put_int(struct output *out, int value) {
    char digits[12];
    size_t len = 0;
    unsigned rest = value < 0 ? 0u - (unsigned) value : (unsigned) value;
    do {
        digits[len++] = (char) ('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);

    if (value < 0) {
        put_char(out, '-');
    }

    while (len > 0) {
        put_char(out, digits[--len]);
    }
}

static bool is_space(char ch) {
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

/// Copies the command at the start of `line` into `command->text`, "$?" replaced, and returns where
/// it ends: at a separator or the end of the line.
static const char *copy_text(const char *line, int status, struct command *command,
                             const char **error) {
    struct output out = {.buf = command->text, .cap = sizeof(command->text)};
    char quote = '\0';
    char last = ' ';
    for (; *line != '\0'; last = *line++) {
        if (quote == '\0' && *line == '#' && is_space(last)) {
            line += strlen(line);
            break;
        }

        if (quote == '\0' && (*line == ';' || *line == '&')) {
            break;
        }

        if (quote == *line) {
            quote = '\0';
        } else if (quote == '\0' && (*line == '"' || *line == '\'')) {
            quote = *line;
        }

        if (quote != '\'' && line[0] == '$' && line[1] == '?') {
            put_int(&out, status);
            line++;
        } else {
            put_char(&out, *line);
        }
    }

    if (quote != '\0') {
        *error = "a quote isn't closed; add the closing one";
    } else if (out.overflow) {
        *error = "the command is too long; it must be shorter than " TEXT_OF(LINE_LEN);
    }

    return line;
}

static void trim(char *text) {
    size_t start = 0;
    while (is_space(text[start])) {
        start++;
    }

    size_t end = strlen(text);
    while (end > start && is_space(text[end - 1])) {
        end--;
    }

    memmove(text, &text[start], end - start);
    text[end - start] = '\0';
}

/// Copies the word at `text` to `out`, its quotes removed, and returns where it ends.
static const char *copy_word(const char *text, struct output *out) {
    char quote = '\0';
    for (; *text != '\0' && (quote != '\0' || !is_space(*text)); text++) {
        if (quote == *text) {
            quote = '\0';
        } else if (quote == '\0' && (*text == '"' || *text == '\'')) {
            quote = *text;
        } else {
            put_char(out, *text);
        }
    }

    return text;
}

static void split_words(struct command *command, const char **error) {
    struct output out = {.buf = command->words, .cap = sizeof(command->words)};
    const char *text = command->text;
    while (*text != '\0') {
        if (is_space(*text)) {
            text++;
            continue;
        }

        if (command->argc == MAX_ARGS) {
            *error = "the command has too many words; " TEXT_OF(MAX_ARGS) " are allowed";
            return;
        }

        command->argv[command->argc++] = &command->words[out.len];
        text = copy_word(text, &out);
        // A word is never longer than its text, and the space behind it makes room for the NUL.
        out.buf[out.len++] = '\0';
    }
}

bool parse_command(const char **line, int status, struct command *command, const char **error) {
    memset(command, 0, sizeof(*command));
    *error = NULL;
    if (**line == '\0') {
        return false;
    }

    const char *end = copy_text(*line, status, command, error);
    command->background = *end == '&';
    *line = *end == '\0' ? end : end + 1;
    trim(command->text);
    if (*error == NULL) {
        split_words(command, error);
    }

    return *error == NULL;
}

/// Copies the next word of a kernel command line to `out` and returns where it ends, or NULL if
/// there is none.
static const char *next_option(const char *cmdline, struct output *out) {
    while (is_space(*cmdline)) {
        cmdline++;
    }

    if (*cmdline == '\0') {
        return NULL;
    }

    bool quoted = false;
    for (; *cmdline != '\0' && (quoted || !is_space(*cmdline)); cmdline++) {
        if (*cmdline == '"') {
            quoted = !quoted;
        } else {
            cmdline += quoted && cmdline[0] == '\\' && cmdline[1] != '\0';
            put_char(out, *cmdline);
        }
    }

    return cmdline;
}

int parse_option(const char *cmdline, const char *name, char *value, size_t value_len) {
    size_t name_len = strlen(name);
    while (true) {
        char word[LINE_LEN] = "";
        struct output out = {.buf = word, .cap = sizeof(word)};
        cmdline = next_option(cmdline, &out);
        if (cmdline == NULL) {
            return -1;
        }

        if (strncmp(word, name, name_len) == 0 && word[name_len] == '=') {
            size_t len = strlen(word) - name_len;
            if (out.overflow || len > value_len) {
                return (int) value_len;
            }

            memcpy(value, &word[name_len + 1], len);
            return (int) len - 1;
        }
    }
}

bool parse_int(const char *str, int *value) {
    bool negative = *str == '-';
    str += negative;
    int64_t number = 0;
    const char *digit = str;
    for (; *digit >= '0' && *digit <= '9' && number <= INT32_MAX; digit++) {
        number = number * 10 + (*digit - '0');
    }

    number = negative ? -number : number;
    *value = (int) number;
    return digit != str && *digit == '\0' && number == *value;
}
