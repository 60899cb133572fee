#include <resea/ipc.h>
#include <resea/printf.h>

#include "server.h"

/// The longest loan that is taken, for send_pages and recv_pages.
#define LOAN_LEN SOCKET_DATA_MAX

/// Answers a client, if it isn't 0, and receives. `busy`: only what is there now. False: nothing was.
static bool receive(task_t client, struct message *m, bool busy) {
    if (!busy) {
        if (client == 0) {
            m->type = DONT_REPLY;
        }
        ASSERT_OK(ipc_replyrecv(client, m));
        return true;
    }
    if (client != 0) {
        ipc_reply(client, m);
    }
    return IS_OK(ipc_recv_noblock(m));
}

void main(void) {
    ASSERT_OK(server_init());
    ASSERT_OK(ipc_accept_loans(LOAN_LEN));
    ASSERT_OK(ipc_serve("tcpip"));

    struct message m;
    task_t client = 0;
    while (true) {
        bool has_message = receive(client, &m, server_work());
        client = has_message ? server_handle(&m) : 0;
    }
}
