#include "e1000e.h"

#include <driver/pci.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#define VENDOR_ID 0x8086
#define DEVICE_ID 0x10d3

// 82574 GbE Controller Family Datasheet, section 10.2.4.
#define REG_CTRL          0x0000
#define CTRL_RESET        (1u << 26)
#define REG_ICR           0x00c0  // What has come up; cleared by writing ones.
#define REG_ICS           0x00c8  // Brings it up.
#define REG_IMS           0x00d0  // Lets it interrupt.
#define REG_IMC           0x00d8
#define REG_EIAC          0x00dc  // What is cleared once its message is sent.
#define REG_IVAR          0x00e4
#define CAUSE_RX_QUEUE0   (1u << 20)
#define CAUSE_TX_QUEUE0   (1u << 22)
#define CAUSES            (CAUSE_RX_QUEUE0 | CAUSE_TX_QUEUE0)
#define IVAR_RX_QUEUE0(v) ((8u | (v)) << 0)
#define IVAR_TX_QUEUE0(v) ((8u | (v)) << 8)

/// Longer than the time between two messages.
#define QUIET_MS 20

static io_t io;

static void wait_for(notifications_t notification) {
    struct message m;
    do {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
    } while (m.type != NOTIFICATIONS_MSG || !(m.notifications.data & notification));
}

static void reset(void) {
    io_write32(io, REG_CTRL, CTRL_RESET);
    while (io_read32(io, REG_CTRL) & CTRL_RESET) {}
}

void e1000e_interrupt(int count) {
    struct pci pci;
    unsigned first, second, again;
    enum dm_irq_kind kind;
    ASSERT_OK(pci_attach(VENDOR_ID, DEVICE_ID, &pci));
    ASSERT_OK(pci_map_bar(&pci, 0, &io));
    reset();

    ASSERT_OK(pci_acquire_irq(&pci, 0, &first, &kind));
    ASSERT(kind == DM_IRQ_KIND_MSIX);
    ASSERT_OK(pci_acquire_irq(&pci, 3, &second, NULL));
    ASSERT_OK(pci_acquire_irq(&pci, 0, &again, NULL));
    ASSERT(first == again && first != second);
    ASSERT(pci_acquire_irq(&pci, 5, &again, NULL) == ERR_UNAVAILABLE);
    ASSERT(pci_acquire_irq_of_kind(&pci, DM_IRQ_KIND_INTX, 0, &again) == ERR_ALREADY_EXISTS);
    ASSERT_OK(pci_enable_bus_master(&pci));

    io_write32(io, REG_IMC, UINT32_MAX);
    io_write32(io, REG_ICR, UINT32_MAX);
    io_write32(io, REG_IVAR, IVAR_RX_QUEUE0(0) | IVAR_TX_QUEUE0(3));
    io_write32(io, REG_EIAC, CAUSES);
    for (int i = 0; i < 2 * count; i++) {
        uint32_t cause = (i % 2 == 0) ? CAUSE_RX_QUEUE0 : CAUSE_TX_QUEUE0;
        io_write32(io, REG_IMS, cause);
        io_write32(io, REG_ICS, cause);
        wait_for(NOTIFY_IRQ);
        io_write32(io, REG_ICR, cause);
    }
    // The device keeps messages some time apart; QEMU 7.2 ends by an assertion if MSI-X is off when that is over.
    ASSERT_OK(timer_set(QUIET_MS));
    wait_for(NOTIFY_TIMER);
    printf("e1000e: %d interrupts on lines %u and %u\n", 2 * count, first, second);
}
