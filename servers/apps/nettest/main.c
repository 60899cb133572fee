#include <resea/cmdline.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <socket.h>
#include <string.h>

#include "services.h"

__noreturn static void serve(void) {
    stream_start();
    digest_start();
    datagram_start();
    printf("nettest: ports %d, %d, %d, %d, %d\n", ECHO_PORT, DISCARD_PORT, CHARGEN_PORT,
           DIGEST_PORT, SOURCE_PORT);
    printf_flush();
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            socket_take_notifications(m.notifications.data);
        } else {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    static char line[64];
    char *words[3];
    strncpy2(line, program_cmdline(), sizeof(line));
    int count = cmdline_split(line, words, 3);
    if (count == 2 && !strcmp(words[1], "simple")) {
        simple_serve();
    }
    if (count != 1) {
        printf("usage: nettest [simple]\n");
        task_exit_with(2);
    }
    serve();
}
