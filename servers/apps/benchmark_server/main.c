#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

/// As plain as a server can be: what it does besides IPC would be measured, too.
void main(void) {
    ASSERT_OK(ipc_serve("benchmark_server"));

    struct message m;
    ASSERT_OK(ipc_recv(IPC_ANY, &m));
    while (true) {
        task_t client = m.src;
        void *received = NULL;
        switch (m.type) {
            case BENCHMARK_NOP_MSG:
                m.type = BENCHMARK_NOP_REPLY_MSG;
                break;
            case BENCHMARK_NOP_WITH_OOL_MSG:
                received = m.ool_ptr;
                m.type = BENCHMARK_NOP_WITH_OOL_REPLY_MSG;
                break;
            default:
                discard_unknown_message(&m);
                m.type = DONT_REPLY;
        }

        // Data goes back from where it was received to; the library sends it before it returns.
        ASSERT_OK(ipc_replyrecv(client, &m));
        free(received);
    }
}
