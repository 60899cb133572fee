#ifndef __DM_WAITING_H__
#define __DM_WAITING_H__

/// \file
/// Drivers that wait for a device which is being reset: mostly those that vm has started in the place of one that has
/// ended.

#include <message.h>

#include "owners.h"

/// Attaches the device, or else has the client wait if it is being reset.
/// \param answer  Its type is set: DM_ATTACH_PCI_DEVICE_REPLY_MSG or DM_ATTACH_PCI_CLASS_REPLY_MSG. The rest is filled in.
/// \return        DONT_REPLY if the client waits.
error_t waiting_attach(task_t client, const struct wanted *wanted,
                       struct message *answer) __mustuse;

/// Devices may have become free: answers those that can be answered.
void waiting_retry(void);

void waiting_forget_task(task_t task);

#endif
