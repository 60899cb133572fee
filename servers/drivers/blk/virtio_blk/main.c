#include <blk/server.h>
#include <resea/printf.h>
#include <resea/timer.h>

#include "device.h"

#define DEVICES_MAX 16

static struct device devices[DEVICES_MAX];
static unsigned num_devices;
static bool timer_runs;

static void start_timer(void) {
    timer_runs = true;
    OOPS_OK(timer_set(TICK_MS));
}

static void submit(struct blk_op *op) {
    if (!timer_runs) {
        start_timer();
    }
    device_submit(op->disk->driver_data, op);
}

static void interrupt(void) {
    for (unsigned i = 0; i < num_devices; i++) {
        device_interrupt(&devices[i]);
    }
}

/// While something is under way, the timer looks whether it takes too long.
static void tick(void) {
    timer_runs = false;
    bool busy = false;
    for (unsigned i = 0; i < num_devices; i++) {
        device_tick(&devices[i]);
        busy = busy || device_is_busy(&devices[i]);
    }
    if (busy && !timer_runs) {
        start_timer();
    }
}

static const struct blk_driver driver = {
    .submit = submit,
    .interrupt = interrupt,
    .timer = tick,
};

static void find_devices(void) {
    while (num_devices < DEVICES_MAX) {
        error_t err = device_open(&devices[num_devices]);
        if (err == ERR_NOT_FOUND || err == ERR_IN_USE) {
            return;
        }
        if (IS_ERROR(err)) {
            WARN("a virtio disk can't be used: %s", error_name(err));
            return;
        }
        num_devices++;
    }
}

void main(void) {
    find_devices();
    if (num_devices == 0) {
        DEBUG("there is no virtio disk");
        return;
    }
    blk_server_init("virtio", &driver);
    for (unsigned i = 0; i < num_devices; i++) {
        ASSERT_OK(blk_server_add_disk(&devices[i].disk));
    }
    blk_server_run();
}
