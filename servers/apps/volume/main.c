#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define LINE_MAX  64
#define WORDS_MAX 3

static void __noreturn fail_usage(void) {
    printf("usage: volume [PERCENT | mute | unmute]\n");
    task_exit_with(2);
}

static void __noreturn fail(error_t err) {
    printf("volume: there is no sound: %s\n", error_name(err));
    task_exit_with(1);
}

/// A number from 0 to AUDIO_VOLUME_MAX.
static unsigned percent_of(const char *word) {
    unsigned percent = 0;
    for (const char *digit = word; *digit != '\0'; digit++) {
        percent = percent * 10 + (unsigned) (*digit - '0');
        if (!isdigit(*digit) || percent > AUDIO_VOLUME_MAX) {
            fail_usage();
        }
    }
    return percent;
}

/// What a word changes of how loud it is.
static void change(const char *word, unsigned *percent, bool *muted) {
    if (strcmp(word, "mute") == 0 || strcmp(word, "unmute") == 0) {
        *muted = word[0] == 'm';
    } else {
        *percent = percent_of(word);
        *muted = false;
    }
}

void main(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (num_words < 1 || num_words > 2) {
        fail_usage();
    }

    task_t audio = ipc_lookup("audio");
    unsigned percent;
    bool muted;
    error_t err = IS_OK(audio) ? call_audio_volume(audio, &percent, &muted) : audio;
    if (IS_OK(err) && num_words == 2) {
        change(words[1], &percent, &muted);
        err = call_audio_set_volume(audio, percent, muted);
    }
    if (IS_ERROR(err)) {
        fail(err);
    }
    printf("%u %%%s\n", percent, muted ? ", muted" : "");
}
