#include "ask.h"

#include <string.h>
#include <unittest.h>

#include "../config_space.h"

struct message m;

int attach(task_t client, uint16_t vendor_id, uint16_t device_id) {
    memset(&m, 0, sizeof(m));
    m.type = DM_ATTACH_PCI_DEVICE_MSG;
    m.dm_attach_pci_device.vendor_id = vendor_id;
    m.dm_attach_pci_device.device_id = device_id;
    return machine_ask(client, &m);
}

handle_t must_attach(task_t client, uint16_t vendor_id, uint16_t device_id) {
    TEST_EXPECT_EQ(attach(client, vendor_id, device_id), DM_ATTACH_PCI_DEVICE_REPLY_MSG);
    return m.dm_attach_pci_device_reply.handle;
}

int attach_class(task_t client, uint8_t class, uint8_t subclass, int interface) {
    memset(&m, 0, sizeof(m));
    m.type = DM_ATTACH_PCI_CLASS_MSG;
    m.dm_attach_pci_class.class = class;
    m.dm_attach_pci_class.subclass = subclass;
    m.dm_attach_pci_class.interface = (uint8_t) interface;
    m.dm_attach_pci_class.any_interface = interface < 0;
    return machine_ask(client, &m);
}

int get_bar(task_t client, handle_t handle, unsigned index) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_BAR_MSG;
    m.dm_pci_bar.handle = handle;
    m.dm_pci_bar.index = index;
    return machine_ask(client, &m);
}

int get_irq(task_t client, handle_t handle, unsigned vector) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_IRQ_MSG;
    m.dm_pci_irq.handle = handle;
    m.dm_pci_irq.vector = vector;
    return machine_ask(client, &m);
}

int get_irq_of_kind(task_t client, handle_t handle, int kind, unsigned vector) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_IRQ_OF_KIND_MSG;
    m.dm_pci_irq_of_kind.handle = handle;
    m.dm_pci_irq_of_kind.kind = kind;
    m.dm_pci_irq_of_kind.vector = vector;
    return machine_ask(client, &m);
}

int enable_bus_master(task_t client, handle_t handle) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_ENABLE_BUS_MASTER_MSG;
    m.dm_pci_enable_bus_master.handle = handle;
    return machine_ask(client, &m);
}

int detach(task_t client, handle_t handle) {
    memset(&m, 0, sizeof(m));
    m.type = DM_DETACH_DEVICE_MSG;
    m.dm_detach_device.handle = handle;
    return machine_ask(client, &m);
}

int list(unsigned index) {
    memset(&m, 0, sizeof(m));
    m.type = DM_DEVICE_MSG;
    m.dm_device.index = index;
    return machine_ask(OTHER, &m);
}

/// A network card at 0:3.0, with an interrupt on line 11.
struct function *add_card(void) {
    struct function *card = machine_add(ADDRESS(0, 3, 0), 0x8086, 0x100e, 0x020000);
    function_set(card, PCI_INTERRUPT_LINE, 1, 11);
    function_set(card, PCI_INTERRUPT_PIN, 1, 1);
    function_set_bar(card, 0, 0xfebc0000, 0x20000, 0);
    function_set_bar(card, 1, 0xc000, 0x40, 1);
    return card;
}
