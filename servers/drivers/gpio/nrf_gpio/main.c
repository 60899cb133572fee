#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <string.h>

#include "pins.h"

static error_t set_mode(task_t client __unused, struct gpio_set_mode_fields *request) {
    return pins_set_mode(request->pin, request->mode);
}

static error_t set(task_t client __unused, struct gpio_set_fields *request) {
    return pins_set(request->pin, request->high);
}

static error_t get(task_t client __unused, struct gpio_get_fields *request,
                   struct gpio_get_reply_fields *reply) {
    int mode;
    error_t err = pins_get(request->pin, &reply->high, &mode);
    if (IS_OK(err)) {
        reply->mode = mode;
    }
    return err;
}

static const struct gpio_ops ops = {.set_mode = set_mode, .set = set, .get = get};

// Apart from main, so that the start has the stack without this frame.
static __noinline void serve(void) {
    while (true) {
        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (!gpio_dispatch(&ops, &m)) {
            discard_unknown_message(&m);
        }
    }
}

void main(void) {
    ASSERT_OK(pins_init());
    ASSERT_OK(ipc_serve("gpio"));
    serve();
}
