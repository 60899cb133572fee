#include "led.h"

#include <message.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "pins.h"

/// Revision codes (documentation of the Raspberry Pi, "Raspberry Pi revision codes"): if bit 23 is set,
/// bits 4 to 11 are the model.
#define REVISION_NEW_STYLE   (1u << 23)
#define REVISION_MODEL(code) (((code) >> 4) & 0xff)
#define MODEL_3B             0x08
#define MODEL_3B_PLUS        0x0d
#define MODEL_3A_PLUS        0x0e

/// From the boards' device trees.
#define LED_EXPANDER_LINE 130
#define LED_PIN           29

static enum {
    ROUTE_UNKNOWN,
    ROUTE_NONE,
    ROUTE_EXPANDER,
    ROUTE_PIN
} route;
static task_t mailbox;
static bool is_on;
static msec_t on_ms, off_ms;  ///< 0: it doesn't blink.

void led_init(void) {
    route = ROUTE_UNKNOWN;
    is_on = false;
    on_ms = off_ms = 0;
}

static error_t __mustuse call_mailbox(struct message *m, int reply_type) {
    error_t err = ipc_call_service_idempotent("mailbox", &mailbox, m);
    return (err == OK && m->type == reply_type) ? OK : ERR_UNAVAILABLE;
}

static error_t __mustuse find_route(void) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = MAILBOX_BOARD_MSG;
    error_t err = call_mailbox(&m, MAILBOX_BOARD_REPLY_MSG);
    if (err != OK) {
        return err;  // The next call tries again.
    }

    uint32_t revision = m.mailbox_board_reply.revision;
    uint32_t model = (revision & REVISION_NEW_STYLE) ? REVISION_MODEL(revision) : 0;
    if (model == MODEL_3B) {
        route = ROUTE_EXPANDER;
    } else if (model == MODEL_3B_PLUS || model == MODEL_3A_PLUS) {
        route = ROUTE_PIN;
    } else {
        WARN("where the LED is on a board of revision %#x isn't known", revision);
        route = ROUTE_NONE;
    }
    return OK;
}

static error_t __mustuse ask_expander(bool on) {
    struct message m;
    bzero(&m, sizeof(m));
    m.type = MAILBOX_SET_EXPANDER_MSG;
    m.mailbox_set_expander.line = LED_EXPANDER_LINE;
    m.mailbox_set_expander.high = on;
    return call_mailbox(&m, MAILBOX_SET_EXPANDER_REPLY_MSG);
}

static error_t __mustuse drive(bool on) {
    error_t err = (route == ROUTE_UNKNOWN) ? find_route() : OK;
    if (err == OK && route == ROUTE_NONE) {
        err = ERR_UNAVAILABLE;
    } else if (err == OK && route == ROUTE_EXPANDER) {
        err = ask_expander(on);
    } else if (err == OK) {
        pins_drive(LED_PIN, on);
    }
    if (err == OK) {
        is_on = on;
    }
    return err;
}

static void stop_blinking(void) {
    if (on_ms != 0) {
        on_ms = off_ms = 0;
        OOPS_OK(timer_set(0));
    }
}

error_t led_set(bool on) {
    stop_blinking();
    return drive(on);
}

error_t led_blink(msec_t new_on_ms, msec_t new_off_ms) {
    stop_blinking();
    error_t err = drive(true);
    if (err == OK) {
        err = timer_set(new_on_ms);
    }
    if (err == OK) {
        on_ms = new_on_ms;
        off_ms = new_off_ms;
    }
    return err;
}

void led_get(bool *on, bool *blinking) {
    *on = is_on;
    *blinking = on_ms != 0;
}

void led_timer(void) {
    if (on_ms == 0) {
        return;  // It ran out just before it was stopped.
    }
    if (drive(!is_on) != OK) {
        WARN("the LED can't be reached any more, and stops blinking");
        stop_blinking();
        return;
    }
    OOPS_OK(timer_set(is_on ? on_ms : off_ms));
}
