// Steps as text: a word and NAME=NUMBER for all that isn't 0.

#include "op.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[NUM_OP_KINDS] = {
    "ipc",     "notify",   "timer", "exit",    "fault",   "exception", "create",
    "destroy", "schedule", "grant", "acquire", "release", "spawn",     "kill",
    "map",     "unmap",    "wait",  "irq",     "wake",
};

static const struct field {
    const char *name;
    size_t offset;
} fields[] = {
    {"who", offsetof(struct op, who)},   {"to", offsetof(struct op, to)},
    {"from", offsetof(struct op, from)}, {"flags", offsetof(struct op, flags)},
    {"type", offsetof(struct op, type)}, {"len", offsetof(struct op, len)},
    {"seed", offsetof(struct op, seed)}, {"at", offsetof(struct op, at)},
    {"out", offsetof(struct op, out)},   {"size", offsetof(struct op, size)},
    {"in", offsetof(struct op, in)},     {"cap", offsetof(struct op, cap)},
    {"ool", offsetof(struct op, ool)},   {"value", offsetof(struct op, value)},
};
#define NUM_FIELDS (sizeof(fields) / sizeof(fields[0]))

int *op_field(struct op *op, unsigned n) {
    return n < NUM_FIELDS ? (int *) (void *) ((char *) op + fields[n].offset) : NULL;
}

void op_print(FILE *file, const struct op *op) {
    struct op copy = *op;
    fprintf(file, "%s", words[op->kind]);
    for (unsigned i = 0; i < NUM_FIELDS; i++) {
        int value = *op_field(&copy, i);
        if (value) {
            fprintf(file, " %s=%d", fields[i].name, value);
        }
    }
}

static bool set_field(struct op *op, const char *name, size_t len, int value) {
    for (unsigned i = 0; i < NUM_FIELDS; i++) {
        if (strlen(fields[i].name) == len && !strncmp(fields[i].name, name, len)) {
            *op_field(op, i) = value;
            return true;
        }
    }
    return false;
}

static int find_word(const char *word, size_t len) {
    for (int i = 0; i < NUM_OP_KINDS; i++) {
        if (strlen(words[i]) == len && !strncmp(words[i], word, len)) {
            return i;
        }
    }
    return -1;
}

/// How many characters there are before `end`, or in all.
static size_t length_to(const char *text, char end) {
    const char *found = strchr(text, end);
    return found ? (size_t) (found - text) : strlen(text);
}

bool op_parse(const char *line, struct op *op) {
    size_t len = length_to(line, ' ');
    *op = (struct op){.kind = find_word(line, len)};
    line += len;
    while (op->kind >= 0 && *line) {
        line++;
        len = length_to(line, '=');
        char *end = NULL;
        long value = line[len] ? strtol(line + len + 1, &end, 0) : 0;
        if (!end || !set_field(op, line, len, (int) value) || (*end && *end != ' ')) {
            return false;
        }
        line = end;
    }
    return op->kind >= 0;
}

void sequence_print(FILE *file, const struct setup *setup, const struct op *ops, size_t num) {
    fprintf(file, "cpus %u\n%s%s%s", setup->cpus, setup->fast ? "fast\n" : "",
            setup->late ? "late\n" : "", setup->still ? "still\n" : "");
    for (size_t i = 0; i < num; i++) {
        op_print(file, &ops[i]);
        fputc('\n', file);
    }
}

static bool *choice_of(struct setup *setup, const char *word) {
    return !strcmp(word, "fast")    ? &setup->fast
           : !strcmp(word, "late")  ? &setup->late
           : !strcmp(word, "still") ? &setup->still
                                    : NULL;
}

/// One line of a file. Returns false if it is none of what there is; *is_op if it is a step.
static bool read_line(char *line, struct setup *setup, struct op *op, bool *is_op) {
    size_t len = strlen(line);
    while (len && isspace((unsigned char) line[len - 1])) {
        line[--len] = '\0';
    }
    *is_op = false;
    if (!len || line[0] == '#') {
        return true;
    }
    bool *choice = choice_of(setup, line);
    if (choice) {
        *choice = true;
        return true;
    }
    if (sscanf(line, "cpus %u", &setup->cpus) == 1) {
        return true;
    }
    *is_op = op_parse(line, op);
    return *is_op;
}

long sequence_read(const char *path, struct setup *setup, struct op *ops, size_t max) {
    FILE *file = fopen(path, "r");
    char line[512];
    long num = 0;
    *setup = (struct setup){.cpus = 1};
    if (!file) {
        perror(path);
        return -1;
    }
    for (int number = 1; num >= 0 && (size_t) num < max && fgets(line, sizeof(line), file);
         number++) {
        bool is_op;
        if (!read_line(line, setup, &ops[num], &is_op)) {
            fprintf(stderr, "%s:%d: no step: %s\n", path, number, line);
            num = -1;
        } else {
            num += is_op;
        }
    }
    fclose(file);
    return num;
}
