#include <idl_client.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "keyboards.h"

/// USB HID 1.11, appendix E.3: HID, boot interface, keyboard.
#define CLASS_HID         3
#define SUBCLASS_BOOT     1
#define PROTOCOL_KEYBOARD 1
#define ANY               (-1)

static task_t usb;

/// Looks for the server, the first time and when it has been restarted.
static void begin(void) {
    usb = ipc_lookup("usb");
    ASSERT_OK(usb);
    keyboards_init(usb);
    ASSERT_OK(call_task_watch(INIT_TASK, usb));
    error_t err = call_usb_match(usb, CLASS_HID, SUBCLASS_BOOT, PROTOCOL_KEYBOARD, ANY, ANY);
    if (IS_ERROR(err) && err != ERR_ABORTED && err != ERR_INVALID_TASK) {
        PANIC("no keyboards: %s", error_name(err));
    }
}

static void pull_events(void) {
    struct message m;
    bool more = true;
    while (more && IS_OK(async_recv(usb, &m))) {
        switch (m.type) {
        case USB_ATTACHED_MSG:
            more = m.usb_attached.more;
            keyboards_attached(&m.usb_attached);
            break;
        case USB_DETACHED_MSG:
            more = m.usb_detached.more;
            keyboards_detached(m.usb_detached.handle);
            break;
        case USB_RECEIVED_MSG:
            more = m.usb_received.more;
            keyboards_received(&m.usb_received);
            free((void *) m.usb_received.data);
            break;
        default:
            discard_unknown_message(&m);
        }
    }
}

/// vm tells if the server has ended. Its keyboards have gone with it: this task starts anew.
static bool server_has_ended(void) {
    struct message m;
    bool ended = false;
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        ended = ended || (m.type == TASK_EXITED_MSG && m.task_exited.task == usb);
    }
    return ended;
}

static void set_timer(void) {
    uint64_t next = keyboards_next_repeat();
    if (next != 0) {
        uint64_t now = timer_uptime();
        OOPS_OK(timer_set((msec_t) ((next > now) ? next - now : 1)));
    }
}

static void handle_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_ASYNC) {
        if (server_has_ended()) {
            begin();
        }
        pull_events();
    }
    if (notifications & NOTIFY_TIMER) {
        keyboards_repeat(timer_uptime());
    }
    set_timer();
}

void main(void) {
    begin();
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(m.notifications.data);
        } else {
            discard_unknown_message(&m);
        }
    }
}
