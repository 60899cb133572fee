#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// The power manager. "BCM2835 ARM Peripherals" doesn't describe it; the register layout is known from
/// Broadcom's own Linux driver (drivers/watchdog/bcm2835_wdt.c) and the register list of elinux.org
/// (BCM2835_registers, PM).

#define PM_PADDR 0x3f100000
#define PM_LEN   0x28

/// In the upper 8 bits of what is written; a write without it has no effect.
#define PM_PASSWORD   0x5a000000u
#define PM_VALUE_MASK 0x00ffffffu

/// What happens when the watchdog's time is over.
#define PM_RSTC            0x1c
#define PM_RSTC_CFG_MASK   0x30u
#define PM_RSTC_FULL_RESET 0x20u

/// The status: why the machine was reset. In between, on every other bit, is a number that the
/// firmware reads after a reset: the partition to boot from, where 63 means to halt.
#define PM_RSTS                0x20
#define PM_RSTS_PARTITION_MASK 0x555u
#define PM_RSTS_HALT           0x555u
#define PM_RSTS_POWER_ON       (1u << 12)
#define PM_RSTS_SOFTWARE       (1u << 9)
#define PM_RSTS_WATCHDOG       (1u << 5)
#define PM_RSTS_DEBUGGER       (1u << 1)

/// The time that is left, counted down.
#define PM_WDOG             0x24
#define PM_WDOG_MASK        0x000fffffu
#define PM_WDOG_TICKS_PER_S 65536u

#endif
