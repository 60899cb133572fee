#include <args.h>

#include <string.h>

static bool is_option(const char *word) {
    return word[0] == '-' && word[1] != '\0';
}

/// Takes the options of one word. Returns how many words more have been used, or -1.
static int parse_word(const char *word, const char *next, const char *letters, struct args *args) {
    for (const char *letter = &word[1]; *letter != '\0'; letter++) {
        args->wrong = *letter;
        const char *known = (*letter == ':' || *letter < 0) ? NULL : strchr(letters, *letter);
        if (!known) {
            return -1;
        }
        if (known[1] != ':') {
            args->options[(int) *letter] = "";
            continue;
        }
        bool is_attached = (letter[1] != '\0');
        args->options[(int) *letter] = is_attached ? &letter[1] : next;
        if (!is_attached && !next) {
            return -1;
        }
        return is_attached ? 0 : 1;
    }
    return 0;
}

bool args_parse(char **words, int count, const char *letters, struct args *args) {
    memset(args, 0, sizeof(*args));
    bool options_end = false;
    for (int i = 0; i < count; i++) {
        if (!options_end && !strcmp(words[i], "--")) {
            options_end = true;
        } else if (options_end || !is_option(words[i])) {
            if (args->count == ARGS_MAX) {
                return false;
            }
            args->words[args->count++] = words[i];
        } else {
            int used = parse_word(words[i], (i + 1 < count) ? words[i + 1] : NULL, letters, args);
            if (used < 0) {
                return false;
            }
            i += used;
        }
    }
    return true;
}

static int digit_of(char ch) {
    if (ch >= '0' && ch <= '9') {
        return ch - '0';
    }
    char lower = (char) (ch | 0x20);
    return (lower >= 'a' && lower <= 'f') ? lower - 'a' + 10 : 16;
}

bool args_number(const char *text, uint64_t *number) {
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    uint64_t base = hex ? 16 : 10;
    text += hex ? 2 : 0;
    *number = 0;
    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t) digit_of(*text);
        if (digit >= base || *number > (UINT64_MAX - digit) / base) {
            return false;
        }
        *number = *number * base + digit;
    }
    return true;
}
