#include "owners.h"

#include <idl_client.h>
#include <resea/handle.h>
#include <resea/ipc.h>
#include <resea/printf.h>

#include "bars.h"
#include "config_space.h"
#include "interrupts.h"

static bool is_wanted(const struct pci_device *device, const struct wanted *wanted) {
    return !device->is_for_bridge && (!wanted->vendor_id || wanted->vendor_id == device->vendor_id)
           && (!wanted->device_id || wanted->device_id == device->device_id)
           && ((wanted->class ^ device->class) & wanted->class_mask) == 0;
}

static bool may_take(task_t client, const struct pci_device *device) {
    return device->state == DEVICE_FREE
           || (device->state == DEVICE_GIVEN_BACK && device->driver == client);
}

static error_t find(task_t client, const struct wanted *wanted, struct pci_device **found) {
    error_t err = ERR_NOT_FOUND;
    for (size_t i = 0; i < bus_num_devices(); i++) {
        struct pci_device *device = bus_device(i);
        if (!is_wanted(device, wanted)) {
            continue;
        }
        if (may_take(client, device)) {
            *found = device;
            return OK;
        }
        err = ERR_IN_USE;
    }
    return err;
}

static void save(struct pci_device *device) {
    for (unsigned i = 0; i < SAVED_WORDS; i++) {
        device->saved[i] = config_read(device->address, 4 * i, 4);
    }
}

/// Writes back what a driver can have changed, or a reset, but for the command register: the device is told later what it may.
static void restore(const struct pci_device *device) {
    for (unsigned i = PCI_CACHE_LINE / 4; i < SAVED_WORDS; i++) {
        if (config_read(device->address, 4 * i, 4) != device->saved[i]) {
            config_write(device->address, 4 * i, 4, device->saved[i]);
        }
    }
}

error_t owners_attach(task_t client, const struct wanted *wanted, handle_t *handle,
                      const struct pci_device **found) {
    struct pci_device *device;
    error_t err = find(client, wanted, &device);
    if (err == OK) {
        err = call_task_watch(INIT_TASK, client);
    }
    if (err != OK) {
        return err;
    }
    *handle = handle_alloc(client);
    if (IS_ERROR(*handle)) {
        return *handle;
    }
    OOPS_OK(handle_set(client, *handle, device));

    bars_read(device);
    bars_switch_on(device);
    save(device);
    device->state = DEVICE_ATTACHED;
    device->driver = client;
    *found = device;
    return OK;
}

struct pci_device *owners_find(task_t client, handle_t handle) {
    return handle_get(client, handle);
}

/// From here on the device doesn't access memory, nor interrupt.
static void quiet(struct pci_device *device) {
    bus_set_command(device, 0, COMMAND_BUS_MASTER);
    interrupts_switch_off(device);
    restore(device);
}

error_t owners_detach(task_t client, handle_t handle) {
    struct pci_device *device = owners_find(client, handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, handle);
    quiet(device);
    device->state = DEVICE_GIVEN_BACK;
    return OK;
}

void owners_task_ended(task_t task) {
    handle_free_all(task, NULL);
    interrupts_forget_task(task);
    for (size_t i = 0; i < bus_num_devices(); i++) {
        struct pci_device *device = bus_device(i);
        if (device->state == DEVICE_FREE || device->driver != task) {
            continue;
        }
        if (device->state == DEVICE_ATTACHED) {
            quiet(device);
            device->restarts++;
        }
        device->state = DEVICE_FREE;
        device->driver = 0;
    }
}
