#include "devices.h"

#include <resea/async.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <string.h>

#define COLUMN_MS 90

static task_t display, thermometer, random, kvs;
static task_t buttons;

static void begin(int type) {
    bzero(&m, sizeof(m));
    m.type = type;
}

error_t display_scroll(const char *text) {
    begin(DISPLAY_SCROLL_MSG);
    m.display_scroll.text = text;
    m.display_scroll.column_ms = COLUMN_MS;
    return ipc_call_service_idempotent("display", &display, &m);
}

error_t display_picture(uint32_t pixels) {
    begin(DISPLAY_SHOW_MSG);
    for (unsigned i = 0; i < DISPLAY_NUM_PIXELS; i++) {
        m.display_show.levels[i] = ((pixels >> i) & 1) ? DISPLAY_LEVEL_MAX : 0;
    }
    return ipc_call_service_idempotent("display", &display, &m);
}

error_t read_temperature(int32_t *millidegrees) {
    begin(THERMOMETER_READ_MSG);
    error_t err = ipc_call_service_idempotent("thermometer", &thermometer, &m);
    *millidegrees = IS_OK(err) ? m.thermometer_read_reply.millidegrees : 0;
    return err;
}

error_t read_random(uint32_t *number) {
    begin(RANDOM_GET_RANDOM_MSG);
    error_t err = ipc_call_service_idempotent("random", &random, &m);
    *number = IS_OK(err) ? m.random_get_random_reply.random_number : 0;
    return err;
}

static error_t read_count(const char key[KVS_KEY_LEN], uint32_t *count) {
    begin(KVS_GET_MSG);
    memcpy(m.kvs_get.key, key, KVS_KEY_LEN);
    error_t err = ipc_call_service_idempotent("kvs", &kvs, &m);
    if (IS_ERROR(err)) {
        return err;
    }

    void *value = m.ool_ptr;
    err = (m.ool_len == sizeof(*count)) ? OK : ERR_NOT_ACCEPTABLE;
    if (IS_OK(err)) {
        memcpy(count, value, sizeof(*count));
    }
    free(value);
    return err;
}

error_t count_up(const char key[KVS_KEY_LEN], uint32_t *count) {
    error_t err = read_count(key, count);
    if (err == ERR_NOT_FOUND || err == ERR_NOT_ACCEPTABLE) {
        *count = 0;
    } else if (IS_ERROR(err)) {
        return err;
    }

    (*count)++;
    begin(KVS_SET_MSG);
    memcpy(m.kvs_set.key, key, KVS_KEY_LEN);
    m.kvs_set.value = count;
    m.kvs_set.value_len = sizeof(*count);
    return ipc_call_service_idempotent("kvs", &kvs, &m);
}

void buttons_connect(void) {
    buttons = ipc_lookup("button");
    if (IS_ERROR(buttons)) {
        WARN("no buttons: %s", error_name(buttons));
        return;
    }

    // In this order: if the server ends in between, we are told, and come here again.
    begin(TASK_WATCH_MSG);
    m.task_watch.task = buttons;
    OOPS_OK(ipc_call(INIT_TASK, &m));
    begin(BUTTON_SUBSCRIBE_MSG);
    error_t err = ipc_call(buttons, &m);
    if (err != OK && err != ERR_ABORTED && err != ERR_INVALID_TASK) {
        WARN("no buttons: %s", error_name(err));
    }
}

bool buttons_were(task_t task) {
    return task == buttons;
}

int buttons_next_pressed(void) {
    error_t err;
    while (IS_OK(err = async_recv(buttons, &m))) {
        if (m.type == BUTTON_CHANGED_MSG && m.button_changed.pressed) {
            return (int) m.button_changed.button;
        }
    }
    return err;
}
