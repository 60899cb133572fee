#include "say.h"

#include <fs.h>
#include <resea/printf.h>
#include <socket.h>

const char *command_name;

void say_text(const char *subject, const char *text) {
    printf("%s: %s: %s\n", command_name, subject, text);
}

bool say(const char *subject, error_t err) {
    if (IS_ERROR(err)) {
        say_text(subject, socket_error_text(err));
    }
    return IS_OK(err);
}

bool say_file(const char *path, error_t err) {
    if (IS_ERROR(err)) {
        say_text(path, fs_error_text(err));
    }
    return IS_OK(err);
}

bool option_number(const struct args *args, char option, uint64_t min, uint64_t max,
                   uint64_t otherwise, uint64_t *number) {
    const char *text = args->options[(int) option];
    *number = otherwise;
    if (text == NULL) {
        return true;
    }
    if (args_number(text, number) && *number >= min && *number <= max) {
        return true;
    }
    printf("%s: -%c: '%s' is no number from %llu to %llu\n", command_name, option, text,
           (unsigned long long) min, (unsigned long long) max);
    return false;
}

bool word_port(const char *word, uint16_t *port) {
    uint64_t number;
    if (!args_number(word, &number) || number == 0 || number > UINT16_MAX) {
        say_text(word, "not a port: 1 to 65535");
        return false;
    }
    *port = (uint16_t) number;
    return true;
}
