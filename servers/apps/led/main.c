#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define LINE_MAX  64
#define WORDS_MAX 5
#define BLINK_MS  500

static void __noreturn fail_usage(void) {
    printf("usage: led on | off | blink [ON-MS [OFF-MS]] | state\n"
           "The times are %u to %u milliseconds.\n",
           LED_BLINK_MS_MIN, LED_BLINK_MS_MAX);
    task_exit_with(2);
}

static unsigned number(const char *word) {
    if (!isdigit(word[0])) {
        fail_usage();
    }
    return (unsigned) atoi(word);
}

static void compose(struct message *m, char **words, int num_words) {
    const char *what = (num_words > 1) ? words[1] : "";
    bool blink = strcmp(what, "blink") == 0;
    if (num_words < 2 || (num_words > 2 && !blink) || num_words > 4) {
        fail_usage();
    }

    if (blink) {
        m->type = LED_BLINK_MSG;
        m->led_blink.on_ms = (num_words > 2) ? number(words[2]) : BLINK_MS;
        m->led_blink.off_ms = (num_words > 3) ? number(words[3]) : m->led_blink.on_ms;
    } else if (strcmp(what, "on") == 0 || strcmp(what, "off") == 0) {
        m->type = LED_SET_MSG;
        m->led_set.on = strcmp(what, "on") == 0;
    } else if (strcmp(what, "state") == 0) {
        m->type = LED_GET_MSG;
    } else {
        fail_usage();
    }
}

void main(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));

    task_t server = 0;
    struct message m;
    bzero(&m, sizeof(m));
    compose(&m, words, cmdline_split(line, words, WORDS_MAX));
    error_t err = ipc_call_service_idempotent("led", &server, &m);
    if (err == ERR_INVALID_ARG) {
        fail_usage();
    } else if (err == ERR_UNAVAILABLE) {
        printf("led: this board's LED can't be reached\n");
    } else if (err != OK) {
        printf("led: the LED's server doesn't answer: %s\n", error_name(err));
    } else if (m.type == LED_GET_REPLY_MSG) {
        const char *state = m.led_get_reply.on ? "on" : "off";
        printf("%s\n", m.led_get_reply.blinking ? "blinking" : state);
    }
    task_exit_with((err == OK) ? 0 : 1);
}
