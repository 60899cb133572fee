#include "x64_board.h"
#include <arch/x64/kernel/x64.h>
#include <kernel/board.h>
#include <kernel/memory.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <string.h>

/// Where further CPUs begin, in real mode: below LOW_MEMORY (boot.c), so nobody else's.
#define AP_PAGE 0x8000

#define ICR_INIT    (5u << 8)
#define ICR_STARTUP (6u << 8)

extern char ap_start[], ap_end[];

/// The stack and the number of the CPU that is being started: head.S reads the first.
uint64_t ap_stack;
static unsigned ap_id;

void board_ap_entry(void);

void board_ap_entry(void) {
    x64_cpu_early_init(ap_id);
    arch_leave_aspace();
    x64_cpu_init();
    kernel_boot_secondary();
}

/// The start of a CPU needs the boot tables' identity mapping for a moment, and only there: it is in
/// head.S's tables, not in the kernel's.
static bool start_cpu(unsigned id) {
    x64_cpu_alloc(id);
    ap_id = id;
    ap_stack = x64_cpus[id].kernel_stack;
    uint8_t apic = acpi.apic_ids[id];
    // SDM 9.4.4.1: INIT, 10 ms, then up to two start-up IPIs.
    apic_send(apic, ICR_INIT);
    clock_wait_us(10000);
    for (int i = 0; i < 2; i++) {
        apic_send(apic, ICR_STARTUP | (AP_PAGE / PAGE_SIZE));
        for (int waited = 0; waited < 100; waited++) {
            clock_wait_us(200);
            if (__atomic_load_n(&cpus[id].online, __ATOMIC_ACQUIRE)) {
                return true;
            }
        }
    }
    return false;
}

unsigned board_start_cpus(void) {
    memcpy(arch_ram_ptr(AP_PAGE), ap_start, (size_t) (ap_end - ap_start));
    unsigned num = 1;
    while (num < acpi.num_cpus && start_cpu(num)) {
        num++;
    }
    if (num < acpi.num_cpus) {
        WARN("CPU %u (APIC ID %u) doesn't start: going on with %u", num, acpi.apic_ids[num], num);
    }
    return num;
}
