#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

/// It dies of this many messages.
#define LIFETIME 5

void main(void) {
    ASSERT_OK(ipc_serve("sample.flaky"));
    for (int served = 1;; served++) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (served == LIFETIME) {
            *(volatile int *) NULL = 1;
        }

        if (m.type == BENCHMARK_NOP_MSG) {
            bzero(m.raw, sizeof(m.raw));
            m.type = BENCHMARK_NOP_REPLY_MSG;
            m.benchmark_nop_reply.value = served;
            ipc_reply(m.src, &m);
        } else {
            discard_unknown_message(&m);
        }
    }
}
