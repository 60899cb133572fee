#ifndef __DM_OWNERS_H__
#define __DM_OWNERS_H__

/// \file
/// Which driver has which device, from when it takes it until it ends.

#include "bus.h"

/// What a driver looks for.
struct wanted {
    uint16_t vendor_id;   ///< 0: any
    uint16_t device_id;   ///< 0: any
    uint32_t class;       ///< As in struct pci_device.
    uint32_t class_mask;  ///< The bits of it that matter.
};

/// Ends the drivers that have lost their devices as an earlier dm has ended, and resets those devices.
void owners_start(void);

/// Gives `client` the first device of that kind which nobody has. ERR_TRY_AGAIN: one of them is being reset. ERR_IN_USE:
/// others have all of them. ERR_NOT_FOUND: there is none.
error_t owners_attach(task_t client, const struct wanted *wanted, handle_t *handle,
                      const struct pci_device **device) __mustuse;

/// Returns the client's device, or NULL.
struct pci_device *owners_find(task_t client, handle_t handle);

/// Takes a device back: it is quiet from now on. What the client was granted it has until it ends, so until then
/// nobody else gets the device.
error_t owners_detach(task_t client, handle_t handle) __mustuse;

/// A task has ended: resets its devices. Some may be free then.
void owners_task_ended(task_t task);

/// The timer has gone off: goes on with resets. Some devices may be free then.
void owners_timer(void);

#endif
