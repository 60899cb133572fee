#include <blk/client.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#include "model.h"

#define BUFFER_LEN (256 * 1024)
/// Sectors of one run, at most.
#define RUN_MAX 128
/// Runs of one request, at most: so that all fit into the buffer.
#define RUNS_MAX 4
/// Rounds between flushes.
#define FLUSH_EVERY 32

#define LINE_MAX 128

static struct blk_unit unit;

static void check(error_t err, const char *what) {
    if (IS_ERROR(err)) {
        printf("disktest: %s: %s\n", what, error_name(err));
        task_exit_with(1);
    }
}

/// Writes all again that may be lost.
static void write_again(void) {
    unsigned count = 0;
    for (uint32_t sector = 0; sector < MODEL_SECTORS; sector++) {
        if (model_is_unflushed(sector)) {
            model_fill(sector, unit.buffer);
            check(blk_write(&unit, sector, 1, 0), "writing again");
            count++;
        }
    }
    printf("disktest: wrote %u sectors again\n", count);
}

static void flush(void) {
    error_t err;
    while ((err = blk_flush(&unit)) == ERR_TRY_AGAIN) {
        write_again();
    }
    check(err, "flushing");
    model_flushed();
}

/// Chooses runs that don't overlap: each has a part of the disk of its own.
static unsigned choose_runs(struct blk_segment *segments) {
    unsigned num = 1 + model_random(RUNS_MAX);
    uint32_t part = MODEL_SECTORS / num;
    uint32_t place = 0;
    for (unsigned i = 0; i < num; i++) {
        uint32_t count = 1 + model_random(RUN_MAX);
        uint32_t sector = i * part + model_random(part - count + 1);
        segments[i] = (struct blk_segment){sector, count, place};
        place += count * MODEL_SECTOR_LEN;
    }
    return num;
}

static void write_runs(const struct blk_segment *segments, unsigned num, unsigned flags) {
    for (unsigned i = 0; i < num; i++) {
        for (uint32_t k = 0; k < segments[i].count; k++) {
            uint32_t sector = (uint32_t) segments[i].sector + k;
            model_write(sector);
            model_fill(sector, &unit.buffer[segments[i].place + k * MODEL_SECTOR_LEN]);
        }
    }
    error_t err = blk_transfer_segments(&unit, BLK_WRITE | flags, segments, num);
    if (err == ERR_TRY_AGAIN) {
        write_again();
        err = OK;
    }
    check(err, "writing");
}

static bool read_runs(const struct blk_segment *segments, unsigned num) {
    memset(unit.buffer, 0, unit.buffer_len);
    check(blk_transfer_segments(&unit, 0, segments, num), "reading");
    for (unsigned i = 0; i < num; i++) {
        for (uint32_t k = 0; k < segments[i].count; k++) {
            if (!model_check((uint32_t) segments[i].sector + k,
                             &unit.buffer[segments[i].place + k * MODEL_SECTOR_LEN])) {
                return false;
            }
        }
    }
    return true;
}

static bool do_round(unsigned round) {
    struct blk_segment segments[RUNS_MAX];
    unsigned num = choose_runs(segments);
    bool good = true;
    switch (model_random(4)) {
    case 0:
        write_runs(segments, num, 0);
        break;
    case 1:
        write_runs(segments, num, BLK_FLUSH_BEFORE);
        break;
    default:
        good = read_runs(segments, num);
        break;
    }
    if (round % FLUSH_EVERY == FLUSH_EVERY - 1) {
        flush();
    }
    return good;
}

static unsigned get_number(const char *name, unsigned value) {
    const char *text = cmdline_option(name);
    return (text != NULL) ? (unsigned) atoi(text) : value;
}

static const char *get_unit_name(void) {
    static char line[LINE_MAX];
    static char *words[8];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, 8);
    if (num_words < 2 || words[1][0] == '-') {
        printf("usage: disktest UNIT [--seed=N] [--rounds=N]\n");
        task_exit_with(2);
    }
    return words[1];
}

void main(void) {
    check(blk_open(&unit, get_unit_name(), BUFFER_LEN, true), "opening");
    if (unit.sector_size != MODEL_SECTOR_LEN || unit.num_sectors < MODEL_SECTORS) {
        printf("disktest: the disk has other sectors, or not enough\n");
        task_exit_with(1);
    }
    model_seed(get_number("seed", 1));
    unsigned rounds = get_number("rounds", 100);
    bool good = true;
    for (unsigned round = 0; round < rounds && good; round++) {
        good = do_round(round);
    }
    flush();
    printf("disktest: %u rounds, %u restarts: %s\n", rounds, unit.epoch, good ? "good" : "BAD");
    blk_close(&unit);
    task_exit_with(good ? 0 : 1);
}
