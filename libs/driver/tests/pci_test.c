#include <driver/pci.h>
#include <resea/ipc.h>
#include <string.h>
#include <unittest.h>

#include "dm.h"

#define HANDLE 3

static uint8_t config[256];
static unsigned reads;
static struct dm_pci_bar_reply_fields bar;
static struct dm_attach_pci_class_fields class_wanted;

task_t ipc_lookup(const char *name) {
    TEST_EXPECT_STR_EQ(name, "dm");
    return DM_TASK;
}

static error_t answer_config(struct message *m) {
    TEST_EXPECT_EQ(m->dm_pci_read_config.handle, HANDLE);
    offset_t offset = m->dm_pci_read_config.offset;
    unsigned size = m->dm_pci_read_config.size;
    TEST_EXPECT_LE(offset + size, sizeof(config));
    reads++;
    m->type = DM_PCI_READ_CONFIG_REPLY_MSG;
    m->dm_pci_read_config_reply.value = 0;
    memcpy(&m->dm_pci_read_config_reply.value, &config[offset], size);
    return OK;
}

error_t dm_answer(struct message *m) {
    switch (m->type) {
    case DM_ATTACH_PCI_CLASS_MSG:
        class_wanted = m->dm_attach_pci_class;
        m->type = DM_ATTACH_PCI_CLASS_REPLY_MSG;
        m->dm_attach_pci_class_reply.handle = HANDLE;
        m->dm_attach_pci_class_reply.vendor_id = 0x8086;
        m->dm_attach_pci_class_reply.device_id = 0x2922;
        return OK;
    case DM_PCI_BAR_MSG:
        m->type = DM_PCI_BAR_REPLY_MSG;
        m->dm_pci_bar_reply = bar;
        return OK;
    case DM_PCI_IRQ_MSG:
        m->type = DM_PCI_IRQ_REPLY_MSG;
        m->dm_pci_irq_reply.irq = 33;
        m->dm_pci_irq_reply.kind = DM_IRQ_KIND_MSI;
        return OK;
    case DM_PCI_READ_CONFIG_MSG:
        return answer_config(m);
    default:
        return ERR_NOT_FOUND;
    }
}

static struct pci attach(void) {
    struct pci pci;
    TEST_EXPECT_EQ(pci_attach_class(0x01, 0x06, PCI_ANY_INTERFACE, &pci), OK);
    return pci;
}

TEST("a device is taken by its class, with any interface or a certain one") {
    struct pci pci = attach();
    TEST_EXPECT_EQ(class_wanted.any_interface, true);
    TEST_EXPECT_EQ(pci.handle, HANDLE);
    TEST_EXPECT_EQ(pci.device_id, 0x2922);
    TEST_EXPECT_EQ(pci_attach_class(0x01, 0x06, 0x01, &pci), OK);
    TEST_EXPECT_EQ(class_wanted.interface, 1);
    TEST_EXPECT_EQ(class_wanted.any_interface, false);
    TEST_EXPECT_EQ(pci_attach(0x8086, 0x100e, &pci), ERR_NOT_FOUND);
}

TEST("ranges become registers, if there are any") {
    struct pci pci = attach();
    io_t io = NULL;
    bar = (struct dm_pci_bar_reply_fields){.kind = DM_BAR_KIND_NONE};
    TEST_EXPECT_EQ(pci_map_bar(&pci, 0, &io), ERR_NOT_FOUND);
    bar = (struct dm_pci_bar_reply_fields){
        .kind = DM_BAR_KIND_MEMORY, .addr = 0xfebc0100, .len = 0x100};
    TEST_EXPECT_EQ(pci_map_bar(&pci, 0, &io), OK);
    TEST_EXPECT_EQ(io_paddr(io), 0xfebc0100);
    io_free(io);
    bar = (struct dm_pci_bar_reply_fields){.kind = DM_BAR_KIND_PORTS, .addr = 0xc000, .len = 0x20};
    TEST_EXPECT_EQ(pci_map_bar(&pci, 0, &io), OK);
    TEST_EXPECT_EQ(io_paddr(io), 0);
    io_free(io);
}

TEST("the interrupt that dm grants is acquired") {
    struct pci pci = attach();
    unsigned irq;
    enum dm_irq_kind kind;
    TEST_EXPECT_EQ(pci_acquire_irq(&pci, 0, &irq, &kind), OK);
    TEST_EXPECT_EQ(irq, 33);
    TEST_EXPECT_EQ(kind, DM_IRQ_KIND_MSI);
    TEST_EXPECT_EQ(pci_acquire_irq(&pci, 0, &irq, NULL), OK);
}

TEST("capabilities are found one after the other") {
    struct pci pci = attach();
    offset_t at;
    memset(config, 0, sizeof(config));
    TEST_EXPECT_EQ(pci_find_capability(&pci, 9, 0, &at), ERR_NOT_FOUND);
    config[0x06] = 0x10;
    config[0x34] = 0x40;
    memcpy(&config[0x40], "\x09\x50", 2);
    memcpy(&config[0x50], "\x05\x60", 2);
    memcpy(&config[0x60], "\x09\x00", 2);
    TEST_EXPECT_EQ(pci_find_capability(&pci, 9, 0, &at), OK);
    TEST_EXPECT_EQ(at, 0x40);
    TEST_EXPECT_EQ(pci_find_capability(&pci, 9, at, &at), OK);
    TEST_EXPECT_EQ(at, 0x60);
    TEST_EXPECT_EQ(pci_find_capability(&pci, 9, at, &at), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(pci_find_capability(&pci, 5, 0, &at), OK);
    TEST_EXPECT_EQ(at, 0x50);
}

TEST("a list of capabilities without an end has one") {
    struct pci pci = attach();
    offset_t at;
    config[0x61] = 0x40;
    reads = 0;
    TEST_EXPECT_EQ(pci_find_capability(&pci, 7, 0, &at), ERR_NOT_FOUND);
    TEST_EXPECT_LT(reads, 120);
    memset(config, 0xff, sizeof(config));
    TEST_EXPECT_EQ(pci_find_capability(&pci, 7, 0, &at), ERR_NOT_FOUND);
}
