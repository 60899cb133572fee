#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "output.h"
#include "source.h"

#define LINE_MAX  1024
#define WORDS_MAX 32

/// What is read at a time, and what is made of it at most: a rate is raised from 4,000 to 192,000 in pieces.
#define FRAMES_IN  8192
#define FRAMES_OUT 8192

static struct frame in[FRAMES_IN];
static struct frame out[FRAMES_OUT];

static error_t fail(const char *path, error_t err) {
    const char *why = error_name(err);
    if (err == ERR_IN_USE) {
        why = "another program plays";
    } else if (err == ERR_UNAVAILABLE || err == ERR_NOT_FOUND) {
        why = "there is no sound device";
    }
    printf("play: %s: %s\n", path, why);
    return err;
}

static error_t __mustuse resample(struct resampler *resampler, const struct frame *frames,
                                  size_t num_frames) {
    size_t done = 0, made;
    do {
        size_t used;
        made = resampler_run(resampler, frames + done, num_frames - done, &used, out, FRAMES_OUT);
        done += used;
        error_t err = (made > 0) ? output_write(out, made) : OK;
        if (IS_ERROR(err)) {
            return err;
        }
    } while (made == FRAMES_OUT || done < num_frames);
    return OK;
}

static error_t __mustuse play_frames(const char *path, const struct wav *wav, uint32_t rate) {
    struct resampler resampler;
    resampler_init(&resampler, wav->rate, rate);
    int got;
    while ((got = source_read(wav, in, FRAMES_IN)) > 0) {
        error_t err = (rate == wav->rate) ? output_write(in, (size_t) got)
                                          : resample(&resampler, in, (size_t) got);
        if (IS_ERROR(err)) {
            return fail(path, err);
        }
    }
    return got;
}

static void describe(const char *path, const struct wav *wav) {
    uint64_t seconds = wav->data_len / wav->frame_len / wav->rate;
    printf("%s: %u Hz, %u bits, %s, %u:%02u\n", path, wav->rate, wav->bits,
           wav->channels == 1   ? "mono"
           : wav->channels == 2 ? "stereo"
                                : "more than two channels",
           (unsigned) (seconds / 60), (unsigned) (seconds % 60));
}

static error_t __mustuse play(const char *path) {
    struct wav wav;
    error_t err = source_open(path, &wav);
    if (IS_ERROR(err)) {
        return err;
    }
    describe(path, &wav);
    uint32_t rate = wav.rate;
    err = output_open(&rate);
    if (IS_ERROR(err)) {
        err = fail(path, err);
    } else {
        err = play_frames(path, &wav, rate);
    }
    if (IS_OK(err)) {
        err = output_drain();
    }
    output_close();
    source_close();
    return err;
}

void main(void) {
    static char line[LINE_MAX];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    if (num_words < 2) {
        printf("usage: play FILE…\n");
        task_exit_with(2);
    }
    int failed = 0;
    for (int i = 1; i < num_words; i++) {
        failed += IS_ERROR(play(words[i]));
    }
    task_exit_with(failed > 0);
}
