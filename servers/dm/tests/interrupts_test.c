#include <arch_msi.h>
#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../config_space.h"
#include "ask.h"

#define MSI   0x50
#define MSIX  0x70
#define TABLE 0xfebc0000

/// MSI with 64-bit addresses and mask bits, none of which is clear.
static void add_msi(struct function *card) {
    function_add_capability(card, MSI, CAP_ID_MSI);
    function_set(card, MSI + 2, 2, 0x0186);
    memset(&card->writable[MSI + 4], 0xff, 16);
    function_set(card, MSI + 16, 4, 0xffffffff);
    card->writable[MSI + 2] = 0x71;
}

/// MSI-X with so many vectors, whose table is in range `bar`.
static void add_msix(struct function *card, unsigned vectors, uint32_t offset, unsigned bar) {
    function_add_capability(card, MSIX, CAP_ID_MSIX);
    function_set(card, MSIX + 2, 2, vectors - 1);
    function_set(card, MSIX + 4, 4, offset | bar);
    card->writable[MSIX + 3] = 0xc0;
}

static uint32_t table_word(unsigned vector, unsigned word) {
    uint32_t value;
    memcpy(&value, &machine_memory[16 * vector + 4 * word], sizeof(value));
    return value;
}

static handle_t start(void) {
    api_init();
    return must_attach(DRIVER, 0x8086, 0x100e);
}

TEST("a device with MSI writes its line's vector") {
    machine_reset();
    struct function *card = add_card();
    add_msi(card);
    handle_t handle = start();
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 1), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.kind, DM_IRQ_KIND_MSI);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE);
    TEST_EXPECT_EQ(machine_granted().base, MSI_FIRST_LINE);
    TEST_EXPECT_EQ(function_get(card, MSI + 4, 4), MSI_ADDRESS);
    TEST_EXPECT_EQ(function_get(card, MSI + 8, 4), 0);
    TEST_EXPECT_EQ(function_get(card, MSI + 12, 2), MSI_DATA(MSI_FIRST_LINE));
    TEST_EXPECT_EQ(function_get(card, MSI + 16, 4), 0);
    TEST_EXPECT_EQ(function_get(card, MSI + 2, 2), 0x0187);
    TEST_EXPECT(function_get(card, PCI_COMMAND, 2) & COMMAND_INTX_DISABLE);
    TEST_EXPECT_EQ(get_irq_of_kind(DRIVER, handle, DM_IRQ_KIND_INTX, 0), ERR_ALREADY_EXISTS);

    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(function_get(card, MSI + 2, 2), 0x0186);
    handle = must_attach(OTHER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(get_irq_of_kind(OTHER, handle, DM_IRQ_KIND_INTX, 0),
                   DM_PCI_IRQ_OF_KIND_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_of_kind_reply.irq, 11);
    TEST_EXPECT_EQ(function_get(card, MSI + 2, 2), 0x0186);
    api_task_ended(OTHER);
}

TEST("a device with MSI-X has vectors of its own") {
    machine_reset();
    memset(machine_memory, 0, sizeof(machine_memory));
    struct function *card = add_card();
    add_msi(card);
    add_msix(card, 5, 0x2000, 0);
    handle_t handle = start();
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 3), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.kind, DM_IRQ_KIND_MSIX);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE);
    TEST_EXPECT_EQ(machine_mapped(), TABLE + 0x2000);
    TEST_EXPECT_EQ(table_word(3, 0), MSI_ADDRESS);
    TEST_EXPECT_EQ(table_word(3, 1), 0);
    TEST_EXPECT_EQ(table_word(3, 2), MSI_DATA(MSI_FIRST_LINE));
    TEST_EXPECT_EQ(table_word(3, 3), 0);
    TEST_EXPECT_EQ(table_word(0, 3), 1);
    TEST_EXPECT_EQ(table_word(4, 3), 1);
    TEST_EXPECT_EQ(function_get(card, MSIX + 2, 2), 0x8004);

    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE + 1);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 3), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 5), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0xffffffff), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(get_irq_of_kind(DRIVER, handle, DM_IRQ_KIND_MSI, 0), ERR_ALREADY_EXISTS);
    TEST_EXPECT_EQ(get_irq_of_kind(DRIVER, handle, 7, 0), ERR_INVALID_ARG);

    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(machine_mapped(), 0);
    TEST_EXPECT_EQ(function_get(card, MSIX + 2, 2), 4);
}

TEST("a table that isn't where it is said to be leaves a device with less") {
    static const struct {
        unsigned vectors;
        uint32_t offset;
        unsigned bar;
    } cases[] = {
        {5, 0, 1},                      // In I/O ports.
        {5, 0, 2},                      // In a range that there is not.
        {5, 0, 6},          {5, 0, 7},  // Nor can be.
        {3, 0x1fff8, 0},                // Reaching beyond it.
        {5, 0xfffffff8, 0}, {2048, 0x18008, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        machine_reset();
        struct function *card = add_card();
        add_msix(card, cases[i].vectors, cases[i].offset, cases[i].bar);
        handle_t handle = start();
        TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
        TEST_EXPECT_EQ(m.dm_pci_irq_reply.kind, DM_IRQ_KIND_INTX);
        TEST_EXPECT_EQ(machine_mapped(), 0);
        api_task_ended(DRIVER);
    }
}

TEST("capabilities at the very end of the configuration space are cut off, and none") {
    machine_reset();
    struct function *card = add_card();
    function_add_capability(card, 0xf8, CAP_ID_MSIX);
    function_add_capability(card, 0xf4, CAP_ID_MSI);
    function_set(card, 0xf6, 2, 0x80);
    handle_t handle = start();
    TEST_EXPECT_EQ(get_irq_of_kind(DRIVER, handle, DM_IRQ_KIND_MSIX, 0), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(get_irq_of_kind(DRIVER, handle, DM_IRQ_KIND_MSI, 0), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.kind, DM_IRQ_KIND_INTX);
    api_task_ended(DRIVER);
}

TEST("lines are a task's until it ends, and it can use them again") {
    machine_reset();
    struct function *card = add_card();
    add_msix(card, 2048, 0, 0);
    handle_t handle = start();
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MSI_NUM_LINES; i++) {
            TEST_EXPECT_EQ(get_irq(DRIVER, handle, 7 * i), DM_PCI_IRQ_REPLY_MSG);
        }
        TEST_EXPECT_EQ(get_irq(DRIVER, handle, 1), ERR_UNAVAILABLE);
        TEST_EXPECT_EQ(detach(DRIVER, handle), DM_DETACH_DEVICE_REPLY_MSG);
        handle = must_attach(DRIVER, 0x8086, 0x100e);
    }
    struct function *other = machine_add(ADDRESS(0, 4, 0), 0x1234, 0x11e8, 0x00ff00);
    add_msi(other);
    api_task_ended(DRIVER);
    handle = start();
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE);
    handle_t second = must_attach(OTHER, 0x1234, 0x11e8);
    TEST_EXPECT_EQ(get_irq(OTHER, second, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, MSI_FIRST_LINE + 1);
    api_task_ended(DRIVER);
    api_task_ended(OTHER);
}
