#include "api.h"

#include <idl_server.h>
#include <resea/printf.h>

#include "bars.h"
#include "board.h"
#include "bus.h"
#include "config_space.h"
#include "filter.h"
#include "interrupts.h"
#include "owners.h"
#include "waiting.h"

static error_t attach_pci_device(task_t client, struct dm_attach_pci_device_fields *request,
                                 struct dm_attach_pci_device_reply_fields *reply) {
    const struct wanted wanted = {
        .vendor_id = request->vendor_id,
        .device_id = request->device_id,
    };
    struct message answer = {.type = DM_ATTACH_PCI_DEVICE_REPLY_MSG};
    error_t err = waiting_attach(client, &wanted, &answer);
    *reply = answer.dm_attach_pci_device_reply;
    return err;
}

static error_t attach_pci_class(task_t client, struct dm_attach_pci_class_fields *request,
                                struct dm_attach_pci_class_reply_fields *reply) {
    const struct wanted wanted = {
        .class = ((uint32_t) request->class << 16) | ((uint32_t) request->subclass << 8)
                 | request->interface,
        .class_mask = request->any_interface ? 0xffff00 : 0xffffff,
    };
    struct message answer = {.type = DM_ATTACH_PCI_CLASS_REPLY_MSG};
    error_t err = waiting_attach(client, &wanted, &answer);
    *reply = answer.dm_attach_pci_class_reply;
    return err;
}

static error_t detach_device(task_t client, struct dm_detach_device_fields *request) {
    return owners_detach(client, request->handle);
}

/// Grants the first range, as far as an old client can be told of it.
static error_t get_first_bar(const struct pci_device *device,
                             struct dm_pci_get_config_reply_fields *reply) {
    const struct bar *bar = &device->bars[0];
    if (bar->kind == DM_BAR_KIND_NONE) {
        return OK;
    }
    if (bar->addr > UINT32_MAX || bar->len > UINT32_MAX) {
        return ERR_TOO_LARGE;
    }
    reply->bar0_addr = (uint32_t) bar->addr;
    reply->bar0_len = (uint32_t) bar->len;
    return bars_grant(bar, device->driver);
}

static error_t pci_get_config(task_t client, struct dm_pci_get_config_fields *request,
                              struct dm_pci_get_config_reply_fields *reply) {
    struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    error_t err = get_first_bar(device, reply);
    if (err != OK) {
        return err;
    }
    unsigned irq = 0;
    int kind = DM_IRQ_KIND_INTX;
    err = interrupts_grant(device, 0, &kind, &irq);
    reply->irq = (uint8_t) irq;
    return (err == ERR_UNAVAILABLE) ? OK : err;
}

static error_t pci_bar(task_t client, struct dm_pci_bar_fields *request,
                       struct dm_pci_bar_reply_fields *reply) {
    const struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    if (request->index >= BARS_MAX) {
        return ERR_INVALID_ARG;
    }
    const struct bar *bar = &device->bars[request->index];
    reply->addr = bar->addr;
    reply->len = bar->len;
    reply->kind = bar->kind;
    reply->prefetchable = bar->prefetchable;
    return (bar->kind == DM_BAR_KIND_NONE) ? OK : bars_grant(bar, client);
}

static error_t pci_irq(task_t client, struct dm_pci_irq_fields *request,
                       struct dm_pci_irq_reply_fields *reply) {
    struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    int kind = ANY_KIND;
    error_t err = interrupts_grant(device, request->vector, &kind, &reply->irq);
    reply->kind = kind;
    return err;
}

static error_t pci_irq_of_kind(task_t client, struct dm_pci_irq_of_kind_fields *request,
                               struct dm_pci_irq_of_kind_reply_fields *reply) {
    struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    int kind = request->kind;
    return interrupts_grant(device, request->vector, &kind, &reply->irq);
}

static error_t pci_read_config(task_t client, struct dm_pci_read_config_fields *request,
                               struct dm_pci_read_config_reply_fields *reply) {
    const struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    error_t err = filter_check_read(request->offset, request->size);
    if (err == OK) {
        reply->value = config_read(device->address, (unsigned) request->offset, request->size);
    }
    return err;
}

static error_t pci_write_config(task_t client, struct dm_pci_write_config_fields *request) {
    const struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    error_t err = filter_check_write(device, request->offset, request->size, request->value);
    if (err == OK) {
        config_write(device->address, (unsigned) request->offset, request->size, request->value);
    }
    return err;
}

static error_t pci_enable_bus_master(task_t client,
                                     struct dm_pci_enable_bus_master_fields *request) {
    struct pci_device *device = owners_find(client, request->handle);
    if (device == NULL) {
        return ERR_NOT_FOUND;
    }
    // A bridge passes on what comes from behind it if it may be a master itself.
    for (const struct pci_device *on_path = device; on_path != NULL; on_path = on_path->bridge) {
        bus_set_command(on_path, COMMAND_BUS_MASTER, 0);
    }
    return OK;
}

static error_t get_device(task_t client __unused, struct dm_device_fields *request,
                          struct dm_device_reply_fields *reply) {
    if (request->index >= bus_num_devices()) {
        size_t index = request->index - bus_num_devices();
        if (index >= board_num_devices()) {
            return ERR_END;
        }
        board_describe(index, reply);
        return OK;
    }
    const struct pci_device *device = bus_device(request->index);
    reply->bus = DM_BUS_PCI;
    reply->address = device->address;
    reply->vendor_id = device->vendor_id;
    reply->device_id = device->device_id;
    reply->class = device->class;
    reply->irq = device->intx_line ? device->intx_line : -1;
    if (device->has_irq) {
        reply->irq = (int) device->irq;
        reply->irq_kind = device->irq_kind;
    }
    reply->driver = device->driver;
    reply->restarts = device->restarts;
    return OK;
}

static const struct dm_ops ops = {
    .attach_pci_device = attach_pci_device,
    .attach_pci_class = attach_pci_class,
    .detach_device = detach_device,
    .pci_get_config = pci_get_config,
    .pci_bar = pci_bar,
    .pci_irq = pci_irq,
    .pci_irq_of_kind = pci_irq_of_kind,
    .pci_read_config = pci_read_config,
    .pci_write_config = pci_write_config,
    .pci_enable_bus_master = pci_enable_bus_master,
    .device = get_device,
};

void api_init(void) {
    ASSERT_OK(config_init());
    bus_scan();
}

bool api_dispatch(struct message *m) {
    return dm_dispatch(&ops, m);
}

void api_start(void) {
    owners_start();
}

void api_task_ended(task_t task) {
    waiting_forget_task(task);
    owners_task_ended(task);
    waiting_retry();
}

void api_timer(void) {
    owners_timer();
    waiting_retry();
}
