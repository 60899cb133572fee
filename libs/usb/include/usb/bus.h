#ifndef __USB_BUS_H__
#define __USB_BUS_H__

/// \file
/// The bus: its server's main loop calls these.

#include <message.h>
#include <usb/hc.h>

/// Begins with what is plugged in. `hc` stays the caller's.
void usb_bus_init(const struct usb_hc *hc);

/// Answers a message of the interface `usb`. False: it is another one.
bool usb_service_dispatch(struct message *m);
/// Answers a pull (ASYNC_MSG).
void usb_service_pull(struct message *m);
/// A task that was watched has ended: what it had is free.
void usb_service_exited(task_t task);

#endif
