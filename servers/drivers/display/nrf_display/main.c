#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/timer.h>
#include <string.h>

#include "picture.h"

STATIC_ASSERT(MATRIX_NUM_PIXELS == DISPLAY_NUM_PIXELS, "the interface is for this display");
STATIC_ASSERT(MATRIX_LEVEL_MAX == DISPLAY_LEVEL_MAX, "the interface has these levels");
STATIC_ASSERT(PICTURE_TEXT_MAX == DISPLAY_TEXT_MAX, "the interface has such texts");

/// The client who waits for the end of the text; 0: nobody.
static task_t waiter;
static msec_t column_ms;

/// The text is over, by itself or because something else is shown.
static void end_text(error_t result) {
    OOPS_OK(timer_set(0));
    if (waiter != 0) {
        // The reply has no fields, so its type is all of the message that travels.
        ipc_reply_err(waiter, IS_OK(result) ? DISPLAY_SCROLL_REPLY_MSG : result);
        waiter = 0;
    }
}

static error_t show(task_t client __unused, struct display_show_fields *request) {
    for (int i = 0; i < MATRIX_NUM_PIXELS; i++) {
        if (request->levels[i] > MATRIX_LEVEL_MAX) {
            return ERR_INVALID_ARG;
        }
    }
    end_text(ERR_ABORTED);
    picture_show(request->levels);
    return OK;
}

static error_t set_pixel(task_t client __unused, struct display_set_pixel_fields *request) {
    if (request->x >= MATRIX_WIDTH || request->y >= MATRIX_HEIGHT
        || request->level > MATRIX_LEVEL_MAX) {
        return ERR_INVALID_ARG;
    }
    end_text(ERR_ABORTED);
    picture_set_pixel(request->y * MATRIX_WIDTH + request->x, request->level);
    return OK;
}

static error_t clear(task_t client __unused) {
    end_text(ERR_ABORTED);
    picture_clear();
    return OK;
}

static error_t set_brightness(task_t client __unused,
                              struct display_set_brightness_fields *request) {
    if (request->level > MATRIX_LEVEL_MAX) {
        return ERR_INVALID_ARG;
    }
    picture_set_brightness(request->level);
    return OK;
}

static error_t scroll(task_t client, struct display_scroll_fields *request) {
    if (request->column_ms < DISPLAY_COLUMN_MS_MIN || request->column_ms > DISPLAY_COLUMN_MS_MAX) {
        return ERR_INVALID_ARG;
    }

    end_text(ERR_ABORTED);
    column_ms = request->column_ms;
    // The length counts the NUL.
    picture_scroll(request->text, request->text_len - 1);
    OOPS_OK(timer_set(column_ms));
    if (!request->wait) {
        return OK;
    }
    waiter = client;
    return DONT_REPLY;
}

static error_t query(task_t client __unused, struct display_query_reply_fields *reply) {
    reply->scrolling = picture_is_scrolling();
    reply->brightness = picture_brightness();
    memcpy(reply->levels, picture_levels(), sizeof(reply->levels));
    return OK;
}

static const struct display_ops ops = {
    .show = show,
    .set_pixel = set_pixel,
    .clear = clear,
    .set_brightness = set_brightness,
    .scroll = scroll,
    .query = query,
};

static void handle_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_IRQ) {
        matrix_interrupt();
    }
    if ((notifications & NOTIFY_TIMER) && picture_is_scrolling()) {
        if (picture_scroll_step()) {
            OOPS_OK(timer_set(column_ms));
        } else {
            end_text(OK);
        }
    }
}

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type == NOTIFICATIONS_MSG) {
            handle_notifications(m.notifications.data);
        } else if (!display_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    ASSERT_OK(matrix_init());
    picture_init();
    ASSERT_OK(ipc_serve("display"));
    serve();
}
