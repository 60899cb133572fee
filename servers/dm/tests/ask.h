#ifndef __ASK_H__
#define __ASK_H__

/// \file
/// What drivers ask dm, for the unit tests. The answer is in `m`, its type is returned.

#include <message.h>

#include "machine.h"

#define DRIVER 5
#define OTHER  6

extern struct message m;

int attach(task_t client, uint16_t vendor_id, uint16_t device_id);
/// The same, where it has to succeed.
handle_t must_attach(task_t client, uint16_t vendor_id, uint16_t device_id);
/// `interface`: -1 for any.
int attach_class(task_t client, uint8_t class, uint8_t subclass, int interface);
int detach(task_t client, handle_t handle);
int get_bar(task_t client, handle_t handle, unsigned index);
int get_irq(task_t client, handle_t handle, unsigned vector);
int get_irq_of_kind(task_t client, handle_t handle, int kind, unsigned vector);
int enable_bus_master(task_t client, handle_t handle);
int list(unsigned index);

/// A network card at 0:3.0, with an interrupt on line 11.
struct function *add_card(void);

#endif
