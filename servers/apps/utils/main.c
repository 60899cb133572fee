#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

/// What a command line names, as strings; NULL if it was left out.
static struct {
    const char *text;
    const char *count;
    const char *ms;
    const char *status;
} args;

/// Ends the program if `str` is no number from 0 on.
static int number(const char *str, const char *what) {
    for (const char *digit = str; *digit != '\0'; digit++) {
        if (!isdigit(*digit)) {
            printf("utils: the %s '%s' is no number\n", what, str);
            task_exit_with(2);
        }
    }

    return atoi(str);
}

static int echo(void) {
    printf("%s\n", args.text != NULL ? args.text : "");
    return 0;
}

static int repeat(void) {
    int count = number(args.count, "count");
    for (int i = 0; i < count; i++) {
        printf("%s\n", args.text);
    }

    return 0;
}

static int hexdump(void) {
    HEXDUMP(args.text, strlen(args.text));
    return 0;
}

static int sleep(void) {
    int ms = number(args.ms, "time");
    if (ms == 0) {
        return 0;  // That would stop the timer.
    }

    struct message m;
    ASSERT_OK(timer_set(ms));
    do {
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    } while (m.type != NOTIFICATIONS_MSG);
    return 0;
}

/// Keeps the CPU busy.
static int stress(void) {
    uint64_t end = timer_uptime() + (uint64_t) number(args.ms, "time");
    while (timer_uptime() < end) {
        OOPS_OK(sys_nop());
    }

    return 0;
}

static int exit_with(void) {
    return number(args.status, "status");
}

static int cpus(void) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    printf("%u CPUs, %llu MHz\n", kernel.num_cpus,
           (unsigned long long) (kernel.clock_hz / 1000000));
    return 0;
}

static int cmdline(void) {
    char buf[256];
    ASSERT_OK(sys_info(INFO_CMDLINE, 0, buf, sizeof(buf)));
    printf("%s\n", buf);
    return 0;
}

static const struct tool {
    const char *name;
    int (*run)(void);
    struct {
        const char *name;
        const char **value;
        bool optional;
    } args[2];
} tools[] = {
    {"echo", echo, {{"text", &args.text, true}}},
    {"repeat", repeat, {{"count", &args.count, false}, {"text", &args.text, false}}},
    {"hexdump", hexdump, {{"text", &args.text, false}}},
    {"sleep", sleep, {{"ms", &args.ms, false}}},
    {"stress", stress, {{"ms", &args.ms, false}}},
    {"exit", exit_with, {{"status", &args.status, false}}},
    {"cpus", cpus, {{NULL, NULL, false}}},
    {"cmdline", cmdline, {{NULL, NULL, false}}},
};
#define NUM_TOOLS (sizeof(tools) / sizeof(tools[0]))

void main(void) {
    int cmds[NUM_TOOLS];
    cmdline_init();
    for (size_t i = 0; i < NUM_TOOLS; i++) {
        cmds[i] = cmdline_cmd(tools[i].name);
        for (int j = 0; j < 2 && tools[i].args[j].name != NULL; j++) {
            cmdline_arg(tools[i].args[j].value, cmds[i], tools[i].args[j].name,
                        tools[i].args[j].optional);
        }
    }

    const char *name;
    int cmd = cmdline_parse(program_cmdline(), &name);
    for (size_t i = 0; i < NUM_TOOLS; i++) {
        if (cmd == cmds[i]) {
            task_exit_with(tools[i].run());
        }
    }

    task_exit_with(2);
}
