#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

/// The program's name, the subcommand, and its arguments.
#define WORDS_MAX (2 + CMDLINE_ARGS_MAX)

struct cmd {
    const char *name;
    int num_args;
    int num_required;
};

/// Arguments of all commands, in the order in which they were declared.
struct arg {
    int cmd;
    bool optional;
    const char *name;
    char **result;
};

// Both grow as they are declared: few programs have many, and most have none.
static struct cmd *cmds;
static int num_cmds;
static struct arg *args;
static int num_args;
/// Holds the words of the last parse.
static char *line;

void cmdline_init(void) {
    free(line);
    line = NULL;
    num_cmds = 0;
    num_args = 0;
}

int cmdline_cmd(const char *name) {
    ASSERT(num_cmds < CMDLINE_CMDS_MAX);
    cmds = realloc(cmds, (size_t) (num_cmds + 1) * sizeof(*cmds));
    ASSERT(cmds != NULL);
    cmds[num_cmds] = (struct cmd){name, 0, 0};
    return num_cmds++;
}

void cmdline_arg(cmdline_result_t result, int cmd, const char *name, bool optional) {
    ASSERT(0 <= cmd && cmd < num_cmds);
    struct cmd *c = &cmds[cmd];
    ASSERT(c->num_args < CMDLINE_ARGS_MAX);
    ASSERT(optional || c->num_required == c->num_args);
    c->num_args++;
    c->num_required += !optional;
    args = realloc(args, (size_t) (num_args + 1) * sizeof(*args));
    ASSERT(args != NULL);
    args[num_args++] = (struct arg){cmd, optional, name, result.writable};
}

/// Moves one word to *dst, without its quotes, and NUL-terminates it. Returns what follows it, or NULL
/// if a quote isn't closed.
static char *take_word(char *s, char **dst) {
    char quote = '\0';
    char *out = *dst;
    for (; *s != '\0' && (quote != '\0' || !isspace(*s)); s++) {
        if (quote == '\0' && (*s == '"' || *s == '\'')) {
            quote = *s;
        } else if (*s == quote) {
            quote = '\0';
        } else {
            *out++ = *s;
        }
    }

    // The terminator may overwrite the space that ended the word.
    bool last = *s == '\0';
    *out = '\0';
    *dst = out + 1;
    return (quote != '\0') ? NULL : last ? s : s + 1;
}

static char *skip_spaces(char *s) {
    while (isspace(*s)) {
        s++;
    }
    return s;
}

int cmdline_split(char *s, char **words, int max) {
    int count = 0;
    for (;;) {
        s = skip_spaces(s);
        if (*s == '\0') {
            return count;
        }
        if (count == max) {
            return ERR_TOO_LARGE;
        }

        char *dst = s;
        words[count] = dst;
        count++;
        s = take_word(s, &dst);
        if (s == NULL) {
            return ERR_INVALID_ARG;
        }
    }
}

static void print_usage(const char *program, int cmd) {
    printf("usage: %s %s", program, cmds[cmd].name);
    for (int i = 0; i < num_args; i++) {
        if (args[i].cmd == cmd) {
            printf(args[i].optional ? " [%s]" : " <%s>", args[i].name);
        }
    }
    printf("\n");
}

static int unknown_command(const char *program, const char *name) {
    if (name != NULL) {
        printf("%s: unknown command \"%s\"\n", program, name);
    }
    for (int i = 0; i < num_cmds; i++) {
        print_usage(program, i);
    }
    return ERR_NOT_FOUND;
}

static int parse_args(const char *program, int cmd, char **words, int num_words) {
    if (num_words < cmds[cmd].num_required || num_words > cmds[cmd].num_args) {
        print_usage(program, cmd);
        return (num_words < cmds[cmd].num_required) ? ERR_TOO_SMALL : ERR_TOO_LARGE;
    }

    int word = 0;
    for (int i = 0; i < num_args; i++) {
        if (args[i].cmd == cmd) {
            *args[i].result = (word < num_words) ? words[word] : NULL;
            word++;
        }
    }
    return cmd;
}

int cmdline_parse(const char *cmdline, cmdline_result_t cmd_name) {
    *cmd_name.writable = NULL;
    free(line);
    line = strdup(cmdline);
    if (line == NULL) {
        return ERR_NO_MEMORY;
    }

    char *words[WORDS_MAX];
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (IS_ERROR(num_words)) {
        printf("%s\n", (num_words == ERR_TOO_LARGE) ? "too many arguments"
                                                    : "a quote in the arguments isn't closed");
        return num_words;
    }

    const char *program = (num_words > 0) ? words[0] : program_name();
    if (num_words < 2) {
        return unknown_command(program, NULL);
    }

    *cmd_name.writable = words[1];
    for (int i = 0; i < num_cmds; i++) {
        if (strcmp(cmds[i].name, words[1]) == 0) {
            return parse_args(program, i, &words[2], num_words - 2);
        }
    }
    return unknown_command(program, words[1]);
}

/// Splits our own command line once. Its words, which last as long as the program, follow each other.
/// Returns the first; `*count` is 0 if there is none or a quote isn't closed.
static char *own_words(int *count) {
    static char *words;
    static int num_words;
    if (words == NULL) {
        words = strdup(program_cmdline());
        ASSERT(words != NULL);
        char *s = words, *dst = words;
        while (s != NULL && *(s = skip_spaces(s)) != '\0') {
            s = take_word(s, &dst);
            num_words++;
        }
        num_words = (s != NULL) ? num_words : 0;
    }

    *count = num_words;
    return words;
}

const char *cmdline_option(const char *name) {
    int count;
    const char *word = own_words(&count);
    size_t len = strlen(name);
    while (--count > 0) {
        word += strlen(word) + 1;
        if (strncmp(word, "--", 2) != 0 || strncmp(&word[2], name, len) != 0) {
            continue;
        }

        const char *rest = &word[2 + len];
        if (*rest == '=' || *rest == '\0') {
            return (*rest == '=') ? rest + 1 : rest;
        }
    }
    return NULL;
}
