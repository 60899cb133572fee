#include "waiting.h"

#include <idl_client.h>
#include <resea/ipc.h>
#include <string.h>

/// At most: a few drivers whose devices are all being reset.
#define WAITING_MAX 16

static struct waiting {
    task_t client;  ///< 0: unused
    int answer_type;
    struct wanted wanted;
} clients[WAITING_MAX];

static error_t attach(task_t client, const struct wanted *wanted, struct message *answer) {
    handle_t handle;
    const struct pci_device *device;
    error_t err = owners_attach(client, wanted, &handle, &device);
    if (err != OK) {
        return err;
    }
    if (answer->type == DM_ATTACH_PCI_DEVICE_REPLY_MSG) {
        answer->dm_attach_pci_device_reply.handle = handle;
        answer->dm_attach_pci_device_reply.vendor_id = device->vendor_id;
        answer->dm_attach_pci_device_reply.device_id = device->device_id;
    } else {
        answer->dm_attach_pci_class_reply.handle = handle;
        answer->dm_attach_pci_class_reply.vendor_id = device->vendor_id;
        answer->dm_attach_pci_class_reply.device_id = device->device_id;
    }
    return OK;
}

static error_t wait(task_t client, const struct wanted *wanted, int answer_type) {
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (clients[i].client == 0) {
            error_t err = call_task_watch(INIT_TASK, client);
            if (err != OK) {
                return err;
            }
            clients[i] = (struct waiting){client, answer_type, *wanted};
            return DONT_REPLY;
        }
    }
    return ERR_IN_USE;
}

error_t waiting_attach(task_t client, const struct wanted *wanted, struct message *answer) {
    error_t err = attach(client, wanted, answer);
    return (err == ERR_TRY_AGAIN) ? wait(client, wanted, answer->type) : err;
}

static void retry(struct waiting *waiting) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = waiting->answer_type;
    error_t err = attach(waiting->client, &waiting->wanted, &m);
    if (err == ERR_TRY_AGAIN) {
        return;
    }
    task_t client = waiting->client;
    waiting->client = 0;
    if (err == OK) {
        ipc_reply(client, &m);
    } else {
        ipc_reply_err(client, err);
    }
}

void waiting_retry(void) {
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (clients[i].client) {
            retry(&clients[i]);
        }
    }
}

void waiting_forget_task(task_t task) {
    for (size_t i = 0; i < WAITING_MAX; i++) {
        if (clients[i].client == task) {
            clients[i].client = 0;
        }
    }
}
