// What a micro:bit can do, by messages to its device servers: greets with the number of this start, which
// the storage remembers; button A shows the temperature, button B a random picture.

#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>
#include <vprintf.h>

#include "devices.h"

#define BUTTON_A 0
#define BUTTON_B 1

/// Not on the stack: it is the only one.
struct message m;

/// What the display scrolls.
static char text[24];

static void scroll(void) {
    error_t err = display_scroll(text);
    if (IS_ERROR(err)) {
        WARN("no display: %s", error_name(err));
    }
}

static void greet(void) {
    static const char key[KVS_KEY_LEN] = "demo.starts";
    uint32_t starts;
    error_t err = count_up(key, &starts);
    if (IS_ERROR(err)) {
        WARN("no storage: %s", error_name(err));
        snprintf(text, sizeof(text), "Resea");
    } else {
        INFO("start %u", (unsigned) starts);
        snprintf(text, sizeof(text), "Resea #%u", (unsigned) starts);
    }
    scroll();
}

static void show_temperature(void) {
    int32_t temperature;
    error_t err = read_temperature(&temperature);
    if (IS_ERROR(err)) {
        INFO("no temperature: %s", error_name(err));
        snprintf(text, sizeof(text), "?");
    } else {
        int tenths = temperature / 100;
        unsigned amount = (unsigned) ((tenths < 0) ? -tenths : tenths);
        snprintf(text, sizeof(text), "%s%u.%uC", (tenths < 0) ? "-" : "", amount / 10, amount % 10);
        INFO("temperature: %s", text);
    }
    scroll();
}

static void show_random_picture(void) {
    uint32_t number;
    error_t err = read_random(&number);
    if (IS_OK(err)) {
        number &= (1u << DISPLAY_NUM_PIXELS) - 1;
        err = display_picture(number);
    }
    if (IS_ERROR(err)) {
        WARN("no picture: %s", error_name(err));
    } else {
        INFO("picture: %07x", (unsigned) number);
    }
}

static void handle_buttons(void) {
    int button;
    while ((button = buttons_next_pressed()) >= 0) {
        if (button == BUTTON_A) {
            show_temperature();
        } else if (button == BUTTON_B) {
            show_random_picture();
        }
    }
}

/// vm tells that the buttons' server has ended: the new one doesn't know us.
static void handle_exits(void) {
    while (IS_OK(async_recv(INIT_TASK, &m))) {
        if (m.type == TASK_EXITED_MSG && buttons_were(m.task_exited.task)) {
            buttons_connect();
            INFO("the buttons are back");
        }
    }
}

void main(void) {
    buttons_connect();
    greet();
    while (true) {
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        } else if (m.notifications.data & NOTIFY_ASYNC) {
            // It doesn't say whose.
            handle_buttons();
            handle_exits();
        }
    }
}
