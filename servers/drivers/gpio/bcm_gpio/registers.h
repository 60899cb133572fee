#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// General purpose I/O: "BCM2835 ARM Peripherals", chapter 6.

#define GPIO_PADDR 0x3f200000
#define GPIO_LEN   0xb4

#define GPIO_NUM_PINS 54

/// Function select: 3 bits a pin, 10 pins a register.
#define GPFSEL(pin)       (0x00u + 4 * ((pin) / 10))
#define GPFSEL_SHIFT(pin) (3 * ((pin) % 10))
#define GPFSEL_MASK       7u
#define GPFSEL_INPUT      0u
#define GPFSEL_OUTPUT     1u
#define GPFSEL_ALT3       7u

/// Where "BCM2835 ARM Peripherals", section 6.2, has the EMMC controller as alternate function 3: its clock, its
/// command line and four data lines. The second group is wired to the card slot; on boards with Wi-Fi,
/// the first one is to that.
#define PINS_EMMC_OTHER 34u
#define PINS_EMMC_CARD  48u
#define PINS_EMMC_COUNT 6u

/// One bit a pin, 32 pins a register.
#define GPIO_BIT(pin) (1u << ((pin) % 32))
#define GPSET(pin)    (0x1cu + 4 * ((pin) / 32))
#define GPCLR(pin)    (0x28u + 4 * ((pin) / 32))
#define GPLEV(pin)    (0x34u + 4 * ((pin) / 32))

/// The pull resistors: GPPUD holds what the pins whose clock is then set in GPPUDCLK get.
#define GPPUD         0x94
#define GPPUD_OFF     0u
#define GPPUD_DOWN    1u
#define GPPUD_UP      2u
#define GPPUDCLK(pin) (0x98u + 4 * ((pin) / 32))
/// Cycles for which each of them has to stay as it is.
#define GPPUD_CYCLES 150

#endif
