#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

static void send_two(task_t dst) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = BENCHMARK_NOP_MSG;
    for (int i = 1; i <= 2; i++) {
        m.benchmark_nop.value = i;
        // Enqueues the message and notifies the destination with NOTIFY_ASYNC.
        ASSERT_OK(async_send(dst, &m));
    }
}

void main(void) {
    ASSERT_OK(ipc_serve("sample.async"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case BENCHMARK_NOP_MSG:
            // The client makes itself known.
            m.type = BENCHMARK_NOP_REPLY_MSG;
            ipc_reply(m.src, &m);
            send_two(m.src);
            break;
        case ASYNC_MSG:
            // Handle a request from the client's async_recv().
            async_reply(m.src);
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}
