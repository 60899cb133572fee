#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

static void pull(task_t my_server) {
    struct message m;
    bzero(&m, sizeof(m));
    if (async_recv(my_server, &m) != OK) {
        return;
    }

    switch (m.type) {
    case BENCHMARK_NOP_MSG:
        INFO("received async message %d!", m.benchmark_nop.value);
        break;
    default:
        discard_unknown_message(&m);
    }
}

void main(void) {
    task_t my_server = ipc_lookup("sample.async");
    ASSERT_OK(my_server);

    struct message hello;
    bzero(&hello, sizeof(hello));
    hello.type = BENCHMARK_NOP_MSG;
    ASSERT_OK(ipc_call(my_server, &hello));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case NOTIFICATIONS_MSG:
            if (m.notifications.data & NOTIFY_ASYNC) {
                // Pull a pending asynchronous message. One has to know who may have sent it.
                pull(my_server);
            }
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}
