#ifndef __KEYBOARDS_H__
#define __KEYBOARDS_H__

/// \file
/// Keyboards that are plugged in. Each has keys, locks and a repeating key of its own; all type into one console.

#include <message.h>
#include <types.h>

/// A report in boot protocol (HID 1.11, appendix B.1).
#define REPORT_LEN 8

/// `usb` is the task that serves the devices.
void keyboards_init(task_t usb);
/// A keyboard has been plugged in: sets it up, and listens. One that can't be is given back.
void keyboards_attached(const struct usb_attached_fields *attached);
void keyboards_detached(handle_t handle);
/// A report has come.
void keyboards_received(const struct usb_received_fields *received);
/// Types what is to be repeated. To be called when the time that keyboards_next_repeat told is over.
void keyboards_repeat(uint64_t now);
/// When the next key is to be repeated, in the time of timer_uptime; 0: none.
uint64_t keyboards_next_repeat(void);

#endif
