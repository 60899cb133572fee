#ifndef __DEVICE_API_H__
#define __DEVICE_API_H__

/// \file
/// The requests of drivers, of either kind.

#include <message.h>
#include <types.h>

/// tcpip.register_device
error_t device_register(task_t client, struct tcpip_register_device_fields *request);
/// The task has ended.
void device_lost(task_t task);

#endif
