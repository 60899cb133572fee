#ifndef __FAKE_PINS_H__
#define __FAKE_PINS_H__

/// \file
/// GPIO registers as the chip has them.

#include <types.h>

#include "../registers.h"

struct fake_pins {
    uint32_t function[6];
    uint32_t latch[2];    ///< What was set and cleared.
    uint32_t outside[2];  ///< What comes in at pins that are inputs.
    uint8_t pull[GPIO_NUM_PINS];
    uint32_t pud, pud_clock[2];
    unsigned cycles;  ///< Since GPPUD or GPPUDCLK was written.
    bool not_granted;
};

extern struct fake_pins fake;

void fake_reset(void);
/// Function and level of a pin, as a meter would find them.
unsigned fake_function(unsigned pin);
bool fake_level(unsigned pin);

#endif
