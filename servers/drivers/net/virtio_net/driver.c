#include "driver.h"

#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "nic.h"
#include "rx.h"
#include "tx.h"

/// How long it takes at most until frames that were sent are given back, and a change of the link is noticed, while there
/// are other interrupts, or none.
#define TICK_MS 20

static struct nic nic;
static bool is_open;
static bool timer_runs;
/// There was an interrupt, whose reason may have been the link, too.
static bool link_is_due;

error_t driver_init(struct net_device *device) {
    error_t err = tx_init();
    if (IS_OK(err)) {
        err = nic_open(&nic, device);
    }
    is_open = IS_OK(err);
    return err;
}

/// Takes the device again. The server knows already what it is.
static error_t open_again(const struct net_device *device) {
    struct net_device now = *device;
    error_t err = nic_open(&nic, &now);
    if (IS_ERROR(err)) {
        return err;
    }
    is_open = true;
    bool same = now.features == device->features && now.max_pieces == device->max_pieces
                && now.mtu == device->mtu && memcmp(now.mac, device->mac, sizeof(now.mac)) == 0;
    return same ? OK : ERR_NOT_ACCEPTABLE;
}

static error_t start(struct net_device *device) {
    error_t err = is_open ? OK : open_again(device);
    if (IS_ERROR(err)) {
        return err;
    }
    device->link = nic_link(&nic, &device->mbit_per_s);
    link_is_due = false;
    rx_start(&nic);
    tx_start(&nic, device);
    nic_start(&nic);
    return OK;
}

static void update_link(struct net_device *device) {
    uint32_t mbit_per_s;
    bool link = nic_link(&nic, &mbit_per_s);
    link_is_due = false;
    if (link != device->link || mbit_per_s != device->mbit_per_s) {
        device->link = link;
        device->mbit_per_s = mbit_per_s;
        net_device_link_changed(device);
    }
}

static void start_timer(void) {
    if (!timer_runs) {
        timer_runs = true;
        OOPS_OK(timer_set(TICK_MS));
    }
}

static bool work(struct net_device *device) {
    if (device->interrupted) {
        virtio_acknowledge(nic.virtio);
        link_is_due = true;
    }
    unsigned count = rx_work();
    bool again = tx_work();
    if (device->interrupted && count == 0) {
        // Probably it is the link. To ask each time would take the host's time.
        update_link(device);
    }
    if (link_is_due || tx_is_silent()) {
        start_timer();
    }
    return !rx_wait() || again;
}

static void timer(struct net_device *device) {
    timer_runs = false;
    if (link_is_due) {
        update_link(device);
    }
}

static void stop(struct net_device *device __unused) {
    nic_close(&nic);
    is_open = false;
}

const struct net_driver driver = {.start = start, .work = work, .stop = stop, .timer = timer};
