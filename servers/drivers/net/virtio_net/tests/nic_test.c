#include <string.h>
#include <unittest.h>

#include "../driver.h"
#include "card.h"

TEST("the device tells what it is, whichever kind it is") {
    for (unsigned modern = 0; modern < 2; modern++) {
        card_begin(modern, CARD_ALL | (modern ? BIT(63) : 0), 4);
        TEST_EXPECT_MEM_EQ(card_device.mac, "\x02\x12\x34\x56\x78\x9a", 6);
        TEST_EXPECT_EQ(card_device.mtu, CARD_MTU);
        TEST_EXPECT(card_device.link);
        TEST_EXPECT_EQ(card_device.mbit_per_s, modern ? 10000 : 0);
        TEST_EXPECT_EQ(card_device.max_pieces, NET_PIECES_MAX);
        TEST_EXPECT_EQ(card_device.features, NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6
                                                 | NET_RX_CHECKSUM | NET_RX_MERGES);
        card_end();
    }
}

TEST("only features that go together are agreed on") {
    static const struct {
        uint64_t without;
        unsigned features;
        uint64_t left_out;
    } cases[] = {
        {BIT(0), NET_RX_CHECKSUM | NET_RX_MERGES, BIT(11) | BIT(12)},
        {BIT(1), NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6, BIT(7) | BIT(8)},
        {BIT(15), NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_TX_SEGMENT6 | NET_RX_CHECKSUM,
         BIT(7) | BIT(8)},
        {BIT(12) | BIT(8), NET_TX_CHECKSUM | NET_TX_SEGMENT4 | NET_RX_CHECKSUM | NET_RX_MERGES, 0},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        card_begin(true, CARD_ALL & ~cases[i].without, 4);
        TEST_EXPECT_EQ(card_device.features, cases[i].features);
        TEST_EXPECT_EQ(pci_device.driver_features & cases[i].left_out, 0);
        card_end();
    }
    // Never asked for: UFO, a control queue, several pairs.
    card_begin(true, UINT64_MAX & ~(BIT(63) | BIT(33)), 4);
    TEST_EXPECT_EQ(pci_device.driver_features & (BIT(10) | BIT(14) | BIT(17) | BIT(22)), 0);
    card_end();
}

TEST("a device that offers nothing but a MAC address will do") {
    for (unsigned modern = 0; modern < 2; modern++) {
        card_begin(modern, BIT(5), 4);
        TEST_EXPECT_EQ(card_device.features, 0);
        TEST_EXPECT_EQ(card_device.mtu, 1500);
        TEST_EXPECT(card_device.link);
        TEST_EXPECT_EQ(card_device.mbit_per_s, 0);
        card_end();
    }
}

TEST("a device that can't be is refused, and given back") {
    for (unsigned kind = 0; kind < 9; kind++) {
        card_init(true, CARD_ALL);
        error_t expected = ERR_NOT_ACCEPTABLE;
        switch (kind) {
        case 0:
            card_config(0, 1, 0x03);
            break;
        case 1:
            card_config(0, 4, 0);
            card_config(4, 2, 0);
            break;
        case 2:
            card_config(10, 2, 1279);
            break;
        case 3:
            pci_device.features &= ~BIT(15);
            card_config(10, 2, 2023);
            break;
        case 4:
            pci_device.queues[1].size = 2;
            break;
        case 5:
            pci_device.queues[0].size = 1;
            break;
        case 6:
            pci_device.num_queues = 1;
            expected = ERR_NOT_FOUND;
            break;
        case 7:
            // It has no MAC address.
            pci_device.features &= ~BIT(5);
            break;
        default:
            pci_device.device_id = 0x1001;
            expected = ERR_NOT_FOUND;
        }
        TEST_EXPECT_EQ(card_open(), expected);
        TEST_EXPECT(!pci_device.attached);
        TEST_EXPECT_EQ(pci_device.windows, 0);
    }
}

TEST("a long MTU is cut to what the stack takes, and one that a buffer just holds is used") {
    card_init(true, CARD_ALL);
    card_config(10, 2, 65535);
    TEST_EXPECT_EQ(card_open(), OK);
    TEST_EXPECT_EQ(card_device.mtu, 9000);
    card_end();
    card_init(true, CARD_ALL & ~BIT(15));
    card_config(10, 2, 2022);
    TEST_EXPECT_EQ(card_open(), OK);
    TEST_EXPECT_EQ(card_device.mtu, 2022);
    card_end();
}

TEST("short queues mean few pieces, and no segments") {
    card_init(true, CARD_ALL);
    pci_device.queues[1].size = 16;
    TEST_EXPECT_EQ(card_open(), OK);
    TEST_EXPECT_EQ(card_device.max_pieces, 15);
    TEST_EXPECT_EQ(card_device.features, NET_TX_CHECKSUM | NET_RX_CHECKSUM | NET_RX_MERGES);
    card_end();
}

static void work(void) {
    (void) card_work();
}

static void stop(void) {
    driver.stop(&card_device);
}

static void set_link(bool link, uint32_t speed) {
    card_config(6, 2, link);
    card_config(12, 4, speed);
    pci_device.isr = 2;
}

TEST("the link is looked at when an interrupt has no other reason") {
    card_begin(true, CARD_ALL | BIT(63), 4);
    set_link(false, 10000);
    TEST_EXPECT_EQ(card_link_changes, 0);
    (void) card_work();
    TEST_EXPECT_EQ(card_link_changes, 1);
    TEST_EXPECT(!card_device.link);
    set_link(true, UINT32_MAX);
    (void) card_work();
    TEST_EXPECT_EQ(card_link_changes, 2);
    TEST_EXPECT(card_device.link);
    TEST_EXPECT_EQ(card_device.mbit_per_s, 0);
    pci_device.isr = 2;
    (void) card_work();
    TEST_EXPECT_EQ(card_link_changes, 2);
    card_end();
}

TEST("a link that changes when a frame comes is noticed soon") {
    static const struct card_header header;
    card_begin(true, CARD_ALL, 4);
    set_link(false, 0);
    TEST_EXPECT(card_receive(&header, card_pool, 60));
    (void) card_work();
    TEST_EXPECT_EQ(card_link_changes, 0);
    card_tick();
    TEST_EXPECT_EQ(card_link_changes, 1);
    TEST_EXPECT(!card_device.link);
    // From then on there is nothing to wait for.
    TEST_EXPECT(!card_timer_runs);
    card_end();
}

TEST("a device that says that it can't go on ends the driver") {
    card_begin(true, CARD_ALL, 4);
    pci_device.status |= 0x40;
    pci_device.isr = 2;
    TEST_EXPECT(card_panics(work));
    pci_device.status = 0x0f;
    card_end();
}

TEST("what stops and starts anew has to be what it was") {
    card_begin(true, CARD_ALL, 4);
    card_restart();
    TEST_EXPECT_EQ(pci_device.status, 0x0f);
    driver.stop(&card_device);
    TEST_EXPECT_EQ(pci_device.status, 0);
    card_config(10, 2, 1400);
    TEST_EXPECT_EQ(driver.start(&card_device), ERR_NOT_ACCEPTABLE);
    card_end();
}

TEST("a device that doesn't stop ends the driver") {
    card_begin(true, CARD_ALL, 4);
    pci_device.never_resets = true;
    TEST_EXPECT(card_panics(stop));
    pci_device.never_resets = false;
    card_end();
}
