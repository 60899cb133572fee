#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

void main(void) {
    TRACE("starting...");
    ASSERT_OK(ipc_serve("example"));

    TRACE("ready");
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case BENCHMARK_NOP_MSG:
            // The reply goes out in the same buffer: clear it, so that nothing of the request
            // or of another client is left in it.
            bzero(m.raw, sizeof(m.raw));
            m.type = BENCHMARK_NOP_REPLY_MSG;
            m.benchmark_nop_reply.value = 123456789;
            ipc_reply(m.src, &m);
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}
