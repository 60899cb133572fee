#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

/// A chip that is colder or hotter than this doesn't run, so the firmware's answer is nonsense.
#define COLDEST (-60000)
#define HOTTEST 150000

/// The server of the mailbox: it may be another one from call to call.
static task_t mailbox;

static error_t read_temperature(task_t client __unused,
                                struct thermometer_read_reply_fields *reply) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = MAILBOX_GET_TEMPERATURE_MSG;
    error_t err = ipc_call_service_idempotent("mailbox", &mailbox, &m);
    if (err != OK) {
        // To the client it is all the same why.
        return ERR_UNAVAILABLE;
    }
    int32_t millidegrees = m.mailbox_get_temperature_reply.millidegrees;
    if (m.type != MAILBOX_GET_TEMPERATURE_REPLY_MSG || millidegrees < COLDEST
        || millidegrees > HOTTEST) {
        return ERR_UNAVAILABLE;
    }
    reply->millidegrees = millidegrees;
    return OK;
}

static const struct thermometer_ops ops = {.read = read_temperature};

void main(void) {
    ASSERT_OK(ipc_serve("thermometer"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!thermometer_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}
