#include "pins.h"

#include <driver/io.h>
#include <message.h>

#include "registers.h"

static io_t io;

/// What clients have set. The hardware can't be asked about pulls, nor about the level that an output
/// would have.
static struct {
    uint8_t mode;  ///< GPIO_MODE_*
    bool high;
} pins[GPIO_NUM_PINS];

static uint32_t function_of(unsigned pin) {
    return (io_read32(io, GPFSEL(pin)) >> GPFSEL_SHIFT(pin)) & GPFSEL_MASK;
}

static bool level_of(unsigned pin) {
    return (io_read32(io, GPLEV(pin)) & GPIO_BIT(pin)) != 0;
}

static void set_function(unsigned pin, uint32_t function) {
    uint32_t others = io_read32(io, GPFSEL(pin)) & ~(GPFSEL_MASK << GPFSEL_SHIFT(pin));
    io_write32(io, GPFSEL(pin), others | function << GPFSEL_SHIFT(pin));
}

static void set_level(unsigned pin, bool high) {
    io_write32(io, high ? GPSET(pin) : GPCLR(pin), GPIO_BIT(pin));
}

/// A register that is read takes a cycle at least.
static void wait(void) {
    for (int i = 0; i < GPPUD_CYCLES; i++) {
        (void) io_read32(io, GPPUD);
    }
}

/// `pins`: bits of the register in which that of `pin` is, too.
static void set_pulls(unsigned pin, uint32_t pins, uint32_t pull) {
    io_write32(io, GPPUD, pull);
    wait();
    io_write32(io, GPPUDCLK(pin), pins);
    wait();
    io_write32(io, GPPUD, GPPUD_OFF);
    io_write32(io, GPPUDCLK(pin), 0);
}

static void set_pull(unsigned pin, uint32_t pull) {
    set_pulls(pin, GPIO_BIT(pin), pull);
}

error_t pins_init(void) {
    io = io_alloc_memory_fixed(GPIO_PADDR, GPIO_LEN, IO_ALLOC_NORMAL);
    if (io == NULL) {
        return ERR_NOT_PERMITTED;
    }
    for (unsigned pin = 0; pin <= PINS_HEADER_LAST; pin++) {
        bool output = function_of(pin) == GPFSEL_OUTPUT;
        pins[pin].mode = output ? GPIO_MODE_OUTPUT : GPIO_MODE_OFF;
        pins[pin].high = output && level_of(pin);
    }
    return OK;
}

static error_t __mustuse check(unsigned pin) {
    if (pin >= GPIO_NUM_PINS) {
        return ERR_NOT_FOUND;
    }
    if (pin > PINS_HEADER_LAST) {
        return ERR_NOT_PERMITTED;
    }
    // Whoever uses it for something else has given it another function.
    uint32_t function = function_of(pin);
    return (function == GPFSEL_INPUT || function == GPFSEL_OUTPUT) ? OK : ERR_NOT_PERMITTED;
}

/// Drives the level before and after: before, so that no other one shows in between; after, because
/// a pin may have taken it only as an output.
static void make_output(unsigned pin, bool high) {
    set_level(pin, high);
    set_function(pin, GPFSEL_OUTPUT);
    set_level(pin, high);
}

error_t pins_set_mode(unsigned pin, int mode) {
    static const uint8_t pulls[] = {
        [GPIO_MODE_INPUT_PULL_UP] = GPPUD_UP,
        [GPIO_MODE_INPUT_PULL_DOWN] = GPPUD_DOWN,
        [GPIO_MODE_OUTPUT] = GPPUD_OFF,
    };
    error_t err = check(pin);
    if (err != OK) {
        return err;
    }
    if (mode < GPIO_MODE_OFF || mode > GPIO_MODE_OUTPUT) {
        return ERR_INVALID_ARG;
    }

    if (mode != GPIO_MODE_OUTPUT) {
        set_function(pin, GPFSEL_INPUT);
    }
    set_pull(pin, pulls[mode]);
    if (mode == GPIO_MODE_OUTPUT) {
        make_output(pin, pins[pin].high);
    }
    pins[pin].mode = (uint8_t) mode;
    return OK;
}

error_t pins_set(unsigned pin, bool high) {
    error_t err = check(pin);
    if (err != OK) {
        return err;
    }
    pins[pin].high = high;
    set_level(pin, high);
    return OK;
}

error_t pins_get(unsigned pin, bool *high, int *mode) {
    error_t err = check(pin);
    if (err != OK) {
        return err;
    }
    *mode = pins[pin].mode;
    switch (*mode) {
    case GPIO_MODE_OFF:
        *high = false;
        break;
    case GPIO_MODE_OUTPUT:
        *high = pins[pin].high;
        break;
    default:
        *high = level_of(pin);
    }
    return OK;
}

void pins_drive(unsigned pin, bool high) {
    make_output(pin, high);
}

void pins_connect_card(void) {
    for (unsigned i = 0; i < PINS_EMMC_COUNT; i++) {
        if (function_of(PINS_EMMC_OTHER + i) == GPFSEL_ALT3) {
            set_function(PINS_EMMC_OTHER + i, GPFSEL_INPUT);
        }
    }
    // All but the clock: a card's lines are open until somebody drives them.
    uint32_t pulled_up = 0;
    for (unsigned i = 1; i < PINS_EMMC_COUNT; i++) {
        pulled_up |= GPIO_BIT(PINS_EMMC_CARD + i);
    }
    set_pull(PINS_EMMC_CARD, GPPUD_OFF);
    set_pulls(PINS_EMMC_CARD, pulled_up, GPPUD_UP);
    for (unsigned i = 0; i < PINS_EMMC_COUNT; i++) {
        set_function(PINS_EMMC_CARD + i, GPFSEL_ALT3);
    }
}
