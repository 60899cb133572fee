#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>

#include "driver.h"
#include "fpu.h"
#include "look.h"

#define MSG_LEN_MASK (((1 << MSG_LEN_BITS) - 1) << MSG_LEN_SHIFT)

/// A benchmark.nop, with a payload of whatever length its type tells.
static bool is_nop(int type) {
    return type >= 0 && (type & ~MSG_LEN_MASK) == (BENCHMARK_NOP_MSG & ~MSG_LEN_MASK);
}

/// What is rare, or takes long anyway, out of the way of the rest.
static __noinline void handle_other(struct message *m) {
    if (!look_handle(m)) {
        discard_unknown_message(m);
        m->type = DONT_REPLY;
    }
}

/// As plain as a server can be: what it does besides IPC would be measured, too.
void main(void) {
    look_init();
    // Of several, who launched them knows who they are.
    error_t err = ipc_serve("benchmark_server");
    ASSERT(IS_OK(err) || err == ERR_ALREADY_EXISTS);

    struct message m;
    ASSERT_OK(ipc_recv(IPC_ANY, &m));
    while (true) {
        task_t client = m.src;
        if (is_nop(m.type)) {
            m.type |= MSG_REPLY;
        } else if (m.type == BENCHMARK_TAKE_MSG) {
            free(m.ool_ptr);
            m.type = BENCHMARK_TAKE_REPLY_MSG;
        } else if (m.type == BENCHMARK_STAY_MSG) {
            fpu_use();
            m.type = BENCHMARK_STAY_REPLY_MSG;
        } else if (m.type == BENCHMARK_IRQ_START_MSG) {
            driver_main(client);
        } else if (m.type == NOTIFICATIONS_MSG) {
            m.type = DONT_REPLY;
        } else {
            handle_other(&m);
        }

        ASSERT_OK(ipc_replyrecv(client, &m));
    }
}
