#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../bus.h"
#include "../config_space.h"
#include "ask.h"

#define PCIE         0x60
#define PCIE_CAP     (PCIE + 4)
#define PCIE_CONTROL (PCIE + 8)
#define PCIE_STATUS  (PCIE + 10)
#define PCIE_PENDING 0x20
#define PCIE_FLR     0x8000
#define AF           0x90
#define PM           0xa0
#define PM_CONTROL   (PM + 4)

static unsigned resets;

/// What a reset does to a function: all that the firmware and drivers told it is forgotten.
static void forget(struct function *function) {
    resets++;
    function_set(function, PCI_COMMAND, 2, 0);
    function_set(function, PCI_CACHE_LINE, 1, 0);
    function_set(function, PCI_BAR(0), 4, 0);
    function_set(function, PCI_BAR(1), 4, 1);
}

static void pcie_written(struct function *function, unsigned offset) {
    if (offset == PCIE_CONTROL && (function_get(function, PCIE_CONTROL, 2) & PCIE_FLR)) {
        forget(function);
        function_set(function, PCIE_CONTROL, 2, 0);
    }
}

static void af_written(struct function *function, unsigned offset) {
    if (offset == AF + 4 && function_get(function, AF + 4, 1)) {
        forget(function);
        function_set(function, AF + 4, 1, 0);
    }
}

static void pm_written(struct function *function, unsigned offset) {
    static bool is_down;
    bool was_down = is_down;
    if (offset == PM_CONTROL) {
        is_down = (function_get(function, PM_CONTROL, 2) & 3) == 3;
        if (was_down && !is_down) {
            forget(function);
        }
    }
}

static struct function *add_pcie_card(void) {
    struct function *card = add_card();
    function_add_capability(card, PCIE, CAP_ID_PCIE);
    function_set(card, PCIE_CAP, 4, 1u << 28);
    function_set(card, PCIE_CONTROL, 2, 0x2810);
    memset(&card->writable[PCIE_CONTROL], 0xff, 2);
    card->writable[PCI_INTERRUPT_LINE] = 0xff;
    card->written = pcie_written;
    resets = 0;
    return card;
}

static handle_t start(void) {
    api_init();
    api_start();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(machine_held(), DRIVER);
    TEST_EXPECT_EQ(enable_bus_master(DRIVER, handle), DM_PCI_ENABLE_BUS_MASTER_REPLY_MSG);
    return handle;
}

static void expect_as_before(const struct function *card) {
    TEST_EXPECT_EQ(function_get(card, PCI_BAR(0), 4), 0xfebc0000);
    TEST_EXPECT_EQ(function_get(card, PCI_BAR(1), 4), 0xc001);
    TEST_EXPECT_EQ(function_get(card, PCI_INTERRUPT_LINE, 1), 11);
    TEST_EXPECT(!(function_get(card, PCI_COMMAND, 2) & COMMAND_BUS_MASTER));
    TEST_EXPECT(function_get(card, PCI_COMMAND, 2) & COMMAND_INTX_DISABLE);
}

TEST("a function-level reset takes its time, and the next driver waits for it") {
    machine_reset();
    struct function *card = add_pcie_card();
    start();
    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(resets, 1);
    // It had stopped before that.
    TEST_EXPECT_EQ(machine_released(), DRIVER);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100e), DONT_REPLY);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100f), ERR_NOT_FOUND);
    TEST_EXPECT(!machine_advance(99));
    TEST_EXPECT_EQ(machine_answer(OTHER, &m), DONT_REPLY);
    TEST_EXPECT(machine_advance(1));
    TEST_EXPECT_EQ(machine_answer(OTHER, &m), DM_ATTACH_PCI_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_attach_pci_device_reply.device_id, 0x100e);
    TEST_EXPECT_EQ(enable_bus_master(OTHER, m.dm_attach_pci_device_reply.handle),
                   DM_PCI_ENABLE_BUS_MASTER_REPLY_MSG);
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 7 | COMMAND_INTX_DISABLE);
    TEST_EXPECT_EQ(function_get(card, PCIE_CONTROL, 2), 0x2810);
    TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.driver, OTHER);
    TEST_EXPECT_EQ(m.dm_device_reply.restarts, 1);
    api_task_ended(OTHER);
    machine_advance(100);
    expect_as_before(card);
    TEST_EXPECT_EQ(resets, 2);
}

TEST("memory is kept while a device has something pending") {
    machine_reset();
    struct function *card = add_pcie_card();
    start();
    function_set(card, PCIE_STATUS, 2, PCIE_PENDING);
    api_task_ended(DRIVER);
    TEST_EXPECT(!(function_get(card, PCI_COMMAND, 2) & COMMAND_BUS_MASTER));
    TEST_EXPECT(machine_advance(10));
    TEST_EXPECT_EQ(machine_released(), 0);
    TEST_EXPECT_EQ(resets, 0);
    function_set(card, PCIE_STATUS, 2, 0);
    TEST_EXPECT(machine_advance(10));
    TEST_EXPECT_EQ(machine_released(), DRIVER);
    TEST_EXPECT_EQ(resets, 1);
    machine_advance(100);
    expect_as_before(card);
}

TEST("a device that never comes to rest is reset all the same") {
    machine_reset();
    struct function *card = add_pcie_card();
    start();
    function_set(card, PCIE_STATUS, 2, PCIE_PENDING);
    api_task_ended(DRIVER);
    for (int i = 0; i < 9; i++) {
        TEST_EXPECT(machine_advance(10));
        TEST_EXPECT_EQ(machine_released(), 0);
    }
    TEST_EXPECT(machine_advance(10));
    TEST_EXPECT_EQ(machine_released(), DRIVER);
    TEST_EXPECT_EQ(resets, 1);
    TEST_EXPECT(machine_advance(100));
    TEST_EXPECT(!machine_advance(1000));
    expect_as_before(card);
}

TEST("memory is kept until the last of a driver's devices has stopped") {
    machine_reset();
    struct function *card = add_pcie_card();
    machine_add(ADDRESS(0, 4, 0), 0x1234, 0x11e8, 0x00ff00);
    start();
    must_attach(DRIVER, 0x1234, 0x11e8);
    function_set(card, PCIE_STATUS, 2, PCIE_PENDING);
    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(machine_released(), 0);
    // The other one is free at once.
    must_attach(OTHER, 0x1234, 0x11e8);
    function_set(card, PCIE_STATUS, 2, 0);
    machine_advance(10);
    TEST_EXPECT_EQ(machine_answer(DRIVER, &m), DONT_REPLY);
    machine_advance(100);
    expect_as_before(card);
    api_task_ended(OTHER);
}

TEST("conventional devices are reset by Advanced Features") {
    machine_reset();
    struct function *card = add_card();
    function_add_capability(card, AF, CAP_ID_AF);
    function_set(card, AF + 3, 1, 3);
    card->writable[AF + 4] = 1;
    card->written = af_written;
    resets = 0;
    start();
    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(resets, 1);
    TEST_EXPECT(machine_advance(100));
    expect_as_before(card);
}

TEST("others are by a power state and back, if that resets them") {
    machine_reset();
    struct function *card = add_card();
    function_add_capability(card, PM, CAP_ID_PM);
    card->writable[PM_CONTROL] = 3;
    card->written = pm_written;
    resets = 0;
    start();
    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(function_get(card, PM_CONTROL, 2), 3);
    TEST_EXPECT(machine_advance(10));
    TEST_EXPECT_EQ(function_get(card, PM_CONTROL, 2), 0);
    TEST_EXPECT_EQ(resets, 1);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100e), DONT_REPLY);
    TEST_EXPECT(machine_advance(10));
    TEST_EXPECT_EQ(machine_answer(OTHER, &m), DM_ATTACH_PCI_DEVICE_REPLY_MSG);
    function_set(card, PM_CONTROL, 2, 8);
    api_task_ended(OTHER);
    TEST_EXPECT_EQ(resets, 1);
    TEST_EXPECT(!machine_advance(1000));
    expect_as_before(card);
}

TEST("who ends while it waits gets nothing, and there is room for some who wait") {
    machine_reset();
    add_pcie_card();
    start();
    api_task_ended(DRIVER);
    for (task_t client = 100; client < 116; client++) {
        TEST_EXPECT_EQ(attach_class(client, 2, 0, -1), DONT_REPLY);
    }
    TEST_EXPECT_EQ(attach(OTHER, 0, 0), ERR_IN_USE);
    for (task_t client = 100; client < 115; client++) {
        api_task_ended(client);
    }
    machine_advance(100);
    TEST_EXPECT_EQ(machine_answer(115, &m), DM_ATTACH_PCI_CLASS_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_attach_pci_class_reply.device_id, 0x100e);
    api_task_ended(115);
    machine_advance(100);
}

TEST("a dm that takes over resets what drivers had used, one that boots doesn't") {
    machine_reset();
    struct function *card = add_pcie_card();
    function_set(card, PCI_COMMAND, 2, 7);
    api_init();
    api_start();
    TEST_EXPECT_EQ(resets, 0);
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 3 | COMMAND_INTX_DISABLE);

    function_set(card, PCI_COMMAND, 2, 7);
    machine_set_drivers_to_end(1);
    api_init();
    api_start();
    TEST_EXPECT_EQ(resets, 1);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100e), DONT_REPLY);
    machine_advance(100);
    TEST_EXPECT_EQ(machine_answer(OTHER, &m), DM_ATTACH_PCI_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(get_bar(OTHER, m.dm_attach_pci_device_reply.handle, 0), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.addr, 0xfebc0000);
    api_task_ended(OTHER);
    machine_advance(100);
    expect_as_before(card);
}
