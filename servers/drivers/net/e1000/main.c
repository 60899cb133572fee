#include <driver/irq.h>
#include <driver/pci.h>
#include <net/device.h>
#include <resea/printf.h>
#include <resea/task.h>

#include "driver.h"
#include "registers.h"
#include "rx.h"
#include "tx.h"

static const struct nic_model models[] = {
    {.device_id = 0x100e},                    // 82540EM
    {.device_id = 0x100f},                    // 82545EM
    {.device_id = 0x100c},                    // 82544GC
    {.device_id = 0x10d3, .is_82574 = true},  // 82574L
};

/// Takes the first controller that is there and that nobody has. NULL: there is none.
static const struct nic_model *attach(struct pci *pci) {
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        error_t err = pci_attach(E1000_VENDOR_ID, models[i].device_id, pci);
        if (IS_OK(err)) {
            return &models[i];
        }
        if (err != ERR_NOT_FOUND && err != ERR_IN_USE) {
            ASSERT_OK(err);
        }
    }
    return NULL;
}

/// By message where that works: a line that others may share costs more. The 8254x' own messages are left alone.
static void acquire_interrupt(struct pci *pci, const struct nic_model *model) {
    unsigned irq;
    error_t err = ERR_UNAVAILABLE;
    if (model->is_82574) {
        err = pci_acquire_irq_of_kind(pci, DM_IRQ_KIND_MSI, 0, &irq);
    }
    if (err == ERR_UNAVAILABLE) {
        err = pci_acquire_irq_of_kind(pci, DM_IRQ_KIND_INTX, 0, &irq);
    }
    ASSERT_OK(err);
}

void main(void) {
    struct pci pci;
    const struct nic_model *model = attach(&pci);
    if (model == NULL) {
        DEBUG("there is no such card");
        return;
    }
    static struct net_device device = {.name = "e1000", .max_pieces = NET_PIECES_MAX, .mtu = 1500};
    io_t registers;
    ASSERT_OK(pci_map_bar(&pci, E1000_BAR, &registers));
    ASSERT_OK(nic_init(registers, model, device.mac));
    ASSERT_OK(rx_init(registers));
    ASSERT_OK(tx_init(registers, model->is_82574));
    acquire_interrupt(&pci, model);
    ASSERT_OK(pci_enable_bus_master(&pci));
    device.features = driver_features(model);
    device.link = nic_link(&device.mbit_per_s);
    net_device_run(&device, &driver);
}
