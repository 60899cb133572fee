#include "raspi3.h"
#include <arch/arm64/kernel/arm64.h>
#include <kernel/board.h>

// The watchdog resets the chip when it runs out. What the firmware does then depends on the
// partition number that PM_RSTS holds in every other bit: 63 lets it halt, which is as far off as a
// Pi goes without its plug pulled. (No public manual; the registers are as Raspberry Pi's own
// kernel and QEMU's bcm2835_powermgt know them.)
#define PM_RSTC           (PM_PAGE + 0x1c)
#define PM_RSTS           (PM_PAGE + 0x20)
#define PM_WDOG           (PM_PAGE + 0x24)
#define PM_PASSWORD       0x5a000000u
#define PM_RSTC_RESET     0x20u
#define PM_RSTC_KEEP      0xffffffcfu
#define PM_RSTS_PARTITION 0x555u
/// Of 16 us: time enough for the UART to send what it has.
#define WDOG_TICKS 1000

/// The exit status that a host sees, on every board: docs/testing.md.
#define DEBUG_EXIT_CODE(status) (2 * (0x10 + (status)) + 1)

static __noreturn void reset(uint32_t partition) {
    arm64_between_devices();
    uint32_t status = mmio_read(PM_RSTS) & ~PM_RSTS_PARTITION;
    mmio_write(PM_RSTS, PM_PASSWORD | (status & 0xfff) | partition);
    mmio_write(PM_WDOG, PM_PASSWORD | WDOG_TICKS);
    uint32_t control = mmio_read(PM_RSTC) & PM_RSTC_KEEP;
    mmio_write(PM_RSTC, PM_PASSWORD | (control & 0xffffff) | PM_RSTC_RESET);
    arch_halt();
}

__noreturn void board_power_off(int status) {
#ifdef CONFIG_DEBUG_EXIT
    arm64_semihosting_exit((uint64_t) DEBUG_EXIT_CODE(status));
#else
    (void) status;
#endif
    reset(PM_RSTS_PARTITION);
}

__noreturn void board_reboot(void) {
    reset(0);
}
