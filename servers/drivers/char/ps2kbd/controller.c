#include "controller.h"

#include <driver/io.h>
#include <keyboard.h>
#include <resea/printf.h>
#include <resea/timer.h>

// IBM PS/2 Hardware Interface Technical Reference: Keyboard and Auxiliary Device Controller; 101/102-Key Keyboard.

#define STATUS_OUTPUT_FULL (1u << 0)  // There is a byte to be read.
#define STATUS_INPUT_FULL  (1u << 1)  // It hasn't taken the last one that was written.
#define STATUS_AUX         (1u << 5)  // The byte is the mouse's.
#define STATUS_NO_CHIP     0xff       // A bus without anybody.

#define COMMAND_READ_CONFIG   0x20
#define COMMAND_WRITE_CONFIG  0x60
#define COMMAND_DISABLE_AUX   0xa7
#define COMMAND_TEST          0xaa
#define COMMAND_TEST_KEYBOARD 0xab
#define COMMAND_DISABLE       0xad
#define COMMAND_ENABLE        0xae

#define CONFIG_INTERRUPT     (1u << 0)
#define CONFIG_AUX_INTERRUPT (1u << 1)
#define CONFIG_CLOCK_OFF     (1u << 4)
#define CONFIG_AUX_CLOCK_OFF (1u << 5)
#define CONFIG_TRANSLATE     (1u << 6)

#define TEST_PASSED          0x55
#define TEST_KEYBOARD_PASSED 0x00

#define KEYBOARD_SET_LEDS     0xed
#define KEYBOARD_SET_SCANCODE 0xf0
#define KEYBOARD_SET_REPEAT   0xf3
#define KEYBOARD_ENABLE       0xf4
#define KEYBOARD_DISABLE      0xf5
#define KEYBOARD_RESET        0xff
#define KEYBOARD_ACK          0xfa
#define KEYBOARD_RESEND       0xfe
#define KEYBOARD_TEST_PASSED  0xaa
/// After 250 ms, 30 times a second.
#define REPEAT_FAST 0x00

// The lamps' bits are in another order than a USB keyboard's.
#define LED_NUM  (1u << 1)
#define LED_CAPS (1u << 2)

/// The controller answers in less than a millisecond, the keyboard within 20; its reset takes up to 750.
#define CONTROLLER_MS 50
#define KEYBOARD_MS   100
#define RESET_MS      1000
/// Looks at the status before it is worth to sleep.
#define LOOKS 100
/// How often a byte is sent to the keyboard until it is understood.
#define TRIES 3
/// So many bytes may lie in the buffers of controller and keyboard.
#define STALE_MAX 64

static io_t data_port, command_port;
static uint8_t config;

/// A command that is on its way to the keyboard while it types: two bytes, each of which it acknowledges.
static struct {
    uint8_t bytes[2];
    unsigned at;     ///< The one that is to be acknowledged.
    unsigned tries;  ///< 0: nothing is on its way.
    bool changed;    ///< The lamps are to be others meanwhile.
    unsigned leds;
} lamps;

// ---- Bytes --------------------------------------------------------------------------------------

static uint8_t read_status(void) {
    return io_read8(command_port, 0);
}

/// Waits until bits of the status are, or aren't, set. False: it took too long.
static bool wait_for(uint8_t bits, bool set, msec_t ms) {
    for (unsigned i = 0; i < LOOKS + (unsigned) ms; i++) {
        if (((read_status() & bits) != 0) == set) {
            return true;
        }
        if (i >= LOOKS) {
            timer_sleep(1);
        }
    }
    return false;
}

static error_t __mustuse write_to(io_t port, uint8_t byte) {
    if (!wait_for(STATUS_INPUT_FULL, false, CONTROLLER_MS)) {
        return ERR_IO;
    }
    io_write8(port, 0, byte);
    return OK;
}

/// The next byte. ERR_IO: none comes in time.
static error_t __mustuse read_answer(uint8_t *byte, msec_t ms) {
    if (!wait_for(STATUS_OUTPUT_FULL, true, ms)) {
        return ERR_IO;
    }
    *byte = io_read8(data_port, 0);
    return OK;
}

/// Throws away what lies in the buffers. False: it never ends.
static bool drain(void) {
    for (unsigned i = 0; i < STALE_MAX; i++) {
        if (!(read_status() & STATUS_OUTPUT_FULL)) {
            return true;
        }
        (void) io_read8(data_port, 0);
    }
    return false;
}

// ---- The controller -----------------------------------------------------------------------------

static error_t __mustuse ask(uint8_t command, uint8_t *answer) {
    error_t err = write_to(command_port, command);
    return (err == OK) ? read_answer(answer, CONTROLLER_MS) : err;
}

static error_t __mustuse write_config(void) {
    error_t err = write_to(command_port, COMMAND_WRITE_CONFIG);
    return (err == OK) ? write_to(data_port, config) : err;
}

/// Makes both devices silent and empties the buffers.
static error_t __mustuse find_controller(void) {
    if (read_status() == STATUS_NO_CHIP || write_to(command_port, COMMAND_DISABLE) != OK
        || write_to(command_port, COMMAND_DISABLE_AUX) != OK || !drain()
        || ask(COMMAND_READ_CONFIG, &config) != OK) {
        return ERR_NOT_FOUND;
    }
    return OK;
}

static error_t __mustuse test_controller(void) {
    uint8_t answer;
    if (ask(COMMAND_TEST, &answer) != OK || answer != TEST_PASSED) {
        return ERR_IO;
    }
    // The test may have set it anew.
    config &= ~(CONFIG_INTERRUPT | CONFIG_AUX_INTERRUPT | CONFIG_CLOCK_OFF);
    config |= CONFIG_AUX_CLOCK_OFF | CONFIG_TRANSLATE;
    // Some don't translate, and say so.
    if (write_config() != OK || ask(COMMAND_READ_CONFIG, &config) != OK
        || ask(COMMAND_TEST_KEYBOARD, &answer) != OK || answer != TEST_KEYBOARD_PASSED) {
        return ERR_IO;
    }
    return write_to(command_port, COMMAND_ENABLE);
}

// ---- The keyboard -------------------------------------------------------------------------------

/// Sends a byte and waits until the keyboard has acknowledged it. What it types meanwhile is lost.
static error_t __mustuse tell(uint8_t byte) {
    for (unsigned i = 0; i < TRIES; i++) {
        uint8_t answer = 0;
        error_t err = write_to(data_port, byte);
        for (unsigned n = 0; err == OK && n < STALE_MAX; n++) {
            err = read_answer(&answer, KEYBOARD_MS);
            if (err == OK && answer == KEYBOARD_ACK) {
                return OK;
            }
            if (answer == KEYBOARD_RESEND) {
                break;
            }
        }
    }
    return ERR_IO;
}

static error_t __mustuse tell_both(uint8_t command, uint8_t value) {
    error_t err = tell(command);
    return (err == OK) ? tell(value) : err;
}

static error_t __mustuse reset_keyboard(void) {
    // If the driver has been restarted, its last command may lack its value: this one is taken for that, then.
    if (tell(KEYBOARD_DISABLE) != OK || !drain() || tell(KEYBOARD_RESET) != OK) {
        return ERR_NOT_FOUND;
    }
    uint8_t answer;
    if (read_answer(&answer, RESET_MS) != OK || answer != KEYBOARD_TEST_PASSED) {
        return ERR_NOT_FOUND;
    }
    // It speaks set 2 from the start; not all know how to be asked for it.
    if (tell_both(KEYBOARD_SET_SCANCODE, 2) != OK
        || tell_both(KEYBOARD_SET_REPEAT, REPEAT_FAST) != OK) {
        DEBUG("the keyboard's scan codes and repetition are as it likes");
        (void) drain();
    }
    return tell(KEYBOARD_ENABLE);
}

error_t controller_init(void) {
    data_port = io_alloc_port(CONTROLLER_DATA, 1, IO_ALLOC_NORMAL);
    command_port = io_alloc_port(CONTROLLER_COMMAND, 1, IO_ALLOC_NORMAL);
    if (data_port == NULL || command_port == NULL) {
        return ERR_NO_MEMORY;
    }
    error_t err = find_controller();
    if (err == OK) {
        err = test_controller();
    }
    return (err == OK) ? reset_keyboard() : err;
}

bool controller_translates(void) {
    return (config & CONFIG_TRANSLATE) != 0;
}

error_t controller_enable_interrupt(void) {
    config |= CONFIG_INTERRUPT;
    return write_config();
}

// ---- While it types -----------------------------------------------------------------------------

static void send_lamps(void) {
    for (unsigned i = 0; i < LOOKS; i++) {
        if (!(read_status() & STATUS_INPUT_FULL)) {
            io_write8(data_port, 0, lamps.bytes[lamps.at]);
            return;
        }
    }
    lamps.tries = 0;
}

static void begin_lamps(void) {
    lamps.bytes[0] = KEYBOARD_SET_LEDS;
    lamps.bytes[1] = (uint8_t) (((lamps.leds & KEYBOARD_LED_NUM) ? LED_NUM : 0)
                                | ((lamps.leds & KEYBOARD_LED_CAPS) ? LED_CAPS : 0));
    lamps.at = 0;
    lamps.tries = TRIES;
    lamps.changed = false;
    send_lamps();
}

void controller_set_leds(unsigned leds) {
    lamps.leds = leds;
    lamps.changed = true;
    if (lamps.tries == 0) {
        begin_lamps();
    }
}

/// The keyboard has understood a byte, or wants it again.
static void go_on(bool understood) {
    if (understood) {
        lamps.at++;
        lamps.tries = TRIES;
    } else {
        lamps.tries--;
    }
    if (lamps.at < sizeof(lamps.bytes) && lamps.tries > 0) {
        send_lamps();
        return;
    }
    lamps.tries = 0;
    if (lamps.changed) {
        begin_lamps();
    }
}

bool controller_is_asking(void) {
    return lamps.tries > 0;
}

void controller_idle(void) {
    lamps.tries = 0;
}

int controller_read(void) {
    uint8_t status;
    while ((status = read_status()) & STATUS_OUTPUT_FULL) {
        uint8_t byte = io_read8(data_port, 0);
        if (status & STATUS_AUX) {
            continue;
        }
        if (lamps.tries > 0 && (byte == KEYBOARD_ACK || byte == KEYBOARD_RESEND)) {
            go_on(byte == KEYBOARD_ACK);
        } else {
            return byte;
        }
    }
    return -1;
}
