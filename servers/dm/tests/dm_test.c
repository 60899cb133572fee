#include <string.h>
#include <unittest.h>

#include "../api.h"
#include "../bus.h"
#include "../config_space.h"
#include "ask.h"

// ---- The bus ------------------------------------------------------------------------------------

TEST("functions of a device are found, and those behind bridges") {
    machine_reset();
    machine_add(ADDRESS(0, 0, 0), 0x8086, 0x1237, 0x060000);
    struct function *first = machine_add(ADDRESS(0, 1, 0), 0x8086, 0x7000, 0x060100);
    function_set(first, PCI_HEADER_TYPE, 1, HEADER_MULTI_FUNCTION);
    machine_add(ADDRESS(0, 1, 3), 0x8086, 0x7113, 0x068000);
    machine_add_bridge(ADDRESS(0, 4, 0), 7);
    machine_add_bridge(ADDRESS(7, 0, 0), 8);
    machine_add(ADDRESS(8, 31, 0), 0x1234, 0x11e8, 0x00ff00);
    // A device that says it has one function has no others.
    machine_add(ADDRESS(8, 31, 1), 0x1234, 0x11e9, 0x00ff00);
    api_init();
    TEST_EXPECT_EQ(bus_num_devices(), 6);
    const struct pci_device *last = bus_device(5);
    TEST_EXPECT_EQ(last->address, ADDRESS(8, 31, 0));
    TEST_EXPECT_EQ(last->bridge->address, ADDRESS(7, 0, 0));
    TEST_EXPECT_EQ(last->bridge->bridge->address, ADDRESS(0, 4, 0));
    TEST_EXPECT_EQ(last->bridge->bridge->bridge, NULL);
}

TEST("only buses that there are get looked at") {
    machine_reset();
    add_card();
    api_init();
    TEST_EXPECT_LT(machine_reads(), 50);
}

TEST("bridges that go round in circles end nowhere") {
    machine_reset();
    machine_add_bridge(ADDRESS(0, 1, 0), 1);
    machine_add_bridge(ADDRESS(1, 0, 0), 2);
    machine_add_bridge(ADDRESS(2, 0, 0), 1);
    machine_add_bridge(ADDRESS(2, 1, 0), 0);
    machine_add_bridge(ADDRESS(2, 2, 0), 2);
    api_init();
    TEST_EXPECT_EQ(bus_num_devices(), 5);
}

TEST("a bus on which everything answers is looked at as far as there is room") {
    static const uint32_t words[] = {0x00000001, 0x01010101, 0x80808080, 0xffff0000, 0x06040106};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        machine_reset();
        machine_flood(words[i]);
        api_init();
        TEST_EXPECT_LE(bus_num_devices(), DEVICES_MAX);
    }
}

TEST("what the firmware left running is stopped at the start") {
    machine_reset();
    struct function *card = add_card();
    struct function *bridge = machine_add_bridge(ADDRESS(0, 4, 0), 1);
    function_set(card, PCI_COMMAND, 2, 7);
    function_set(bridge, PCI_COMMAND, 2, 7);
    api_init();
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 3 | COMMAND_INTX_DISABLE);
    TEST_EXPECT_EQ(function_get(bridge, PCI_COMMAND, 2), 7);
}

TEST("a list of capabilities that bites its tail, or leads nowhere, has an end") {
    machine_reset();
    struct function *card = add_card();
    function_add_capability(card, 0x50, CAP_ID_MSI);
    function_add_capability(card, 0x40, CAP_ID_PM);
    api_init();
    const struct pci_device *device = bus_device(0);
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_PM, 0), 0x40);
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_MSI, 0), 0x50);
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_PM, 0x40), 0);

    function_set(card, 0x51, 1, 0x40);
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_MSIX, 0), 0);
    function_set(card, 0x51, 1, 0x53);  // Misaligned: itself.
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_MSIX, 0), 0);
    function_set(card, 0x51, 1, 0x3c);  // In the header.
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_MSIX, 0), 0);
    memset(&card->bytes[0x30], 0xff, 0xd0);
    TEST_EXPECT_EQ(bus_find_capability(device, CAP_ID_MSIX, 0), 0);
    function_set(card, PCI_STATUS, 2, 0);
    TEST_EXPECT_EQ(bus_find_capability(device, 0xff, 0), 0);
}

// ---- Address ranges -----------------------------------------------------------------------------

TEST("a driver is granted the ranges of its device, and they are as long as the device says") {
    machine_reset();
    struct function *card = add_card();
    function_set_bar(card, 2, 0x4400000000, 0x200000000, 0xc);  // 64 bits, prefetchable.
    function_set_bar(card, 4, 0xfebd0100, 0x100, 0);
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(function_get(card, PCI_BAR(0), 4), 0xfebc0000);
    TEST_EXPECT_EQ(function_get(card, PCI_BAR(3), 4), 0x44);

    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 0), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.addr, 0xfebc0000);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.len, 0x20000);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.kind, DM_BAR_KIND_MEMORY);
    TEST_EXPECT(!m.dm_pci_bar_reply.prefetchable);
    struct granted granted = machine_granted();
    TEST_EXPECT_EQ(granted.task, DRIVER);
    TEST_EXPECT_EQ(granted.kind, GRANT_MMIO);
    TEST_EXPECT_EQ(granted.base, 0xfebc0000);
    TEST_EXPECT_EQ(granted.len, 0x20000);

    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 1), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.kind, DM_BAR_KIND_PORTS);
    granted = machine_granted();
    TEST_EXPECT_EQ(granted.kind, GRANT_PORTS);
    TEST_EXPECT_EQ(granted.base, 0xc000);
    TEST_EXPECT_EQ(granted.len, 0x40);

    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 2), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.addr, 0x4400000000);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.len, 0x200000000);
    TEST_EXPECT(m.dm_pci_bar_reply.prefetchable);
    TEST_EXPECT_EQ(machine_granted().len, 0x200000000);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 3), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.kind, DM_BAR_KIND_NONE);
    TEST_EXPECT_EQ(machine_granted().len, 0);

    // Nothing less than a page can be mapped.
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 4), DM_PCI_BAR_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_bar_reply.addr, 0xfebd0100);
    granted = machine_granted();
    TEST_EXPECT_EQ(granted.base, 0xfebd0000);
    TEST_EXPECT_EQ(granted.len, PAGE_SIZE);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 6), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 0xffffffff), ERR_INVALID_ARG);
    TEST_EXPECT_EQ(get_bar(OTHER, handle, 0), ERR_NOT_FOUND);
    api_task_ended(DRIVER);
}

TEST("ranges that make no sense are none, or nobody's") {
    machine_reset();
    struct function *card = add_card();
    function_set_bar(card, 0, 0, 0x1000, 0);        // The firmware has given it no address.
    function_set(card, PCI_BAR(1), 4, 0x6);         // A type that there is not.
    function_set(card, PCI_BAR(2), 4, 0xffffffff);  // A register that says 1 whatever comes.
    function_set(card, PCI_BAR(3), 4, 0xfffffff0);
    function_set(card, PCI_BAR(4), 4, 0);
    function_set(card, PCI_BAR(5), 4, 0xfeb00004);  // 64 bits, with no room for them.
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 0), ERR_UNAVAILABLE);
    TEST_EXPECT_EQ(machine_granted().len, 0);
    static const unsigned none[] = {1, 4, 5};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        TEST_EXPECT_EQ(get_bar(DRIVER, handle, none[i]), DM_PCI_BAR_REPLY_MSG);
        TEST_EXPECT_EQ(m.dm_pci_bar_reply.kind, DM_BAR_KIND_NONE);
    }
    machine_set_grant_error(ERR_INVALID_ARG);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 2), ERR_UNAVAILABLE);
    machine_set_grant_error(ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 3), ERR_UNAVAILABLE);
    // A range at address 0 must not be switched on.
    TEST_EXPECT(!(function_get(card, PCI_COMMAND, 2) & COMMAND_MEMORY));
    api_task_ended(DRIVER);
}

TEST("a range at the very end of all addresses is no trouble") {
    machine_reset();
    struct function *card = add_card();
    function_set_bar(card, 0, 0xffffffffffffc000, 0x4000, 4);
    api_init();
    handle_t handle = must_attach(DRIVER, 0, 0);
    machine_set_grant_error(ERR_INVALID_ARG);
    TEST_EXPECT_EQ(get_bar(DRIVER, handle, 0), ERR_UNAVAILABLE);
    api_task_ended(DRIVER);
}

// ---- Who has what -------------------------------------------------------------------------------

TEST("a device is one driver's, until that ends") {
    machine_reset();
    struct function *card = add_card();
    machine_add(ADDRESS(0, 4, 0), 0x8086, 0x100e, 0x020000);
    api_init();
    handle_t first = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(machine_watched(), DRIVER);
    handle_t second = must_attach(OTHER, 0, 0x100e);
    TEST_EXPECT_EQ(machine_watched(), OTHER);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0), ERR_IN_USE);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100f), ERR_NOT_FOUND);

    TEST_EXPECT_EQ(enable_bus_master(OTHER, first), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(enable_bus_master(DRIVER, first), DM_PCI_ENABLE_BUS_MASTER_REPLY_MSG);
    TEST_EXPECT_EQ(get_irq(DRIVER, first, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 7);
    function_set(card, PCI_CACHE_LINE, 1, 16);
    api_task_ended(DRIVER);
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 3 | COMMAND_INTX_DISABLE);
    TEST_EXPECT_EQ(function_get(card, PCI_CACHE_LINE, 1), 0);
    TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
    // It may have had nothing to do. One that comes after it is a restart.
    TEST_EXPECT_EQ(m.dm_device_reply.restarts, 0);
    TEST_EXPECT_EQ(m.dm_device_reply.driver, 0);
    TEST_EXPECT_EQ(enable_bus_master(DRIVER, first), ERR_NOT_FOUND);

    first = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.restarts, 1);
    TEST_EXPECT_EQ(detach(OTHER, first), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(detach(OTHER, second), DM_DETACH_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(detach(OTHER, second), ERR_NOT_FOUND);
    api_task_ended(DRIVER);
    api_task_ended(OTHER);
}

TEST("who gives a device back can take it again, others when it has ended") {
    machine_reset();
    add_card();
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(detach(DRIVER, handle), DM_DETACH_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(attach(OTHER, 0x8086, 0x100e), ERR_IN_USE);
    handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(detach(DRIVER, handle), DM_DETACH_DEVICE_REPLY_MSG);
    api_task_ended(DRIVER);
    must_attach(OTHER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.restarts, 0);
    TEST_EXPECT_EQ(m.dm_device_reply.driver, OTHER);
    api_task_ended(OTHER);
}

TEST("devices are found by class, and bridges are nobody's") {
    machine_reset();
    machine_add(ADDRESS(0, 0, 0), 0x8086, 0x1237, 0x060000);
    machine_add_bridge(ADDRESS(0, 1, 0), 1);
    machine_add(ADDRESS(0, 2, 0), 0x8086, 0x2922, 0x010601);
    api_init();
    TEST_EXPECT_EQ(attach_class(DRIVER, 0x06, 0x04, -1), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(attach(DRIVER, 0x8086, 0x1237), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(attach_class(DRIVER, 0x01, 0x06, 0x00), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(attach_class(DRIVER, 0x01, 0x06, 0x01), DM_ATTACH_PCI_CLASS_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_attach_pci_class_reply.vendor_id, 0x8086);
    TEST_EXPECT_EQ(m.dm_attach_pci_class_reply.device_id, 0x2922);
    TEST_EXPECT_EQ(attach_class(DRIVER, 0x01, 0x06, -1), ERR_IN_USE);
    api_task_ended(DRIVER);
}

TEST("bus mastering is switched on for the bridges in front as well") {
    machine_reset();
    struct function *bridge = machine_add_bridge(ADDRESS(0, 4, 0), 1);
    machine_add(ADDRESS(1, 0, 0), 0x1234, 0x11e8, 0x00ff00);
    api_init();
    handle_t handle = must_attach(DRIVER, 0x1234, 0x11e8);
    TEST_EXPECT_EQ(enable_bus_master(DRIVER, handle), DM_PCI_ENABLE_BUS_MASTER_REPLY_MSG);
    TEST_EXPECT_EQ(function_get(bridge, PCI_COMMAND, 2), COMMAND_BUS_MASTER);
    api_task_ended(DRIVER);
}

TEST("the list has all devices and an end") {
    machine_reset();
    machine_add(ADDRESS(0, 0, 0), 0x8086, 0x1237, 0x060000);
    add_card();
    api_init();
    TEST_EXPECT_EQ(list(1), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.bus, DM_BUS_PCI);
    TEST_EXPECT_EQ(m.dm_device_reply.address, ADDRESS(0, 3, 0));
    TEST_EXPECT_EQ(m.dm_device_reply.class, 0x020000);
    TEST_EXPECT_EQ(m.dm_device_reply.irq, 11);
    TEST_EXPECT_EQ(m.dm_device_reply.irq_kind, DM_IRQ_KIND_INTX);
    TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.irq, -1);
    TEST_EXPECT_EQ(list(2), DM_DEVICE_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_device_reply.bus, DM_BUS_BOARD);
    TEST_EXPECT_EQ(list(3), ERR_END);
    TEST_EXPECT_EQ(list(0xffffffff), ERR_END);
}

// ---- Interrupts ---------------------------------------------------------------------------------

TEST("the line that the firmware noted is granted") {
    machine_reset();
    struct function *card = add_card();
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 1), ERR_UNAVAILABLE);
    TEST_EXPECT(function_get(card, PCI_COMMAND, 2) & COMMAND_INTX_DISABLE);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), DM_PCI_IRQ_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.irq, 11);
    TEST_EXPECT_EQ(m.dm_pci_irq_reply.kind, DM_IRQ_KIND_INTX);
    struct granted granted = machine_granted();
    TEST_EXPECT_EQ(granted.kind, GRANT_IRQ);
    TEST_EXPECT_EQ(granted.base, 11);
    TEST_EXPECT_EQ(granted.len, 1);
    TEST_EXPECT(!(function_get(card, PCI_COMMAND, 2) & COMMAND_INTX_DISABLE));

    machine_set_grant_error(ERR_NOT_PERMITTED);
    TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), ERR_UNAVAILABLE);
    api_task_ended(DRIVER);
}

TEST("a device without a pin, or that the firmware has given no line, has no interrupt") {
    static const struct {
        uint8_t line, pin;
    } cases[] = {{11, 0}, {255, 1}, {0, 1}, {11, 5}, {11, 255}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        machine_reset();
        struct function *card = add_card();
        function_set(card, PCI_INTERRUPT_LINE, 1, cases[i].line);
        function_set(card, PCI_INTERRUPT_PIN, 1, cases[i].pin);
        api_init();
        handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
        TEST_EXPECT_EQ(get_irq(DRIVER, handle, 0), ERR_UNAVAILABLE);
        TEST_EXPECT_EQ(list(0), DM_DEVICE_REPLY_MSG);
        TEST_EXPECT_EQ(m.dm_device_reply.irq, -1);
        api_task_ended(DRIVER);
    }
}

TEST("the old way to ask tells of the first range and the line") {
    machine_reset();
    struct function *card = add_card();
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_GET_CONFIG_MSG;
    m.dm_pci_get_config.handle = handle;
    TEST_EXPECT_EQ(machine_ask(DRIVER, &m), DM_PCI_GET_CONFIG_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_get_config_reply.bar0_addr, 0xfebc0000);
    TEST_EXPECT_EQ(m.dm_pci_get_config_reply.bar0_len, 0x20000);
    TEST_EXPECT_EQ(m.dm_pci_get_config_reply.irq, 11);
    api_task_ended(DRIVER);

    function_set_bar(card, 0, 0x100000000, 0x20000, 4);
    api_init();
    handle = must_attach(DRIVER, 0x8086, 0x100e);
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_GET_CONFIG_MSG;
    m.dm_pci_get_config.handle = handle;
    TEST_EXPECT_EQ(machine_ask(DRIVER, &m), ERR_TOO_LARGE);
    api_task_ended(DRIVER);
}

// ---- The configuration space --------------------------------------------------------------------

static int read_config(handle_t handle, offset_t offset, unsigned size) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_READ_CONFIG_MSG;
    m.dm_pci_read_config.handle = handle;
    m.dm_pci_read_config.offset = offset;
    m.dm_pci_read_config.size = size;
    return machine_ask(DRIVER, &m);
}

static int write_config(handle_t handle, offset_t offset, unsigned size, uint32_t value) {
    memset(&m, 0, sizeof(m));
    m.type = DM_PCI_WRITE_CONFIG_MSG;
    m.dm_pci_write_config.handle = handle;
    m.dm_pci_write_config.offset = offset;
    m.dm_pci_write_config.size = size;
    m.dm_pci_write_config.value = value;
    return machine_ask(DRIVER, &m);
}

TEST("a driver reads all of its device's configuration, and nothing behind it") {
    machine_reset();
    struct function *card = add_card();
    function_set(card, 0xfc, 4, 0x44332211);
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    TEST_EXPECT_EQ(read_config(handle, 0, 4), DM_PCI_READ_CONFIG_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_read_config_reply.value, 0x100e8086);
    TEST_EXPECT_EQ(read_config(handle, 0xfe, 2), DM_PCI_READ_CONFIG_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_read_config_reply.value, 0x4433);
    TEST_EXPECT_EQ(read_config(handle, 0xff, 1), DM_PCI_READ_CONFIG_REPLY_MSG);
    TEST_EXPECT_EQ(m.dm_pci_read_config_reply.value, 0x44);
    static const struct {
        offset_t offset;
        unsigned size;
    } wrong[] = {{0x100, 1},     {0xfe, 4}, {0xff, 2}, {1, 2},           {2, 4},
                 {0, 0},         {0, 3},    {0, 8},    {UINTPTR_MAX, 1}, {UINTPTR_MAX - 3, 4},
                 {0, 0xffffffff}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        TEST_EXPECT_EQ(read_config(handle, wrong[i].offset, wrong[i].size), ERR_INVALID_ARG);
        TEST_EXPECT_EQ(write_config(handle, wrong[i].offset, wrong[i].size, 0), ERR_INVALID_ARG);
    }
    TEST_EXPECT_EQ(read_config(handle + 1, 0, 4), ERR_NOT_FOUND);
    TEST_EXPECT_EQ(write_config(handle + 1, 0x80, 4, 0), ERR_NOT_FOUND);
    api_task_ended(DRIVER);
}

TEST("a driver writes what isn't dm's") {
    machine_reset();
    struct function *card = add_card();
    function_add_capability(card, 0x60, CAP_ID_PCIE);
    function_add_capability(card, 0x50, CAP_ID_MSI);
    function_add_capability(card, 0x40, CAP_ID_PM);
    function_add_capability(card, 0xa0, CAP_ID_MSIX);
    function_add_capability(card, 0xb0, CAP_ID_AF);
    memset(&card->writable[0x40], 0xff, 0xc0);
    api_init();
    handle_t handle = must_attach(DRIVER, 0x8086, 0x100e);
    static const struct {
        offset_t offset;
        unsigned size;
        uint32_t value;
    } allowed[] = {{PCI_COMMAND, 2, 3 | COMMAND_INTX_DISABLE | 0x10},
                   {PCI_CACHE_LINE, 1, 16},
                   {0x40, 4, 0},
                   {0x46, 2, 1},
                   {0x68, 2, 0x7fff},
                   {0x6a, 2, 0xffff},
                   {0xac, 4, 1},
                   {0xfc, 4, 1}};
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        TEST_EXPECT_EQ(write_config(handle, allowed[i].offset, allowed[i].size, allowed[i].value),
                       DM_PCI_WRITE_CONFIG_REPLY_MSG);
    }
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 3 | COMMAND_INTX_DISABLE | 0x10);

    // The first two have shortened the list: a new one.
    function_set(card, 0x40, 2, 0x5000 | CAP_ID_PM);
    static const struct {
        offset_t offset;
        unsigned size;
        uint32_t value;
    } refused[] = {{PCI_COMMAND, 2, 7 | COMMAND_INTX_DISABLE},
                   {PCI_COMMAND, 1, 7},
                   {PCI_COMMAND + 1, 1, 0},
                   {PCI_COMMAND, 4, 0},
                   {PCI_COMMAND, 2, 0},
                   {0x10, 4, 0xfebc0000},
                   {0x27, 1, 0},
                   {0x30, 4, 1},
                   {0x3c, 1, 10},
                   {0x3c, 4, 0},
                   {0x44, 2, 3},
                   {0x44, 4, 3},
                   {0x45, 1, 0},
                   {0x50, 4, 0},
                   {0x52, 2, 1},
                   {0x64, 4, 0},
                   {0x68, 2, 0x8000},
                   {0x68, 4, 0x8000},
                   {0x69, 1, 0x80},
                   {0xa0, 1, 0},
                   {0xa2, 2, 0xc000},
                   {0xa8, 4, 0},
                   {0xb4, 1, 1},
                   {0xb4, 4, 1}};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        TEST_EXPECT_EQ(write_config(handle, refused[i].offset, refused[i].size, refused[i].value),
                       ERR_NOT_PERMITTED);
    }
    TEST_EXPECT_EQ(function_get(card, PCI_BAR(0), 4), 0xfebc0000);
    TEST_EXPECT_EQ(function_get(card, PCI_COMMAND, 2), 3 | COMMAND_INTX_DISABLE | 0x10);
    api_task_ended(DRIVER);
}
