#include "driver.h"

#include <resea/printf.h>

#include "registers.h"
#include "rx.h"
#include "tx.h"

unsigned driver_features(const struct nic_model *model) {
    unsigned features = NET_TX_CHECKSUM | NET_RX_CHECKSUM;
    // Not IPv6: the 8254x count its header into the length that they write there (3.5.9). Of segments, QEMU's 82574L
    // makes IP fragments before QEMU 8.0.
    return model->is_82574 ? features : features | NET_TX_SEGMENT4;
}

static error_t start(struct net_device *device) {
    rx_start();
    tx_start();
    nic_start();
    device->link = nic_link(&device->mbit_per_s);
    return OK;
}

static void update_link(struct net_device *device) {
    uint32_t mbit_per_s;
    bool link = nic_link(&mbit_per_s);
    if (link != device->link || (link && mbit_per_s != device->mbit_per_s)) {
        device->link = link;
        device->mbit_per_s = mbit_per_s;
        net_device_link_changed(device);
    }
}

static void handle_interrupt(struct net_device *device) {
    uint32_t causes = nic_causes();
    if (causes & E1000_CAUSE_LINK) {
        update_link(device);
    }
    if (causes & E1000_CAUSE_MISSED) {
        net_rx_dropped(nic_missed());
    }
}

static bool work(struct net_device *device) {
    if (device->interrupted) {
        handle_interrupt(device);
    }
    nic_adapt(rx_work());
    bool more = tx_work();
    nic_interrupt_when_sent(tx_is_busy());
    return more;
}

static void stop(struct net_device *device __unused) {
    // If it goes on, it writes to memory that isn't ours any more. When we end, dm takes its access to memory away.
    ASSERT_OK(nic_reset());
}

const struct net_driver driver = {.start = start, .work = work, .stop = stop};
