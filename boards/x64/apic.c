#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <arch_msi.h>
#include <kernel/board.h>
#include <kernel/task.h>

// Local APIC (SDM table 10-1). Its page is the same on all CPUs.
#define LAPIC_BASE       0xfee00000ul
#define LAPIC_ID         0x20
#define LAPIC_TPR        0x80
#define LAPIC_EOI        0xb0
#define LAPIC_LDR        0xd0
#define LAPIC_DFR        0xe0
#define LAPIC_SVR        0xf0
#define LAPIC_ICR_LOW    0x300
#define LAPIC_ICR_HIGH   0x310
#define LAPIC_LVT_TIMER  0x320
#define LAPIC_LVT_LINT0  0x350
#define LAPIC_LVT_LINT1  0x360
#define LAPIC_LVT_ERROR  0x370
#define LAPIC_TIMER_INIT 0x380
#define LAPIC_TIMER_NOW  0x390
#define LAPIC_TIMER_DIV  0x3e0

#define LVT_MASKED      (1u << 16)
#define DFR_FLAT        0xffffffffu
#define LDR_SHIFT       24
#define SVR_ENABLE      (1u << 8)
#define ICR_PENDING     (1u << 12)
#define ICR_ASSERT      (1u << 14)
#define ICR_ALL_OTHERS  (3u << 18)
#define ICR_NMI         (4u << 8)
#define TIMER_DIV_BY_16 3

static bool lapic_on;

static uint32_t lapic_read(unsigned reg) {
    return *mmio32(LAPIC_BASE + reg);
}

static void lapic_write(unsigned reg, uint32_t value) {
    *mmio32(LAPIC_BASE + reg) = value;
}

uint8_t apic_id(void) {
    return lapic_read(LAPIC_ID) >> 24;
}

void apic_eoi(void) {
    lapic_write(LAPIC_EOI, 0);
}

uint32_t apic_timer_count(void) {
    return lapic_read(LAPIC_TIMER_NOW);
}

void apic_timer_start(uint32_t count) {
    lapic_write(LAPIC_TIMER_INIT, count);
}

void apic_send(uint8_t id, uint32_t command) {
    lapic_write(LAPIC_ICR_HIGH, (uint32_t) id << 24);
    lapic_write(LAPIC_ICR_LOW, command | ICR_ASSERT);
    while (lapic_read(LAPIC_ICR_LOW) & ICR_PENDING) {
        arch_relax();
    }
}

void apic_init_this_cpu(void) {
    lapic_write(LAPIC_TPR, 0);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_MASKED);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_TIMER_DIV, TIMER_DIV_BY_16);
    lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);  // One-shot.
    lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
}

/// The old interrupt controllers stay silent (8259A data sheet).
static void mask_8259(void) {
    x64_out8(0x21, 0xff);
    x64_out8(0xa1, 0xff);
}

void apic_init(void) {
    mask_8259();
    x64_wrmsr(MSR_APIC_BASE, x64_rdmsr(MSR_APIC_BASE) | (1u << 11));
    lapic_write(LAPIC_DFR, DFR_FLAT);
    lapic_write(LAPIC_LDR, MSI_LOGICAL_ID << LDR_SHIFT);
    lapic_on = true;
}

bool board_owns_mmio(paddr_t paddr, size_t len) {
    // I/O APIC and local APIC, a page each.
    return (paddr < acpi.io_apic + PAGE_SIZE && paddr + len > acpi.io_apic)
           || (paddr < LAPIC_BASE + PAGE_SIZE && paddr + len > LAPIC_BASE);
}

void board_send_ipi(unsigned cpu) {
    apic_send(acpi.apic_ids[cpu], VECTOR_IPI);
}

void board_stop_cpus(void) {
    if (lapic_on && num_cpus > 1) {
        apic_send(0, ICR_ALL_OTHERS | ICR_NMI);
    }
}
