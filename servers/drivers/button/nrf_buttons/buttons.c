#include "buttons.h"

#include <nrf51/gpio.h>

static const uint8_t pins[BUTTONS_NUM] = {17, 26};

static uint32_t state;
static uint32_t last_sample;

error_t buttons_init(void) {
    error_t err = nrf_gpio_init();
    if (IS_ERROR(err)) {
        return err;
    }
    for (int i = 0; i < BUTTONS_NUM; i++) {
        // The board has resistors that pull up; this is for boards that have not.
        nrf_gpio_configure(pins[i], NRF_PIN_INPUT | NRF_PIN_PULL_UP);
    }
    return OK;
}

uint32_t buttons_sample(void) {
    uint32_t levels = nrf_gpio_read();
    uint32_t pressed = 0;
    for (int i = 0; i < BUTTONS_NUM; i++) {
        if ((levels & (UINT32_C(1) << pins[i])) == 0) {
            pressed |= UINT32_C(1) << i;
        }
    }
    return pressed;
}

void buttons_start(void) {
    state = buttons_sample();
    last_sample = state;
}

uint32_t buttons_poll(void) {
    uint32_t sample = buttons_sample();
    uint32_t stable = ~(sample ^ last_sample);
    uint32_t changed = (sample ^ state) & stable;
    last_sample = sample;
    state ^= changed;
    return changed;
}

uint32_t buttons_state(void) {
    return state;
}
