#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define LINE_MAX  64
#define WORDS_MAX 3

static int parse_count(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (num_words == 1) {
        return 1;
    }
    int count = (num_words == 2 && isdigit(words[1][0])) ? atoi(words[1]) : 0;
    if (count <= 0) {
        printf("usage: random [COUNT]\n");
        task_exit_with(2);
    }
    return count;
}

void main(void) {
    task_t server = 0;
    int count = parse_count();
    for (int i = 0; i < count; i++) {
        struct message m;
        bzero(&m, sizeof(m));
        m.type = RANDOM_GET_RANDOM_MSG;
        error_t err = ipc_call_service_idempotent("random", &server, &m);
        if (err != OK) {
            printf("random: there is no random number: %s\n", error_name(err));
            task_exit_with(1);
        }
        printf("%08x\n", (unsigned) m.random_get_random_reply.random_number);
    }
}
