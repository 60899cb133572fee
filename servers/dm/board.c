#include "board.h"

#include <board_devices.h>
#include <kernel_abi.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

static const struct board_device {
    const char *name;
    int irq;                                    ///< -1: none
    uint8_t servers[BOARD_DEVICE_SERVERS_MAX];  ///< 0: no more
} devices[] = {BOARD_DEVICES};

size_t board_num_devices(void) {
    return sizeof(devices) / sizeof(devices[0]);
}

static bool is_driver(const struct board_device *device, uint32_t server) {
    for (size_t i = 0; i < BOARD_DEVICE_SERVERS_MAX && server; i++) {
        if (device->servers[i] == server) {
            return true;
        }
    }
    return false;
}

/// The task of a server that has the device; 0: none runs.
static task_t find_driver(const struct board_device *device) {
    struct kernel_info kernel;
    ASSERT_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    for (unsigned slot = 1; slot <= kernel.num_tasks; slot++) {
        struct task_info task;
        if (sys_info(INFO_TASK, slot, &task, sizeof(task)) >= 0 && is_driver(device, task.server)) {
            return task.tid;
        }
    }
    return 0;
}

void board_describe(size_t index, struct dm_device_reply_fields *reply) {
    const struct board_device *device = &devices[index];
    reply->bus = DM_BUS_BOARD;
    reply->irq = device->irq;
    reply->irq_kind = DM_IRQ_KIND_INTX;
    reply->driver = find_driver(device);
    strncpy2(reply->name, device->name, sizeof(reply->name));
}
