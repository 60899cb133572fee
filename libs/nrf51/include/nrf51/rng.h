#ifndef __NRF51_RNG_H__
#define __NRF51_RNG_H__

/// \file
/// The random number generator: thermal noise, a byte at a time. nRF51 Series Reference Manual 3.0,
/// chapter 21 "Random Number Generator". With the bias correction it takes 677 us for a byte, on average
/// (nRF51822 Product Specification 3.1, section 8.16).

#define NRF_RNG_BASE 0x4000d000ul
#define NRF_RNG_LEN  0x1000
#define NRF_RNG_IRQ  13

#define NRF_RNG_START    0x000
#define NRF_RNG_STOP     0x004
#define NRF_RNG_VALRDY   0x100
#define NRF_RNG_INTENSET 0x304
#define NRF_RNG_INTENCLR 0x308
#define NRF_RNG_CONFIG   0x504
#define NRF_RNG_VALUE    0x508

#define NRF_RNG_INT_VALRDY             (1u << 0)
#define NRF_RNG_CONFIG_BIAS_CORRECTION (1u << 0)

#endif
