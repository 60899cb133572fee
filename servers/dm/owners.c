#include "owners.h"

#include <idl_client.h>
#include <resea/handle.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "bars.h"
#include "interrupts.h"
#include "reset.h"

// ---- Taking a device, and giving it back ----------------------------------------------------------

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
        if (err != ERR_TRY_AGAIN) {
            err = (device->state == DEVICE_RESETTING) ? ERR_TRY_AGAIN : ERR_IN_USE;
        }
    }
    return err;
}

/// Has vm tell of the client's end, and keep its memory then.
static error_t become_known(task_t client) {
    error_t err = call_task_watch(INIT_TASK, client);
    return (err == OK) ? call_dma_hold(INIT_TASK, client) : err;
}

error_t owners_attach(task_t client, const struct wanted *wanted, handle_t *handle,
                      const struct pci_device **found) {
    struct pci_device *device;
    error_t err = find(client, wanted, &device);
    if (err == OK) {
        err = become_known(client);
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
    reset_save(device);
    // A driver that finds nothing to do and ends isn't restarted.
    device->restarts += device->was_left;
    device->was_left = false;
    device->state = DEVICE_ATTACHED;
    device->driver = client;
    *found = device;
    return OK;
}

struct pci_device *owners_find(task_t client, handle_t handle) {
    return handle_get(client, handle);
}

error_t owners_detach(task_t client, handle_t handle) {
    struct pci_device *device = owners_find(client, handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    handle_free(client, handle);
    reset_quiet(device);
    device->state = DEVICE_GIVEN_BACK;
    return OK;
}

// ---- After the end of a driver --------------------------------------------------------------------

/// Lets vm free what a task left once none of its devices accesses memory any more.
static void release_memory(task_t task) {
    for (size_t i = 0; i < bus_num_devices(); i++) {
        if (bus_device(i)->driver == task) {
            return;
        }
    }
    error_t err = call_dma_release(INIT_TASK, task);
    if (err != ERR_NOT_FOUND) {
        OOPS_OK(err);
    }
}

/// A step of the reset has been made, and the next one is due in `wait` milliseconds, or there is none.
static void stepped(struct pci_device *device, msec_t wait) {
    device->continue_at = timer_uptime() + (uint64_t) wait;
    if (wait == 0) {
        device->state = DEVICE_FREE;
    }
    task_t task = device->driver;
    if (task && !reset_is_draining(device)) {
        device->driver = 0;
        release_memory(task);
    }
}

/// Sets the timer to when the next reset is to go on.
static void arm_timer(void) {
    uint64_t first = UINT64_MAX;
    for (size_t i = 0; i < bus_num_devices(); i++) {
        const struct pci_device *device = bus_device(i);
        if (device->state == DEVICE_RESETTING) {
            first = MIN(first, device->continue_at);
        }
    }
    if (first != UINT64_MAX) {
        uint64_t now = timer_uptime();
        OOPS_OK(timer_set((first > now) ? (msec_t) (first - now) : 1));
    }
}

static void begin_reset(struct pci_device *device) {
    device->state = DEVICE_RESETTING;
    stepped(device, reset_begin(device));
}

void owners_task_ended(task_t task) {
    handle_free_all(task, NULL);
    for (size_t i = 0; i < bus_num_devices(); i++) {
        struct pci_device *device = bus_device(i);
        if (device->driver != task) {
            continue;
        }
        if (device->state == DEVICE_ATTACHED) {
            device->was_left = true;
            begin_reset(device);
        } else if (device->state == DEVICE_GIVEN_BACK) {
            device->state = DEVICE_FREE;
            device->driver = 0;
        }
    }
    interrupts_forget_task(task);
    release_memory(task);
    arm_timer();
}

void owners_timer(void) {
    uint64_t now = timer_uptime();
    for (size_t i = 0; i < bus_num_devices(); i++) {
        struct pci_device *device = bus_device(i);
        if (device->state == DEVICE_RESETTING && device->continue_at <= now) {
            stepped(device, reset_continue(device));
        }
    }
    arm_timer();
}

void owners_start(void) {
    unsigned ended;
    ASSERT_OK(call_dma_release_all(INIT_TASK, &ended));
    for (size_t i = 0; ended && i < bus_num_devices(); i++) {
        struct pci_device *device = bus_device(i);
        if (device->was_master && !device->is_for_bridge) {
            reset_save(device);
            begin_reset(device);
        }
    }
    arm_timer();
}
