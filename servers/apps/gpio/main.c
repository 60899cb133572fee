#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define LINE_MAX  64
#define WORDS_MAX 4

/// What one can do with a pin, by its name.
static const struct action {
    const char *name;
    bool has_level, high;
    enum gpio_mode mode;
} actions[] = {
    {"off", false, false, GPIO_MODE_OFF},
    {"in", false, false, GPIO_MODE_INPUT},
    {"up", false, false, GPIO_MODE_INPUT_PULL_UP},
    {"down", false, false, GPIO_MODE_INPUT_PULL_DOWN},
    {"out", false, false, GPIO_MODE_OUTPUT},
    {"high", true, true, GPIO_MODE_OUTPUT},
    {"low", true, false, GPIO_MODE_OUTPUT},
};

static void __noreturn fail_usage(void) {
    printf("usage: gpio PIN [off | in | up | down | out | high | low]\n"
           "up and down are inputs with a pull resistor, high and low are outputs.\n");
    task_exit_with(2);
}

static void __noreturn fail(unsigned pin, error_t err) {
    const char *why = (err == ERR_NOT_FOUND)        ? "the board has no such pin"
                      : (err == ERR_NOT_PERMITTED)  ? "it is used for something else"
                      : (err == ERR_NOT_ACCEPTABLE) ? "it can't do that"
                                                    : error_name(err);
    printf("gpio: pin %u: %s\n", pin, why);
    task_exit_with(1);
}

static const struct action *find_action(const char *name) {
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0) {
            return &actions[i];
        }
    }
    fail_usage();
}

static void print_pin(task_t server, unsigned pin) {
    static const char *const modes[] = {"off", "input", "input, pulled up", "input, pulled down",
                                        "output"};
    bool high;
    enum gpio_mode mode;
    error_t err = call_gpio_get(server, pin, &high, &mode);
    if (err != OK) {
        fail(pin, err);
    }
    printf("pin %u: %s, %s\n", pin, modes[mode], high ? "high" : "low");
}

static error_t carry_out(task_t server, unsigned pin, const struct action *action) {
    error_t err = action->has_level ? call_gpio_set(server, pin, action->high) : OK;
    return (err == OK) ? call_gpio_set_mode(server, pin, action->mode) : err;
}

void main(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (num_words < 2 || num_words > 3 || !isdigit(words[1][0])) {
        fail_usage();
    }

    unsigned pin = (unsigned) atoi(words[1]);
    const struct action *action = (num_words == 3) ? find_action(words[2]) : NULL;
    task_t server = ipc_lookup("gpio");
    if (IS_ERROR(server)) {
        fail(pin, server);
    }
    error_t err = (action != NULL) ? carry_out(server, pin, action) : OK;
    if (err != OK) {
        fail(pin, err);
    }
    print_pin(server, pin);
}
