#include <blk/client.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#define MIB         (1024u * 1024)
#define REQUEST_LEN (64u * 1024)
/// Requests of a row, which reads the disk from its beginning on.
#define REQUESTS (8 * MIB / REQUEST_LEN)
/// The median of these counts.
#define ROWS 5

#define LINE_MAX 128

static struct blk_unit unit;

static void fail(const char *what, error_t err) {
    printf("diskbench: %s: %s\n", what, error_name(err));
    task_exit_with(1);
}

/// What the CPU has worked since it came up, without waiting for the disk. All is on one CPU.
static uint64_t busy_cycles(void) {
    struct cpu_info info;
    int len = sys_info(INFO_CPU, 0, &info, sizeof(info));
    if (len != (int) sizeof(info)) {
        fail("asking for the CPU's time", len);
    }
    return info.busy_cycles;
}

static uint64_t read_row(void) {
    uint32_t count = REQUEST_LEN / unit.sector_size;
    uint64_t start = busy_cycles();
    for (unsigned i = 0; i < REQUESTS; i++) {
        error_t err = blk_read(&unit, (uint64_t) i * count, count, 0);
        if (IS_ERROR(err)) {
            fail("reading", err);
        }
    }
    return busy_cycles() - start;
}

static void sort(uint64_t *values, unsigned num) {
    for (unsigned i = 1; i < num; i++) {
        for (unsigned k = i; k > 0 && values[k] < values[k - 1]; k--) {
            uint64_t lower = values[k];
            values[k] = values[k - 1];
            values[k - 1] = lower;
        }
    }
}

static void measure(const char *metric) {
    uint64_t rows[ROWS];
    // The first one faults in pages.
    (void) read_row();
    for (unsigned i = 0; i < ROWS; i++) {
        rows[i] = read_row();
    }
    sort(rows, ROWS);
    METRIC(metric, rows[ROWS / 2] / (REQUESTS * REQUEST_LEN / MIB), "cycles");
}

void main(void) {
    static char line[LINE_MAX];
    static char *words[4];
    strncpy2(line, program_cmdline(), sizeof(line));
    if (cmdline_split(line, words, 4) != 3) {
        printf("usage: diskbench UNIT METRIC\n");
        task_exit_with(2);
    }
    error_t err = blk_open(&unit, words[1], REQUEST_LEN, false);
    if (IS_ERROR(err)) {
        fail(words[1], err);
    }
    if (unit.num_sectors < (uint64_t) REQUESTS * (REQUEST_LEN / unit.sector_size)) {
        printf("diskbench: the disk is too small\n");
        task_exit_with(1);
    }
    measure(words[2]);
    blk_close(&unit);
}
