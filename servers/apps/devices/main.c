#include <idl_client.h>
#include <kernel_abi.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "classes.h"

#define COLUMNS "%-8s %-9s %-24s %-8s %-16s %s\n"

/// Asks dm for a device, or for the same one at the dm that has been started in its place.
static error_t ask(unsigned index, struct message *m) {
    static task_t dm;
    bzero(m, sizeof(*m));
    m->type = DM_DEVICE_MSG;
    m->dm_device.index = index;
    return ipc_call_service_idempotent("dm", &dm, m);
}

static void describe_irq(const struct dm_device_reply_fields *device, char *text, size_t len) {
    static const char *const kinds[] = {
        [DM_IRQ_KIND_INTX] = "",
        [DM_IRQ_KIND_MSI] = "MSI ",
        [DM_IRQ_KIND_MSIX] = "MSI-X ",
    };
    if (device->irq < 0) {
        strncpy2(text, "-", len);
    } else {
        bool is_kind = device->irq_kind >= 0 && device->irq_kind <= DM_IRQ_KIND_MSIX;
        snprintf(text, len, "%s%d", is_kind ? kinds[device->irq_kind] : "", device->irq);
    }
}

static void describe_driver(task_t driver, char *text, size_t len) {
    struct task_info task;
    if (!driver) {
        strncpy2(text, "-", len);
    } else if (sys_info(INFO_TASK, (unsigned) TASK_SLOT(driver), &task, sizeof(task)) < 0
               || task.tid != driver) {
        strncpy2(text, "(ended)", len);
    } else {
        strncpy2(text, task.name, len);
    }
}

static void print_device(const struct dm_device_reply_fields *device) {
    char address[16], ids[16] = "", irq[16], driver[TASK_NAME_LEN], name[DM_NAME_LEN], restarts[16];
    describe_irq(device, irq, sizeof(irq));
    describe_driver(device->driver, driver, sizeof(driver));
    snprintf(restarts, sizeof(restarts), "%u", device->restarts);
    if (device->bus == DM_BUS_BOARD) {
        strncpy2(address, "board", sizeof(address));
        memcpy(name, device->name, sizeof(name));
        name[sizeof(name) - 1] = '\0';
    } else {
        snprintf(address, sizeof(address), "%02x:%02x.%x", (device->address >> 8) & 0xff,
                 (device->address >> 3) & 0x1f, device->address & 7);
        snprintf(ids, sizeof(ids), "%04x:%04x", device->vendor_id, device->device_id);
        strncpy2(name, class_name(device->class), sizeof(name));
    }
    printf(COLUMNS, address, ids, name, irq, driver, restarts);
}

void main(void) {
    struct message m;
    error_t err = OK;
    printf(COLUMNS, "ADDRESS", "IDS", "DEVICE", "IRQ", "DRIVER", "RESTARTS");
    for (unsigned index = 0; (err = ask(index, &m)) == OK; index++) {
        print_device(&m.dm_device_reply);
    }
    if (err != ERR_END) {
        printf("devices: dm doesn't answer: %s\n", error_name(err));
        task_exit_with(1);
    }
}
