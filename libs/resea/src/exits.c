#include <resea/async.h>

void async_take_exits(void (*ended)(task_t task)) {
    struct message m;
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG) {
            ended(m.task_exited.task);
        }
    }
}
