#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <kernel/board.h>

static uint64_t boot_cycles;

/// What the firmware left in x0: the address of what it has to say.
paddr_t raspi3_boot_info;

void raspi3_boot(paddr_t boot_info, uint64_t ticks, uint64_t stack);

void raspi3_boot(paddr_t boot_info, uint64_t ticks, uint64_t stack) {
    arm64_cpu_early_init(0, stack);
    raspi3_boot_info = boot_info;
    boot_cycles = ticks << ARM64_CYCLES_SHIFT;
    kernel_boot();
}

uint64_t board_boot_cycles(void) {
    return boot_cycles;
}

void arm64_board_map(void) {
    static const paddr_t pages[] = {
        SYSTEM_INTC_PAGE, PM_PAGE, GPIO_PAGE, PL011_PAGE, AUX_PAGE, LOCAL_PAGE,
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        arm64_map_device(pages[i], PAGE_SIZE);
    }
    for (unsigned cpu = 1; cpu < NUM_CORES; cpu++) {
        arm64_map_memory(spin_table[cpu], sizeof(uint64_t));
    }
}

void board_init(void) {
    irq_init_this_cpu();
}

void board_init_secondary(void) {
    irq_init_this_cpu();
}

bool board_owns_mmio(paddr_t paddr, size_t len) {
    // The CPUs' timers, mailboxes and interrupts. The controller of the peripherals' interrupts is
    // not on the list, because the VideoCore's mailboxes share its page: who is given that page
    // could mask interrupts, but can already have the VideoCore write to any memory.
    return paddr < LOCAL_PAGE + PAGE_SIZE && paddr + len > LOCAL_PAGE;
}
