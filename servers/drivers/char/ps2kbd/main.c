#include <config.h>
#include <driver/irq.h>
#include <keyboard.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <resea/timer.h>
#include <string.h>

#include "controller.h"
#include "scancode.h"

/// What a keyboard says when it is plugged in; in set 1 the left Shift says the same when it goes up.
#define PLUGGED_IN 0xaa

/// A keyboard that answers a command does so within this time.
#define ANSWER_MS 20

/// Bytes that are taken before others get their turn: no hardware sends so many without a pause.
#define BYTES_AT_ONCE 64

static struct keyboard keyboard;
static struct scancode_decoder decoder;
static unsigned leds_shown;

static void show_leds(void) {
    unsigned leds = keyboard_leds(&keyboard);
    if (leds != leds_shown) {
        leds_shown = leds;
        controller_set_leds(leds);
    }
}

/// A keyboard that was plugged in has reset itself: its lamps are off, and no key is held.
static void start_anew(void) {
    keyboard_release_all(&keyboard);
    scancode_init(&decoder, controller_translates());
    leds_shown = 0;
    show_leds();
}

static void press(uint8_t usage) {
    char text[KEYBOARD_TEXT_MAX];
    size_t len = keyboard_press(&keyboard, usage, text);
    if (len > 0) {
        error_t err = sys_console_feed(text, len);
        if (err != OK && err != ERR_WOULD_BLOCK) {
            OOPS("the console takes no input: %s", error_name(err));
        }
    }
}

static void take(uint8_t byte) {
    bool is_shift = decoder.is_set_1 && keyboard_is_held(&keyboard, KEYBOARD_LEFT_SHIFT);
    if (byte == PLUGGED_IN && !is_shift && !decoder.extended) {
        start_anew();
        return;
    }
    uint8_t usage;
    switch (scancode_decode(&decoder, byte, &usage)) {
    case SCANCODE_PRESS:
        press(usage);
        break;
    case SCANCODE_RELEASE:
        keyboard_release(&keyboard, usage);
        break;
    case SCANCODE_LOST:
        keyboard_release_all(&keyboard);
        break;
    case SCANCODE_NOTHING:
        break;
    }
    show_leds();
}

/// Returns whether there was something.
static bool take_all(void) {
    int byte;
    unsigned num = 0;
    while (num < BYTES_AT_ONCE && (byte = controller_read()) >= 0) {
        take((uint8_t) byte);
        num++;
    }
    return num > 0;
}

/// Ends the program if there is no keyboard: fine if there is none, a failure if there is a broken one.
static void init(void) {
    error_t err = controller_init();
    if (err == ERR_NOT_FOUND) {
        DEBUG("there is no PS/2 keyboard");
        task_exit_with(0);
    }
    if (err != OK) {
        WARN("the keyboard controller doesn't work: %s", error_name(err));
        task_exit_with(1);
    }
    const struct keyboard_layout *layout = keyboard_layout(CONFIG_KEYBOARD_LAYOUT);
    if (layout == NULL) {
        WARN("there is no keyboard layout '%s'; try CONFIG_KEYBOARD_LAYOUT=us or de",
             CONFIG_KEYBOARD_LAYOUT);
        layout = keyboard_layout("us");
    }
    keyboard_init(&keyboard, layout);
    start_anew();
    ASSERT_OK(irq_acquire(CONTROLLER_IRQ));
    ASSERT_OK(controller_enable_interrupt());
}

static void expect_answer(void) {
    if (controller_is_asking()) {
        ASSERT_OK(timer_set(ANSWER_MS));
    }
}

void main(void) {
    init();
    expect_answer();
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
            continue;
        }
        if (take_all()) {
            expect_answer();
        } else if (m.notifications.data & NOTIFY_TIMER) {
            controller_idle();
        }
    }
}
