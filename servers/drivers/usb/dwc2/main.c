#include <driver/irq.h>
#include <idl_client.h>
#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>
#include <usb/bus.h>

#include "dwc2.h"
#include "registers.h"

/// The firmware has switched it off, unless it has booted over it.
static void power_on(void) {
    task_t mailbox = ipc_lookup("mailbox");
    bool on = false;
    ASSERT_OK(mailbox);
    error_t err = call_mailbox_set_power(mailbox, MAILBOX_DEVICE_USB_HCD, true, &on);
    if (IS_ERROR(err) || !on) {
        PANIC("the firmware doesn't switch USB on: %s", error_name(err));
    }
}

static void handle_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_IRQ) {
        dwc2_interrupt();
    }
    if (notifications & NOTIFY_ASYNC) {
        async_take_exits(usb_service_exited);
    }
    if (notifications & NOTIFY_TIMER) {
        usb_timers_run();
    }
}

void main(void) {
    power_on();
    error_t err = dwc2_init();
    if (err == ERR_NOT_FOUND) {
        DEBUG("there is no USB controller");
        return;
    }
    ASSERT_OK(err);
    ASSERT_OK(irq_acquire(DWC2_IRQ));
    dwc2_start();
    usb_bus_init(&dwc2_hc);
    ASSERT_OK(ipc_serve("usb"));

    while (true) {
        usb_timers_arm();
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(m.notifications.data);
        } else if (m.type == ASYNC_MSG) {
            usb_service_pull(&m);
        } else if (!usb_service_dispatch(&m)) {
            discard_unknown_message(&m);
        }
    }
}
