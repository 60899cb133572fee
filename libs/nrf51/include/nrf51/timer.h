#ifndef __NRF51_TIMER_H__
#define __NRF51_TIMER_H__

/// \file
/// Timers. nRF51 Series Reference Manual 3.0, chapter 18 "Timer/counter". TIMER0 counts 32 bits and is the
/// kernel's; TIMER1 and TIMER2 count 16.

#define NRF_TIMER1_BASE 0x40009000ul
#define NRF_TIMER1_IRQ  9
#define NRF_TIMER_LEN   0x1000

#define NRF_TIMER_START 0x000
/// Stops it and cuts its power, unlike STOP (0x004), after which it goes on drawing current.
#define NRF_TIMER_SHUTDOWN   0x010
#define NRF_TIMER_CLEAR      0x00c
#define NRF_TIMER_CAPTURE(n) (0x040 + 4 * (n))
#define NRF_TIMER_COMPARE(n) (0x140 + 4 * (n))
#define NRF_TIMER_INTENSET   0x304
#define NRF_TIMER_MODE       0x504
#define NRF_TIMER_BITMODE    0x508
#define NRF_TIMER_PRESCALER  0x510
#define NRF_TIMER_CC(n)      (0x540 + 4 * (n))

#define NRF_TIMER_INT_COMPARE(n) (1u << (16 + (n)))
#define NRF_TIMER_MODE_TIMER     0
#define NRF_TIMER_16_BIT         0
/// 16 MHz / 2^4: microseconds.
#define NRF_TIMER_PRESCALER_US 4

#endif
