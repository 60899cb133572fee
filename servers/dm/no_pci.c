#include <idl_server.h>

#include "api.h"
#include "board.h"

// A machine whose only devices are those of the manifest.

static error_t attach_pci_device(task_t client __unused,
                                 struct dm_attach_pci_device_fields *request __unused,
                                 struct dm_attach_pci_device_reply_fields *reply __unused) {
    return ERR_NOT_FOUND;
}

static error_t attach_pci_class(task_t client __unused,
                                struct dm_attach_pci_class_fields *request __unused,
                                struct dm_attach_pci_class_reply_fields *reply __unused) {
    return ERR_NOT_FOUND;
}

static error_t get_device(task_t client __unused, struct dm_device_fields *request,
                          struct dm_device_reply_fields *reply) {
    if (request->index >= board_num_devices()) {
        return ERR_END;
    }
    board_describe(request->index, reply);
    return OK;
}

static const struct dm_ops ops = {
    .attach_pci_device = attach_pci_device,
    .attach_pci_class = attach_pci_class,
    .device = get_device,
};

void api_init(void) {}

void api_start(void) {}

bool api_dispatch(struct message *m) {
    return dm_dispatch(&ops, m);
}

void api_task_ended(task_t task __unused) {}

void api_timer(void) {}
