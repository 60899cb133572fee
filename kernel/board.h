#ifndef __KERNEL_BOARD_H__
#define __KERNEL_BOARD_H__

/// \file
/// The contract of a board with the kernel: console, interrupt controller, timer, further CPUs,
/// power. boards/<board> implements it; its twin is kernel/hal.h.

#include <types.h>

struct bootinfo;

/// Called first on the boot CPU: after it, board_console_write() works.
void board_early_init(void);

/// Fills `ranges` and `ram_bytes` of *info with what the boot loader says of usable RAM, the kernel's own
/// memory included, and hands the command line to memory_take_cmdline.
void board_memory_map(struct bootinfo *info);

/// Readies interrupt controller, clock and timer, with all lines masked. The kernel's memory
/// management works.
void board_init(void);

/// The same for what every further CPU has of its own.
void board_init_secondary(void);

/// Starts the further CPUs, each in kernel_boot_secondary(), and waits until they are up. Returns how
/// many CPUs run: 1 … CONFIG_NUM_CPUS.
unsigned board_start_cpus(void);

/// Interrupts `cpu`, which will call kernel_ipi().
void board_send_ipi(unsigned cpu);

/// Stops all other CPUs, whatever they do: for a panic.
void board_stop_cpus(void);

/// Lets an interrupt line reach the kernel, or not. 0 … CONFIG_NUM_IRQS-1. Any CPU. What comes but once, an edge or a
/// message, and comes while the line is masked, reaches the kernel when it is unmasked.
void board_irq_unmask(unsigned irq);
void board_irq_mask(unsigned irq);

/// Ticks of arch_cycles() per second.
uint64_t board_clock_hz(void);

/// Cycles that the boot CPU has spent waiting for hardware before the first task ran.
uint64_t board_boot_wait_cycles(void);

/// arch_cycles() at the kernel's first instruction.
uint64_t board_boot_cycles(void);

/// Makes this CPU call kernel_timer() once arch_cycles() has reached `deadline`; a later call
/// replaces an earlier one.
void board_timer_set(uint64_t deadline);

/// Writes text to the debug console(s). May wait for the device. A "\r\n" begins a new line; the kernel writes no
/// '\n' alone.
void board_console_write(const char *text, size_t len);

/// A task shows the console's output from now on. A board that shows it on a screen, too, leaves that alone, but
/// for a panic.
void board_console_handed_over(void);

/// Next character of console input, or -1. Called from kernel_irq() for the console's own line too.
int board_console_getc(void);

/// The interrupt line of console input, or -1: then it is polled.
int board_console_irq(void);

/// Whether a physical range belongs to the interrupt controllers or timers, which the kernel shares
/// with nobody.
bool board_owns_mmio(paddr_t paddr, size_t len);

/// Powers off. Where an emulator can be told so, it ends with a code made of `status` (0 … 32).
/// Halts if all else fails.
__noreturn void board_power_off(int status);
__noreturn void board_reboot(void);

/// The `status` by which an emulator's exit tells a panic.
#define BOARD_STATUS_PANIC 32

#endif
