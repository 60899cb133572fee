#include "pins.h"

#include <nrf51/gpio.h>

#define BIT(pin) (UINT32_C(1) << (pin))

/// Pins of the edge connector that the board itself has no use for. By the names on the board: 0 is P0.03,
/// 1 is P0.02, 2 is P0.01, 8 is P0.18, 12 is P0.20, 13 to 15 are P0.23, P0.22, P0.21, 16 is P0.16. The
/// others belong to the display, the buttons, or the bus of the motion sensors.
#define FREE_PINS \
    (BIT(1) | BIT(2) | BIT(3) | BIT(16) | BIT(18) | BIT(20) | BIT(21) | BIT(22) | BIT(23))

/// What GPIO_MODE_* is in PIN_CNF.
static const uint8_t configs[] = {
    [GPIO_MODE_OFF] = NRF_PIN_OFF,
    [GPIO_MODE_INPUT] = NRF_PIN_INPUT,
    [GPIO_MODE_INPUT_PULL_UP] = NRF_PIN_INPUT | NRF_PIN_PULL_UP,
    [GPIO_MODE_INPUT_PULL_DOWN] = NRF_PIN_INPUT | NRF_PIN_PULL_DOWN,
    [GPIO_MODE_OUTPUT] = NRF_PIN_OUTPUT | NRF_PIN_INPUT_OFF,
};

static uint8_t modes[NRF_GPIO_NUM_PINS];

static error_t check(unsigned pin) {
    if (pin >= NRF_GPIO_NUM_PINS) {
        return ERR_NOT_FOUND;
    }
    return (FREE_PINS & BIT(pin)) ? OK : ERR_NOT_PERMITTED;
}

error_t pins_init(void) {
    error_t err = nrf_gpio_init();
    for (unsigned pin = 0; IS_OK(err) && pin < NRF_GPIO_NUM_PINS; pin++) {
        if (IS_OK(check(pin))) {
            nrf_gpio_clear(BIT(pin));
            err = pins_set_mode(pin, GPIO_MODE_OFF);
        }
    }
    return err;
}

error_t pins_set_mode(unsigned pin, int mode) {
    error_t err = check(pin);
    if (IS_OK(err)) {
        modes[pin] = (uint8_t) mode;
        nrf_gpio_configure(pin, configs[mode]);
    }
    return err;
}

error_t pins_set(unsigned pin, bool high) {
    error_t err = check(pin);
    if (IS_OK(err) && high) {
        nrf_gpio_set(BIT(pin));
    } else if (IS_OK(err)) {
        nrf_gpio_clear(BIT(pin));
    }
    return err;
}

error_t pins_get(unsigned pin, bool *high, int *mode) {
    error_t err = check(pin);
    if (IS_ERROR(err)) {
        return err;
    }

    *mode = modes[pin];
    // The input buffer of an output is off, and of a pin that is off, too.
    uint32_t levels = (*mode == GPIO_MODE_OUTPUT) ? nrf_gpio_outputs()
                      : (*mode == GPIO_MODE_OFF)  ? 0
                                                  : nrf_gpio_read();
    *high = (levels & BIT(pin)) != 0;
    return OK;
}
