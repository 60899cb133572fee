#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// The random number generator. "BCM2835 ARM Peripherals" doesn't describe it; the register layout is
/// known from Broadcom's own Linux driver (drivers/char/hw_random/bcm2835-rng.c).

#define RNG_PADDR 0x3f104000
#define RNG_LEN   0x14

#define RNG_CTRL        0x00
#define RNG_CTRL_ENABLE (1u << 0)

/// Written before it is enabled: how many numbers to drop, because a generator that has just been
/// switched on isn't random yet. Read: how many words there are, in the upper 8 bits.
#define RNG_STATUS      0x04
#define RNG_WARMUP      0x40000u
#define RNG_WORDS_SHIFT 24

#define RNG_DATA         0x08
#define RNG_INT_MASK     0x10
#define RNG_INT_DISABLED (1u << 0)

#endif
