#include "firmware.h"

#include <string.h>

#include "property.h"
#include "registers.h"

/// A tag whose value buffer is the array `values`, `answers` words of which must be answered.
#define TAG(id, values, answers) \
    { id, values, sizeof(values) / sizeof((values)[0]), answers }
#define CALL(tags) property_call(tags, sizeof(tags) / sizeof((tags)[0]))

static error_t board(task_t client __unused, struct mailbox_board_reply_fields *reply) {
    uint32_t firmware[1] = {0}, model[1] = {0}, revision[1] = {0}, serial[2] = {0}, mac[2] = {0};
    const struct property_tag tags[] = {
        TAG(TAG_GET_FIRMWARE, firmware, 1), TAG(TAG_GET_BOARD_MODEL, model, 1),
        TAG(TAG_GET_BOARD_REVISION, revision, 1), TAG(TAG_GET_SERIAL, serial, 2),
        // Six bytes.
        TAG(TAG_GET_MACADDR, mac, 1)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    reply->firmware = firmware[0];
    reply->model = model[0];
    reply->revision = revision[0];
    reply->serial = ((uint64_t) serial[1] << 32) | serial[0];
    memcpy(reply->macaddr, mac, sizeof(reply->macaddr));
    return OK;
}

static error_t memory(task_t client __unused, struct mailbox_memory_reply_fields *reply) {
    uint32_t arm[2] = {0}, vc[2] = {0};
    const struct property_tag tags[] = {TAG(TAG_GET_ARM_MEMORY, arm, 2),
                                        TAG(TAG_GET_VC_MEMORY, vc, 2)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    reply->arm_base = arm[0];
    reply->arm_size = arm[1];
    reply->vc_base = vc[0];
    reply->vc_size = vc[1];
    return OK;
}

static error_t get_clock(task_t client __unused, struct mailbox_get_clock_fields *request,
                         struct mailbox_get_clock_reply_fields *reply) {
    uint32_t rate[2] = {(uint32_t) request->clock}, min[2] = {rate[0]}, max[2] = {rate[0]};
    const struct property_tag tags[] = {TAG(TAG_GET_CLOCK_RATE, rate, 2),
                                        TAG(TAG_GET_CLOCK_MIN, min, 2),
                                        TAG(TAG_GET_CLOCK_MAX, max, 2)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    reply->rate = rate[1];
    reply->min = min[1];
    reply->max = max[1];
    return OK;
}

static error_t set_clock(task_t client, struct mailbox_set_clock_fields *request,
                         struct mailbox_set_clock_reply_fields *reply) {
    struct mailbox_get_clock_fields clock = {.clock = request->clock};
    struct mailbox_get_clock_reply_fields range = {0};
    error_t err = get_clock(client, &clock, &range);
    if (err != OK) {
        return err;
    }
    if (request->rate < range.min || request->rate > range.max) {
        return ERR_INVALID_ARG;
    }

    // The last word tells the firmware to leave turbo mode alone.
    uint32_t values[3] = {(uint32_t) request->clock, request->rate, 1};
    const struct property_tag tags[] = {TAG(TAG_SET_CLOCK_RATE, values, 2)};
    err = CALL(tags);
    reply->rate = values[1];
    return err;
}

static error_t get_temperature(task_t client __unused,
                               struct mailbox_get_temperature_reply_fields *reply) {
    // The first word is the sensor: there is one.
    uint32_t now[2] = {0}, max[2] = {0};
    const struct property_tag tags[] = {TAG(TAG_GET_TEMPERATURE, now, 2),
                                        TAG(TAG_GET_TEMPERATURE_MAX, max, 2)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    reply->millidegrees = (int32_t) now[1];
    reply->max_millidegrees = (int32_t) max[1];
    return OK;
}

static error_t get_voltage(task_t client __unused, struct mailbox_get_voltage_fields *request,
                           struct mailbox_get_voltage_reply_fields *reply) {
    uint32_t values[2] = {(uint32_t) request->rail};
    const struct property_tag tags[] = {TAG(TAG_GET_VOLTAGE, values, 2)};
    error_t err = CALL(tags);
    reply->microvolts = (int32_t) values[1];
    return err;
}

/// Asks for a device's power, or sets it: `state` is what to send, then what was answered.
static error_t power(uint32_t tag, int device, uint32_t *state) {
    uint32_t values[2] = {(uint32_t) device, *state};
    const struct property_tag tags[] = {TAG(tag, values, 2)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    *state = values[1];
    return (*state & POWER_MISSING) ? ERR_NOT_FOUND : OK;
}

static error_t get_power(task_t client __unused, struct mailbox_get_power_fields *request,
                         struct mailbox_get_power_reply_fields *reply) {
    uint32_t state = 0;
    error_t err = power(TAG_GET_POWER, request->device, &state);
    reply->on = (state & POWER_ON) != 0;
    return err;
}

static error_t set_power(task_t client __unused, struct mailbox_set_power_fields *request,
                         struct mailbox_set_power_reply_fields *reply) {
    uint32_t state = POWER_WAIT | (request->on ? POWER_ON : 0);
    error_t err = power(TAG_SET_POWER, request->device, &state);
    reply->on = (state & POWER_ON) != 0;
    return err;
}

static error_t set_expander(task_t client __unused, struct mailbox_set_expander_fields *request) {
    if (request->line < MAILBOX_EXPANDER_BASE
        || request->line - MAILBOX_EXPANDER_BASE >= MAILBOX_EXPANDER_LINES) {
        return ERR_INVALID_ARG;
    }
    uint32_t values[2] = {request->line, request->high ? 1 : 0};
    const struct property_tag tags[] = {TAG(TAG_SET_EXPANDER, values, 0)};
    error_t err = CALL(tags);
    // A firmware that has done it replaces the line's number by 0.
    return (err == OK && values[0] != 0) ? ERR_UNAVAILABLE : err;
}

static error_t dma_channels(task_t client __unused,
                            struct mailbox_dma_channels_reply_fields *reply) {
    uint32_t mask[1] = {0};
    const struct property_tag tags[] = {TAG(TAG_GET_DMA_CHANNELS, mask, 1)};
    error_t err = CALL(tags);
    reply->mask = mask[0];
    return err;
}

static error_t display_size(task_t client __unused,
                            struct mailbox_display_size_reply_fields *reply) {
    uint32_t size[2] = {0};
    const struct property_tag tags[] = {TAG(TAG_GET_DISPLAY_SIZE, size, 2)};
    error_t err = CALL(tags);
    reply->width = size[0];
    reply->height = size[1];
    return err;
}

static error_t alloc_framebuffer(task_t client __unused,
                                 struct mailbox_alloc_framebuffer_fields *request,
                                 struct mailbox_alloc_framebuffer_reply_fields *reply) {
    if (request->width == 0 || request->width > MAILBOX_FRAMEBUFFER_MAX || request->height == 0
        || request->height > MAILBOX_FRAMEBUFFER_MAX) {
        return ERR_INVALID_ARG;
    }

    uint32_t size[2] = {request->width, request->height};
    uint32_t virtual_size[2] = {request->width, request->height}, offset[2] = {0};
    uint32_t depth[1] = {32}, order[1] = {PIXEL_ORDER_BGR}, alpha[1] = {ALPHA_IGNORED};
    uint32_t memory[2] = {PAGE_SIZE}, pitch[1] = {0};
    // In one buffer, and in this order: the framebuffer is made when all of it is known.
    const struct property_tag tags[] = {
        TAG(TAG_SET_DISPLAY_SIZE, size, 2),       TAG(TAG_SET_VIRTUAL_SIZE, virtual_size, 2),
        TAG(TAG_SET_VIRTUAL_OFFSET, offset, 2),   TAG(TAG_SET_DEPTH, depth, 1),
        TAG(TAG_SET_PIXEL_ORDER, order, 1),       TAG(TAG_SET_ALPHA_MODE, alpha, 1),
        TAG(TAG_ALLOCATE_FRAMEBUFFER, memory, 2), TAG(TAG_GET_PITCH, pitch, 1)};
    error_t err = CALL(tags);
    if (err != OK) {
        return err;
    }
    if (memory[0] == 0) {
        return ERR_NO_MEMORY;
    }
    if (depth[0] != 32 || order[0] != PIXEL_ORDER_BGR || size[0] == 0 || size[1] == 0
        || pitch[0] / sizeof(uint32_t) < size[0] || memory[1] / pitch[0] < size[1]) {
        return ERR_UNAVAILABLE;
    }

    reply->paddr = BUS_TO_PADDR(memory[0]);
    reply->size = memory[1];
    reply->pitch = pitch[0];
    reply->width = size[0];
    reply->height = size[1];
    return OK;
}

const struct mailbox_ops firmware_ops = {
    .board = board,
    .memory = memory,
    .get_clock = get_clock,
    .set_clock = set_clock,
    .get_temperature = get_temperature,
    .get_voltage = get_voltage,
    .get_power = get_power,
    .set_power = set_power,
    .set_expander = set_expander,
    .dma_channels = dma_channels,
    .display_size = display_size,
    .alloc_framebuffer = alloc_framebuffer,
};
