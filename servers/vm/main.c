#include <config.h>
#include <resea/init.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/syscall.h>

#include "api.h"
#include "boot.h"
#include "fault.h"
#include "supervise.h"
#include "watch.h"

/// The longest payload that anybody has to send to vm: a command line.
#define PAYLOAD_MAX USER_ARGS_LEN
/// Where the next payload goes; `ptr` is NULL after one was received.
static struct ool_buffer payload_buffer;

static void refill_payload_buffer(void) {
    payload_buffer.ptr = malloc(PAYLOAD_MAX);
    payload_buffer.capacity = payload_buffer.ptr ? PAYLOAD_MAX : 0;
}

/// Whom the message that is being handled has become the answer to; 0: nobody.
static task_t answer_to;

void vm_reply(task_t client, struct message *m __unused) {
    answer_to = client;
}

/// Receives, answering dst first if it isn't 0. The library's receive would keep a buffer for the
/// longest possible payload at hand; vm needs but a short one.
static void receive(task_t dst, struct message *m) {
    if (!payload_buffer.ptr) {
        refill_payload_buffer();
    }

    ASSERT_OK(sys_ipc(dst, m, dst ? IPC_SERVE : (IPC_RECV | IPC_OPEN), &payload_buffer));
    if (m->type < 0 || !(m->type & MSG_OOL)) {
        return;
    }

    // From here on the buffer is the message's, whose handler frees it.
    m->ool_ptr = payload_buffer.ptr;
    payload_buffer.ptr = NULL;
    if (m->ool_ptr && MSG_OOL_KIND(m->type) == MSG_OOL_STR) {
        m->ool_len = MAX(m->ool_len, (size_t) 1);
        ((char *) m->ool_ptr)[m->ool_len - 1] = '\0';
    }
}

static void handle_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_TIMER) {
        supervise_handle_timer();
    }
}

/// Messages that a system without an MMU doesn't know.
static bool dispatch_more(struct message *m) {
#ifdef CONFIG_MMU
    return bootfs_dispatch(&bootfs_api, m) || services_dispatch(&services_api, m)
           || dma_dispatch(&dma_api, m) || memory_dispatch(&memory_api, m);
#else
    return (void) m, false;
#endif
}

/// Handles a message. It may become the answer: see vm_reply().
static void handle(struct message *m) {
    switch (m->type) {
#ifdef CONFIG_MMU
    case PAGE_FAULT_MSG: {
        task_t task = m->src;
        if (IS_OK(fault_handle_page_fault(task, &m->page_fault))) {
            m->type = PAGE_FAULT_REPLY_MSG;
            vm_reply(task, m);
        }
        break;
    }
#endif
    case EXCEPTION_MSG:
        fault_handle_exception(m->src, &m->exception);
        break;
    case NOTIFICATIONS_MSG:
        handle_notifications(m->notifications.data);
        break;
    case ASYNC_MSG:
        watch_handle_pull(m->src);
        break;
    default:
        if (!vm_dispatch(&vm_api, m) && !task_dispatch(&task_api, m)
            && !discovery_dispatch(&discovery_api, m) && !dispatch_more(m)) {
            discard_unknown_message(m);
        }
        break;
    }
}

void main(void) {
    boot();
    supervise_start_all();

    struct message m = {.type = DONT_REPLY};
    while (true) {
        receive(answer_to, &m);
        answer_to = 0;
        handle(&m);
    }
}
