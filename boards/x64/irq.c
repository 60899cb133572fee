#include <arch/x64/kernel/x64.h>
#include <arch_msi.h>
#include <kernel/board.h>
#include <kernel/spinlock.h>
#include <kernel/task.h>

#include "latch.h"
#include "x64_board.h"

// I/O APIC (82093AA data sheet, section 3).
#define IOAPIC_SELECT    0x00
#define IOAPIC_WINDOW    0x10
#define IOAPIC_VERSION   1
#define IOAPIC_REDIR     0x10
#define REDIR_MASKED     (1u << 16)
#define REDIR_LEVEL      (1u << 15)
#define REDIR_ACTIVE_LOW (1u << 13)

STATIC_ASSERT(CONFIG_NUM_IRQS > MSI_FIRST_LINE, "num_irqs is less than the I/O APIC has pins");
STATIC_ASSERT(MSI_DATA(0) == VECTOR_IRQ_BASE, "dm counts vectors in another way");
STATIC_ASSERT(MSI_DATA(MSI_FIRST_LINE + MSI_NUM_LINES) <= VECTOR_TIMER, "there are too many lines");

static struct spinlock ioapic_lock;
static unsigned ioapic_pins;

/// What has been written for a line that was unmasked once. The others are masked since the first one was, or are
/// messages, which have no pin.
static struct {
    uint32_t entry;
    uint32_t reg;  ///< 0: there is none.
} pins[CONFIG_NUM_IRQS];

/// All lines but those of levels are masked here. A level's latch stays open.
static struct latch latches[CONFIG_NUM_IRQS];

static uint32_t ioapic_read(unsigned reg) {
    *mmio32(acpi.io_apic + IOAPIC_SELECT) = reg;
    return *mmio32(acpi.io_apic + IOAPIC_WINDOW);
}

static void ioapic_write(unsigned reg, uint32_t value) {
    *mmio32(acpi.io_apic + IOAPIC_SELECT) = reg;
    *mmio32(acpi.io_apic + IOAPIC_WINDOW) = value;
}

/// Finds out how many pins there are, and closes those that the firmware has left open.
static void mask_pins(void) {
    ioapic_pins = ((ioapic_read(IOAPIC_VERSION) >> 16) & 0xff) + 1;
    for (unsigned pin = 0; pin < ioapic_pins; pin++) {
        ioapic_write(IOAPIC_REDIR + 2 * pin, REDIR_MASKED);
    }
}

/// Programs the pin of an interrupt line, and opens it. ISA lines are edge-triggered and active high, PCI's are
/// level-triggered and active low, unless ACPI says otherwise.
static void open_pin(unsigned irq) {
    bool isa = irq < 16;
    bool overridden = isa && acpi.isa[irq].present;
    unsigned pin = overridden ? acpi.isa[irq].gsi : irq;
    bool low = overridden ? acpi.isa[irq].active_low : !isa;
    bool level = overridden ? acpi.isa[irq].level : !isa;
    spin_lock(&ioapic_lock);
    if (!ioapic_pins) {
        mask_pins();
    }
    if (pin >= acpi.io_apic_gsi_base && pin - acpi.io_apic_gsi_base < ioapic_pins) {
        unsigned reg = IOAPIC_REDIR + 2 * (pin - acpi.io_apic_gsi_base);
        ioapic_write(reg + 1, (uint32_t) acpi.apic_ids[0] << 24);
        pins[irq].entry =
            (VECTOR_IRQ_BASE + irq) | (low ? REDIR_ACTIVE_LOW : 0) | (level ? REDIR_LEVEL : 0);
        pins[irq].reg = reg;
        ioapic_write(reg, pins[irq].entry);
    }
    spin_unlock(&ioapic_lock);
}

/// Masks a pin that has been opened, or not.
static void write_pin(unsigned irq, uint32_t masked) {
    spin_lock(&ioapic_lock);
    ioapic_write(pins[irq].reg, pins[irq].entry | masked);
    spin_unlock(&ioapic_lock);
}

/// A line whose latch has something that came while it was masked: a device that goes on and on must not keep the
/// CPU. A message's can't be stopped. Another CPU may just have opened the latch, and open the pin next.
static __noinline void shut_pin(unsigned irq) {
    spin_lock(&ioapic_lock);
    if (pins[irq].reg && latch_has_arrived(&latches[irq])) {
        ioapic_write(pins[irq].reg, pins[irq].entry | REDIR_MASKED);
    }
    spin_unlock(&ioapic_lock);
}

/// A latch was opened that wasn't just masked.
static __noinline void open_more(unsigned irq, enum latch_state before) {
    if (irq < MSI_FIRST_LINE) {
        open_pin(irq);
    }
    if (before == LATCH_ARRIVED) {
        apic_send(acpi.apic_ids[0], VECTOR_IRQ_BASE + irq);
    }
}

static bool is_level(unsigned irq) {
    return (pins[irq].entry & REDIR_LEVEL) != 0;
}

void board_irq_unmask(unsigned irq) {
    if (is_level(irq)) {
        write_pin(irq, 0);
        return;
    }
    enum latch_state before = latch_unmask(&latches[irq]);
    if (UNLIKELY(before != LATCH_MASKED)) {
        open_more(irq, before);
    }
}

void board_irq_mask(unsigned irq) {
    if (is_level(irq)) {
        write_pin(irq, REDIR_MASKED);
    } else {
        latch_mask(&latches[irq]);
    }
}

/// What is no line's. The spurious vector isn't acknowledged (SDM 10.9); devices can't send others.
static __noinline void handle_other(unsigned vector) {
    if (vector == VECTOR_TIMER) {
        apic_eoi();
        kernel_timer();
    } else if (vector == VECTOR_IPI) {
        apic_eoi();
        kernel_ipi();
    }
}

void x64_interrupt(unsigned vector) {
    unsigned irq = vector - VECTOR_IRQ_BASE;
    if (UNLIKELY(irq >= CONFIG_NUM_IRQS)) {
        handle_other(vector);
        return;
    }
    // A level is masked before the end of the interrupt is told: it can't fire again.
    if (LIKELY(latch_arrive(&latches[irq]))) {
        kernel_irq(irq);
    } else {
        shut_pin(irq);
    }
    apic_eoi();
}
