#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/ctype.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

/// The watchdog is fed when this part of its time has gone by, so that two feeds may come too late.
#define FEEDS_PER_TIMEOUT 3

static const char *timeout_arg;

static void __noreturn fail(error_t err) {
    if (err == ERR_IN_USE) {
        printf("power: another program has it; 'power status' tells which\n");
    } else if (err == ERR_INVALID_ARG) {
        printf("power: the time must be %u to %u milliseconds\n", POWER_WATCHDOG_MS_MIN,
               POWER_WATCHDOG_MS_MAX);
    } else {
        printf("power: the server doesn't answer: %s\n", error_name(err));
    }
    task_exit_with(1);
}

/// A server that has been restarted doesn't know us any more: then it is started again.
static error_t start(task_t *server, unsigned timeout_ms) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = POWER_WATCHDOG_START_MSG;
    m.power_watchdog_start.timeout_ms = timeout_ms;
    return ipc_call_service_idempotent("power", server, &m);
}

/// Feeds it for ever: the machine is reset some time after this program has been ended.
static void __noreturn run(void) {
    unsigned timeout_ms = isdigit(timeout_arg[0]) ? (unsigned) atoi(timeout_arg) : 0;
    task_t server = 0;
    while (true) {
        error_t err = start(&server, timeout_ms);
        if (err != OK) {
            fail(err);
        }
        timer_sleep((msec_t) (timeout_ms / FEEDS_PER_TIMEOUT));
    }
}

static void print_status(void) {
    static const char *const reasons[] = {"unknown", "power-on", "software or watchdog",
                                          "debugger"};
    task_t server = ipc_lookup("power");
    bool running;
    task_t owner;
    unsigned timeout_ms, left_ms;
    enum power_reset_reason reason;
    error_t err = IS_ERROR(server)
                      ? server
                      : call_power_status(server, &running, &owner, &timeout_ms, &left_ms, &reason);
    if (err != OK) {
        fail(err);
    }
    if (running) {
        printf("watchdog: task %d has %u of %u ms left\n", owner, left_ms, timeout_ms);
    } else {
        printf("watchdog: off\n");
    }
    printf("last reset: %s\n", reasons[reason]);
}

/// Returns only if the machine doesn't care.
static void end(int type) {
    task_t server = 0;
    struct message m;
    bzero(&m, sizeof(m));
    m.type = type;
    fail(ipc_call_service("power", &server, &m));
}

void main(void) {
    cmdline_init();
    int cmd_off = cmdline_cmd("off");
    int cmd_reboot = cmdline_cmd("reboot");
    int cmd_status = cmdline_cmd("status");
    int cmd_run = cmdline_cmd("watchdog");
    cmdline_arg(&timeout_arg, cmd_run, "timeout-ms", false);
    const char *name;
    int cmd = cmdline_parse(program_cmdline(), &name);
    if (cmd == cmd_run) {
        run();
    } else if (cmd == cmd_status) {
        print_status();
    } else if (cmd == cmd_off) {
        end(POWER_OFF_MSG);
    } else if (cmd == cmd_reboot) {
        end(POWER_REBOOT_MSG);
    } else {
        task_exit_with(2);
    }
}
