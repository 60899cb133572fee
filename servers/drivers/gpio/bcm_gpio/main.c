#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "led.h"
#include "pins.h"

static error_t set_mode(task_t client __unused, struct gpio_set_mode_fields *request) {
    return pins_set_mode(request->pin, request->mode);
}

static error_t set(task_t client __unused, struct gpio_set_fields *request) {
    return pins_set(request->pin, request->high);
}

static error_t get(task_t client __unused, struct gpio_get_fields *request,
                   struct gpio_get_reply_fields *reply) {
    return pins_get(request->pin, &reply->high, &reply->mode);
}

static const struct gpio_ops gpio_ops = {.set_mode = set_mode, .set = set, .get = get};

static error_t set_led(task_t client __unused, struct led_set_fields *request) {
    return led_set(request->on);
}

static error_t blink_led(task_t client __unused, struct led_blink_fields *request) {
    if (request->on_ms < LED_BLINK_MS_MIN || request->on_ms > LED_BLINK_MS_MAX
        || request->off_ms < LED_BLINK_MS_MIN || request->off_ms > LED_BLINK_MS_MAX) {
        return ERR_INVALID_ARG;
    }
    return led_blink((msec_t) request->on_ms, (msec_t) request->off_ms);
}

static error_t get_led(task_t client __unused, struct led_get_reply_fields *reply) {
    led_get(&reply->on, &reply->blinking);
    return OK;
}

static const struct led_ops led_ops = {.set = set_led, .blink = blink_led, .get = get_led};

static error_t connect_card(task_t client __unused) {
    pins_connect_card();
    return OK;
}

static const struct bcm_pins_ops bcm_pins_ops = {.connect_card = connect_card};

static void serve(struct message *m) {
    if (!gpio_dispatch(&gpio_ops, m) && !led_dispatch(&led_ops, m)
        && !bcm_pins_dispatch(&bcm_pins_ops, m)) {
        discard_unknown_message(m);
    }
}

void main(void) {
    ASSERT_OK(pins_init());
    led_init();
    ASSERT_OK(ipc_serve("gpio"));
    ASSERT_OK(ipc_serve("led"));
    ASSERT_OK(ipc_serve("bcm_pins"));

    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            if (m.notifications.data & NOTIFY_TIMER) {
                led_timer();
            }
        } else {
            serve(&m);
        }
    }
}
