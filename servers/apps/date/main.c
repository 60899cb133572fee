#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/datetime.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <string.h>

#define WORDS_MAX      3
#define DEFAULT_FORMAT "%a %b %e %H:%M:%S UTC %Y"
/// What "%c" becomes, and so on, is a few times longer than the format.
#define TEXT_LEN 1024

static task_t server;

__noreturn static void usage(void) {
    printf("usage: date                  the date and time, in UTC\n"
           "       date +FORMAT          as strftime of C would write it: date '+%%Y-%%m-%%d "
           "%%H:%%M'\n"
           "       date -I, date -R      as ISO 8601 or RFC 1123 writes it\n"
           "       date -s DATE          sets it: date -s '2026-11-28 17:00:00', or date -s "
           "@SECONDS\n");
    task_exit_with(2);
}

__noreturn static void fail(const char *what, error_t err) {
    printf("date: %s: %s\n", what, error_name(err));
    task_exit_with(1);
}

static void print_date(const char *format) {
    uint64_t unixtime;
    error_t err = call_time_gettimeofday(server, &unixtime);
    if (err == ERR_UNAVAILABLE) {
        printf(
            "date: this machine has no clock: set the date with date -s '2026-11-28 17:00:00'\n");
        task_exit_with(1);
    }
    if (err != OK) {
        fail("the time isn't told", err);
    }
    struct datetime dt;
    timestamp_to_datetime((int64_t) unixtime, &dt);
    static char text[TEXT_LEN];
    if (datetime_format(text, sizeof(text), format, &dt) >= sizeof(text)) {
        fail("the format is too long", ERR_TOO_LARGE);
    }
    printf("%s\n", text);
}

static void set_date(const char *text) {
    struct datetime dt;
    error_t err = datetime_parse(text, &dt);
    int64_t unixtime = (err == OK) ? datetime_to_timestamp(&dt) : -1;
    if (unixtime < 0) {
        printf("date: '%s' is no date like '2026-11-28 17:00:00' or '@1795885200', from 1970 to "
               "9999\n",
               text);
        task_exit_with(2);
    }
    err = call_time_settime(server, (uint64_t) unixtime);
    if (err != OK) {
        fail("the time can't be set", err);
    }
    print_date(DEFAULT_FORMAT);
}

void main(void) {
    static char line[USER_ARGS_LEN];
    char *words[WORDS_MAX];
    strncpy2(line, program_cmdline(), sizeof(line));
    int num_words = cmdline_split(line, words, WORDS_MAX);
    server = ipc_lookup("time");
    if (IS_ERROR(server)) {
        fail("nobody tells the time", server);
    }
    if (num_words == 1) {
        print_date(DEFAULT_FORMAT);
    } else if (num_words == 2 && words[1][0] == '+') {
        print_date(words[1] + 1);
    } else if (num_words == 2 && strcmp(words[1], "-I") == 0) {
        print_date(DATETIME_ISO8601);
    } else if (num_words == 2 && strcmp(words[1], "-R") == 0) {
        print_date(DATETIME_RFC1123);
    } else if (num_words == 3 && strcmp(words[1], "-s") == 0) {
        set_date(words[2]);
    } else {
        usage();
    }
}
