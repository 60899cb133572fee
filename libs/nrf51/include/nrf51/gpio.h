#ifndef __NRF51_GPIO_H__
#define __NRF51_GPIO_H__

/// \file
/// Pins P0.00 to P0.31. nRF51 Series Reference Manual 3.0, chapter 14 "General-Purpose Input/Output".
///
/// Several drivers share the port, each with pins of its own: they set, clear and configure only these,
/// which takes one write each time and needs no lock.

#include <types.h>

#define NRF_GPIO_BASE 0x50000000ul
#define NRF_GPIO_LEN  0x1000

#define NRF_GPIO_OUT          0x504
#define NRF_GPIO_OUTSET       0x508
#define NRF_GPIO_OUTCLR       0x50c
#define NRF_GPIO_IN           0x510
#define NRF_GPIO_PIN_CNF(pin) (0x700 + 4 * (pin))
#define NRF_GPIO_NUM_PINS     32

/// PIN_CNF: direction, input buffer (off: no current is lost if the pin floats), pull.
#define NRF_PIN_OUTPUT    (1u << 0)
#define NRF_PIN_INPUT_OFF (1u << 1)
#define NRF_PIN_PULL_DOWN (1u << 2)
#define NRF_PIN_PULL_UP   (3u << 2)
#define NRF_PIN_INPUT     0u
/// How pins are after a reset.
#define NRF_PIN_OFF NRF_PIN_INPUT_OFF

/// Maps the registers. ERR_NOT_PERMITTED: the manifest doesn't give the driver the port.
error_t nrf_gpio_init(void);
/// `config`: NRF_PIN_*.
void nrf_gpio_configure(unsigned pin, uint32_t config);
/// Bit n is pin n.
uint32_t nrf_gpio_read(void);
/// What pins are driven to, if they are outputs.
uint32_t nrf_gpio_outputs(void);
void nrf_gpio_set(uint32_t pins);
void nrf_gpio_clear(uint32_t pins);

#endif
