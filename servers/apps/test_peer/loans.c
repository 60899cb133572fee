#include "loans.h"

#include <idl_server.h>
#include <resea/ipc.h>
#include <resea/printf.h>

/// The longest loan that it takes: less than the kernel would.
#define LOANS_MAX      ((size_t) 64 << 10)
#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(uint32_t))

/// Whose pages are kept, and where.
static task_t holder;
static const volatile uint32_t *held;

static error_t add_up(task_t client __unused, struct test_add_up_fields *request,
                      struct test_add_up_reply_fields *reply) {
    const uint32_t *words = request->data;
    for (size_t i = 0; i < request->data_len / sizeof(*words); i += WORDS_PER_PAGE) {
        reply->sum += words[i];
    }
    return OK;
}

static error_t number(task_t client __unused, struct test_number_fields *request) {
    uint32_t *words = request->data;
    uint32_t next = request->first;
    for (size_t i = 0; i < request->data_len / sizeof(*words); i += WORDS_PER_PAGE) {
        words[i] = words[i + WORDS_PER_PAGE - 1] = next++;
    }
    return OK;
}

static error_t hold(task_t client, struct test_hold_fields *request) {
    holder = client;
    held = request->data;
    return DONT_REPLY;
}

static error_t read_held(task_t client __unused, struct test_read_held_reply_fields *reply) {
    reply->word = *held;
    return OK;
}

static error_t end_hold(task_t client __unused) {
    struct message m = {.type = TEST_HOLD_REPLY_MSG};
    ipc_reply(holder, &m);
    return OK;
}

void loans_init(void) {
    ASSERT_OK(ipc_accept_loans(LOANS_MAX));
}

bool loans_handle(struct message *m) {
    static const struct test_ops ops = {.add_up = add_up,
                                        .number = number,
                                        .hold = hold,
                                        .read_held = read_held,
                                        .end_hold = end_hold};
    return test_dispatch(&ops, m);
}
