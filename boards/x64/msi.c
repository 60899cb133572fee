#include <arch/x64/kernel/x64.h>
#include <arch_msi.h>
#include <kernel/board.h>
#include <kernel/task.h>

#include "x64_board.h"

STATIC_ASSERT(CONFIG_NUM_IRQS > MSI_FIRST_LINE, "num_irqs is less than the I/O APIC has pins");
STATIC_ASSERT(MSI_DATA(0) == VECTOR_IRQ_BASE, "dm counts vectors in another way");
STATIC_ASSERT(MSI_DATA(MSI_FIRST_LINE + MSI_NUM_LINES) <= VECTOR_TIMER, "there are too many lines");

/// A message can't be kept back: what comes while a line is masked is remembered here, and made up for later.
enum state {
    MASKED = 0,
    OPEN,
    ARRIVED
};
static uint8_t states[MSI_NUM_LINES];

static uint8_t *state_of(unsigned irq) {
    return &states[irq - MSI_FIRST_LINE];
}

void msi_mask(unsigned irq) {
    uint8_t expected = OPEN;
    __atomic_compare_exchange_n(state_of(irq), &expected, MASKED, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
}

void msi_unmask(unsigned irq) {
    if (__atomic_exchange_n(state_of(irq), OPEN, __ATOMIC_SEQ_CST) == ARRIVED) {
        apic_send(acpi.apic_ids[0], MSI_DATA(irq));
    }
}

bool msi_arrived(unsigned irq) {
    uint8_t expected = MASKED;
    __atomic_compare_exchange_n(state_of(irq), &expected, ARRIVED, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected == OPEN;
}
