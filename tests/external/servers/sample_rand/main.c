#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

void main(void) {
    TRACE("starting...");
    ASSERT_OK(ipc_serve("sample.rand"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case BENCHMARK_NOP_MSG:
            m.type = BENCHMARK_NOP_REPLY_MSG;
            m.benchmark_nop_reply.value = 123456789;
            ipc_reply(m.src, &m);
            break;
        default:
            TRACE("unknown message %d", m.type);
        }
    }
}
