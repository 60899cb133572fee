#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

#include "server.h"

struct deadline deadline_in(msec_t timeout) {
    struct deadline deadline = {.timeout = timeout};
    if (timeout > 0) {
        deadline.at = timer_uptime() + (uint64_t) timeout;
    }
    return deadline;
}

static bool is_over(const struct deadline *deadline) {
    return deadline->timeout > 0 && timer_uptime() >= deadline->at;
}

msec_t deadline_left(const struct deadline *deadline) {
    if (deadline->timeout <= 0) {
        return deadline->timeout;
    }
    uint64_t now = timer_uptime();
    return (now < deadline->at) ? (msec_t) (deadline->at - now) : 1;
}

/// Receives until the server says that there is something.
static error_t receive(const struct deadline *deadline) {
    while (true) {
        if (deadline->timeout > 0) {
            ASSERT_OK(timer_set(deadline_left(deadline)));
        }
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }
        if (m.notifications.data & NOTIFY_ASYNC) {
            server_receive_exits();
        }
        if (m.notifications.data & (SOCKET_NOTIFY | NOTIFY_ASYNC)) {
            return OK;
        }
        if (is_over(deadline)) {
            return ERR_TIMED_OUT;
        }
    }
}

/// The program's loop is yet to tell what was collected here.
static void leave_to_loop(void) {
    if (table_has_news()) {
        ASSERT_OK(ipc_notify(task_self(), SOCKET_NOTIFY));
    }
}

error_t deadline_wait(const struct deadline *deadline) {
    if (deadline->timeout == 0) {
        return ERR_WOULD_BLOCK;
    }
    error_t err;
    // Asked first: the server notifies once, and that may have been taken by somebody else.
    while ((err = server_collect()) == ERR_EMPTY) {
        err = receive(deadline);
        if (IS_ERROR(err)) {
            break;
        }
    }
    leave_to_loop();
    return err;
}
