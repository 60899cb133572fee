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

/// Gives `client` the first device of that kind which nobody has. ERR_IN_USE: others have all of them. ERR_NOT_FOUND:
/// there is none.
error_t owners_attach(task_t client, const struct wanted *wanted, handle_t *handle,
                      const struct pci_device **device) __mustuse;

/// Returns the client's device, or NULL.
struct pci_device *owners_find(task_t client, handle_t handle);

/// Takes a device back: it is quiet from now on. What the client was granted it has until it ends, so until then
/// nobody else gets the device.
error_t owners_detach(task_t client, handle_t handle) __mustuse;

/// A task that had devices may have ended.
void owners_task_ended(task_t task);

#endif
