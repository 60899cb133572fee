// The null port's board: kernel/board.h in as few lines as possible. A porter copies it and fills in
// one function after another as its comment says; a board that runs also has a linker script
// (kernel.ld), which defines the symbols that kernel/ declares `extern char`. See boards/x64.

#include <bootinfo.h>
#include <kernel/board.h>
#include <kernel/hal.h>

/// Set up the console's device, so that all that follows can be told about.
void board_early_init(void) {}

/// Copy the RAM ranges and the command line out of what the boot loader passed.
void board_memory_map(struct bootinfo *info __unused) {}

/// Set up the interrupt controller with all lines masked, and the timer, stopped.
void board_init(void) {}

/// Set up this CPU's own part of them.
void board_init_secondary(void) {}

/// Wake each further CPU, one by one, and wait until its struct cpu says `online`.
unsigned board_start_cpus(void) {
    return 1;
}

/// Send the interrupt whose handler calls kernel_ipi().
void board_send_ipi(unsigned cpu __unused) {}

/// Send one that can't be disabled, and whose handler calls arch_halt().
void board_stop_cpus(void) {}

/// Enable the line at the interrupt controller.
void board_irq_unmask(unsigned irq __unused) {}

/// Disable it.
void board_irq_mask(unsigned irq __unused) {}

/// Tell the rate of arch_cycles(), as the hardware says or as measured.
uint64_t board_clock_hz(void) {
    return 1000000;
}

/// Tell the cycles that waiting for devices took: measurements of the start leave them out.
uint64_t board_boot_wait_cycles(void) {
    return 0;
}

/// Tell what the counter was when the boot code started.
uint64_t board_boot_cycles(void) {
    return 0;
}

/// Set the compare register of this CPU's timer; one that is in the past must fire, too.
void board_timer_set(uint64_t deadline __unused) {}

/// For each character: wait until the device takes one, and give it.
void board_console_handed_over(void) {}

void board_console_write(const char *text __unused, size_t len __unused) {}

/// Take a character from the device, if it has one.
int board_console_getc(void) {
    return -1;
}

/// Tell the line that the device raises for input.
int board_console_irq(void) {
    return -1;
}

/// Name the register ranges of the interrupt controller and the timers.
bool board_owns_mmio(paddr_t paddr __unused, size_t len __unused) {
    return false;
}

/// Tell an emulator the status if CONFIG_DEBUG_EXIT is set, then switch off, then halt.
__noreturn void board_power_off(int status __unused) {
    arch_halt();
}

/// Reset the machine.
__noreturn void board_reboot(void) {
    arch_halt();
}
