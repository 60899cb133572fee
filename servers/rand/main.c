#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

/// The generator's state; never 0, which it couldn't leave.
static uint32_t state;

/// Marsaglia's xorshift: visits all 32-bit numbers but 0 before it repeats itself.
static uint32_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

void main(void) {
    state = (uint32_t) sys_clock() | 1;
    ASSERT_OK(ipc_serve("rand"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));

        switch (m.type) {
        case RANDOM_GET_RANDOM_MSG:
            bzero(m.raw, sizeof(m.raw));
            m.type = RANDOM_GET_RANDOM_REPLY_MSG;
            m.random_get_random_reply.random_number = next_random();
            ipc_reply(m.src, &m);
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}
