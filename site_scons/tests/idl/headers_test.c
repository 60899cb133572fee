// Runs the client functions and the dispatch that were generated from sample.idl, with an IPC that
// only records what it is given. Prints what is wrong, and ends with 1 then.

#include <idl_client.h>
#include <idl_server.h>
#include <resea/printf.h>

static int failures;

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("headers_test.c:%d: not so: " #condition "\n", __LINE__); \
            failures++;                                                      \
        }                                                                    \
    } while (0)

// What went out last, and what ipc_call answers.
static struct message sent;
static struct message answer;
static task_t sent_to;
static error_t replied_err;
static int num_posted;

static error_t record(task_t dst, struct message *m) {
    sent = *m;
    sent_to = dst;
    return OK;
}

error_t ipc_send(task_t dst, struct message *m) {
    return record(dst, m);
}

error_t async_send(task_t dst, struct message *m) {
    num_posted++;
    return record(dst, m);
}

error_t ipc_call(task_t dst, struct message *m) {
    error_t err = record(dst, m);
    *m = answer;
    return answer.type < 0 ? answer.type : err;
}

void ipc_reply(task_t dst, struct message *m) {
    CHECK(record(dst, m) == OK);
    replied_err = m->type < 0 ? m->type : OK;
}

void ipc_reply_err(task_t dst, error_t error) {
    sent.type = error;
    sent_to = dst;
    replied_err = error;
}

// OOPS_OK reports with these; nothing here has a reason to.
void log_oops(const char *fmt, ...) {
    printf("an OOPS: %s\n", fmt);
    failures++;
}

const char *error_name(error_t err) {
    (void) err;
    return "";
}

// Answers and requests own their payloads, as if they had been received.
static void *received(const void *data, size_t len) {
    void *copy = malloc(len);
    memcpy(copy, data, len);
    return copy;
}

static void answer_with(int type) {
    memset(&answer, 0, sizeof(answer));
    answer.type = type;
}

static void test_call_sends_the_request_and_takes_the_reply(void) {
    answer_with(FILES_OPEN_REPLY_MSG);
    answer.files_open_reply.handle = 5;
    answer.files_open_reply.inode = 77;
    handle_t handle = 0;
    files_inode_t inode = 0;
    CHECK(call_files_open(3, FILES_MODE_WRITE, "/a", true, &handle, &inode) == OK);
    CHECK(handle == 5 && inode == 77);
    CHECK(sent_to == 3 && sent.type == FILES_OPEN_MSG);
    CHECK(strcmp(sent.files_open.path, "/a") == 0);
    CHECK(sent.files_open.mode == FILES_MODE_WRITE && sent.files_open.create);
}

static void test_call_zeroes_padding(void) {
    answer_with(FILES_OPEN_REPLY_MSG);
    handle_t handle;
    files_inode_t inode;
    CHECK(call_files_open(3, FILES_MODE_READ, "", false, &handle, &inode) == OK);
    size_t end = offsetof(struct files_open_fields, create) + sizeof(bool);
    for (size_t i = end; i < MSG_LEN(FILES_OPEN_MSG); i++) {
        CHECK(sent.raw[i] == 0);
    }
}

static void test_call_refuses_a_str_that_is_too_long(void) {
    handle_t handle;
    files_inode_t inode;
    sent.type = 0;
    CHECK(call_files_open(3, FILES_MODE_READ, "0123456789012345678901234567890", false, &handle,
                          &inode)
          == OK);
    sent.type = 0;
    CHECK(call_files_open(3, FILES_MODE_READ, "01234567890123456789012345678901", false, &handle,
                          &inode)
          == ERR_TOO_LARGE);
    CHECK(sent.type == 0);
}

static void test_call_returns_the_server_s_error(void) {
    answer_with(ERR_NOT_FOUND);
    CHECK(call_files_write(3, 1, "x", 1) == ERR_NOT_FOUND);
}

static void test_call_refuses_another_reply(void) {
    answer_with(FILES_READ_REPLY_MSG);
    answer.ool_ptr = received("abc", 3);
    answer.ool_len = 3;
    CHECK(call_files_write(3, 1, "x", 1) == ERR_NOT_ACCEPTABLE);  // and frees it: ASan would tell
}

static void test_call_refuses_a_reply_with_bad_contents(void) {
    answer_with(CARDS_CONFIG_REPLY_MSG);
    uint8_t mac[6];
    bool flags[2];
    int speeds[3];
    enum cards_speed speed;
    CHECK(call_cards_config(3, 0, mac, flags, speeds, &speed) == ERR_NOT_ACCEPTABLE);
    for (int i = 0; i < 3; i++) {
        answer.cards_config_reply.speeds[i] = CARDS_SPEED_SLOW;
    }
    answer.cards_config_reply.speed = CARDS_SPEED_FAST;
    CHECK(call_cards_config(3, 0, mac, flags, speeds, &speed) == OK);
    CHECK(speed == CARDS_SPEED_FAST && speeds[2] == CARDS_SPEED_SLOW);
    *(uint8_t *) &answer.cards_config_reply.flags[1] = 2;
    CHECK(call_cards_config(3, 0, mac, flags, speeds, &speed) == ERR_NOT_ACCEPTABLE);
}

static void test_call_hands_over_the_payload(void) {
    answer_with(FILES_READ_REPLY_MSG);
    answer.ool_ptr = received("abc", 3);
    answer.ool_len = 3;
    void *data;
    size_t len;
    CHECK(call_files_read(3, 1, 0, 100, &data, &len) == OK);
    CHECK(len == 3 && memcmp(data, "abc", 3) == 0);
    free(data);
}

static void test_send_and_post(void) {
    uint8_t mac[6] = {1, 2, 3, 4, 5, 6};
    CHECK(send_cards_set(4, mac, true, "eth0") == OK);
    CHECK(sent.type == CARDS_SET_MSG && sent.cards_set.macaddr[5] == 6 && num_posted == 0);
    CHECK(post_cards_set(4, mac, true, "eth0") == OK);
    CHECK(num_posted == 1);
    CHECK(post_files_changed(4, 9, 1, 'x') == OK);
    CHECK(num_posted == 2 && sent.files_changed.m == 1 && sent.files_changed.dst == 'x');
}

static int num_handled;
static error_t handler_result;
static const char *taken;
static int num_freed_replies;

static error_t handle_open(task_t client, struct files_open_fields *request,
                           struct files_open_reply_fields *reply) {
    num_handled++;
    CHECK(client == 8 && reply->handle == 0 && reply->inode == 0);
    CHECK(strcmp(request->path, "/b") == 0);
    reply->handle = 6;
    return handler_result;
}

static error_t handle_take(task_t client, struct files_open_fields *request,
                           struct files_open_reply_fields *reply) {
    (void) client;
    reply->inode = 1;
    taken = request->path;
    request->path = NULL;
    return OK;
}

static error_t handle_read(task_t client, struct files_read_fields *request,
                           struct files_read_reply_fields *reply) {
    (void) client;
    reply->data = received("xyz", request->len);
    reply->data_len = request->len;
    return OK;
}

static void handle_set(task_t src, struct cards_set_fields *message) {
    num_handled++;
    CHECK(src == 8 && strcmp(message->name, "/b") == 0);
}

static void free_reply(void *payload) {
    num_freed_replies++;
    free(payload);
}

static error_t handle_reset(task_t client, struct cards_reset_fields *request,
                            struct cards_reset_reply_fields *reply) {
    (void) client;
    memcpy(reply->macaddr, request->data, request->data_len);
    return handler_result;
}

static error_t handle_write_pages(task_t client, struct files_write_pages_fields *request) {
    CHECK(client == 8 && request->data_len == 3 && strcmp(request->data, "/b") == 0);
    num_handled++;
    return handler_result;
}

static const struct files_ops files_ops = {.open = handle_open,
                                           .read = handle_read,
                                           .write_pages = handle_write_pages,
                                           .free_reply = free_reply};
static const struct cards_ops cards_ops = {.reset = handle_reset, .set = handle_set};

// A message from task 8 with the payload "/b"; what it doesn't say is filled with rubbish.
static struct message request(int type) {
    struct message m;
    memset(&m, 0xa5, sizeof(m));
    m.type = type;
    m.src = 8;
    m.ool_ptr = received("/b", 3);
    m.ool_len = 3;
    return m;
}

static struct message open_request(void) {
    struct message m = request(FILES_OPEN_MSG);
    m.files_open.mode = FILES_MODE_READ;
    m.files_open.create = false;
    handler_result = OK;
    num_handled = 0;
    return m;
}

static void test_dispatch_calls_the_handler_and_replies(void) {
    struct message m = open_request();
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 1 && sent_to == 8);
    CHECK(sent.type == FILES_OPEN_REPLY_MSG && sent.files_open_reply.handle == 6);
    CHECK(sent.files_open_reply.inode == 0);
}

static void test_dispatch_replies_errors_or_nothing(void) {
    struct message m = open_request();
    handler_result = ERR_NOT_FOUND;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 1 && replied_err == ERR_NOT_FOUND && sent.type == ERR_NOT_FOUND);
    m = open_request();
    handler_result = DONT_REPLY;
    sent.type = 0;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 1 && sent.type == 0);
}

static void expect_refused(struct message m, error_t err) {
    sent.type = 0;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 0 && sent.type == err);
}

static void test_dispatch_refuses_bad_contents(void) {
    struct message m = open_request();
    m.files_open.mode = 1;
    expect_refused(m, ERR_INVALID_ARG);
    m = open_request();
    *(uint8_t *) &m.files_open.create = 2;
    expect_refused(m, ERR_INVALID_ARG);
    m = open_request();
    m.ool_len = 33;
    expect_refused(m, ERR_TOO_LARGE);
    m = open_request();
    memcpy(m.ool_ptr, "\0b", 3);
    expect_refused(m, ERR_INVALID_ARG);
    m = open_request();
    free(m.ool_ptr);
    m.ool_ptr = NULL;
    m.ool_len = 0;
    expect_refused(m, ERR_INVALID_ARG);
}

static void test_dispatch_leaves_a_taken_payload_alone(void) {
    struct files_ops ops = {.open = handle_take};
    struct message m = open_request();
    CHECK(files_dispatch(&ops, &m));
    CHECK(strcmp(taken, "/b") == 0);
    free((void *) taken);
}

static void test_dispatch_frees_the_reply_when_asked_to(void) {
    struct message m = {.type = FILES_READ_MSG, .src = 8};
    m.files_read.len = 3;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(sent.type == FILES_READ_REPLY_MSG && sent.files_read_reply.data_len == 3);
    CHECK(num_freed_replies == 1);
}

static void test_dispatch_of_a_oneway(void) {
    struct message m = request(CARDS_SET_MSG);
    m.cards_set.on = true;
    num_handled = 0;
    CHECK(cards_dispatch(&cards_ops, &m));
    CHECK(num_handled == 1);
    m = request(CARDS_SET_MSG);
    *(uint8_t *) &m.cards_set.on = 0x80;
    CHECK(cards_dispatch(&cards_ops, &m));
    CHECK(num_handled == 1);
}

static void test_dispatch_posts_the_reply_to_an_async_rpc(void) {
    struct message m = request(CARDS_RESET_MSG);
    handler_result = OK;
    num_posted = 0;
    CHECK(cards_dispatch(&cards_ops, &m));
    CHECK(num_posted == 1 && sent.type == CARDS_RESET_REPLY_MSG);
    CHECK(memcmp(sent.cards_reset_reply.macaddr, "/b\0\0\0\0", 6) == 0);
    m = request(CARDS_RESET_MSG);
    handler_result = ERR_IN_USE;
    CHECK(cards_dispatch(&cards_ops, &m));
    CHECK(num_posted == 2 && sent.type == ERR_IN_USE);
}

static void test_dispatch_leaves_alone_what_it_has_no_handler_for(void) {
    struct message m = request(FILES_NAME_MSG);
    struct message before = m;
    CHECK(!files_dispatch(&files_ops, &m));
    m.type = before.type = ERR_ABORTED;
    CHECK(!files_dispatch(&files_ops, &m));
    // Another length class: not the message that the IDL knows.
    m.type = before.type = FILES_OPEN_MSG + (1 << MSG_LEN_SHIFT);
    CHECK(!files_dispatch(&files_ops, &m));
    CHECK(memcmp(&m, &before, sizeof(m)) == 0);
    free(m.ool_ptr);
}

static void test_dispatch_leaves_lent_pages_alone(void) {
    struct message m = request(FILES_WRITE_PAGES_MSG);
    void *pages = m.ool_ptr;
    handler_result = OK;
    num_handled = 0;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 1 && sent.type == FILES_WRITE_PAGES_REPLY_MSG);
    m = request(FILES_WRITE_PAGES_MSG);
    free(m.ool_ptr);
    m.ool_ptr = pages;
    m.ool_len = 65536 + 1;
    CHECK(files_dispatch(&files_ops, &m));
    CHECK(num_handled == 1 && sent.type == ERR_TOO_LARGE);
    free(pages);
}

static void test_call_lends_pages(void) {
    char pages[2] = "x";
    answer = (struct message){.type = FILES_WRITE_PAGES_REPLY_MSG};
    CHECK(call_files_write_pages(5, 7, pages, sizeof(pages)) == OK);
    CHECK(sent.type == FILES_WRITE_PAGES_MSG && sent.ool_ptr == pages && sent.ool_len == 2);
    CHECK(MSG_OOL_KIND(sent.type) == MSG_OOL_LOAN && !(sent.type & MSG_OOL));
    CHECK(MSG_OOL_KIND(FILES_READ_PAGES_MSG) == MSG_OOL_LOAN_W);
    CHECK(!(FILES_READ_PAGES_MSG & MSG_OOL) && !(FILES_WRITE_MSG & MSG_LOAN));
}

static void test_validate(void) {
    struct message m = open_request();
    CHECK(idl_validate(&m));
    m.files_open.mode = 2;
    CHECK(!idl_validate(&m));
    free(m.ool_ptr);
    m.type = FILES_FLUSH_MSG;
    CHECK(idl_validate(&m));
    m.type = MSG_TYPE(99, 1, 0, 0, 0);
    CHECK(!idl_validate(&m));
    m.type = ERR_ABORTED;
    CHECK(!idl_validate(&m));
}

int main(void) {
    test_call_sends_the_request_and_takes_the_reply();
    test_call_zeroes_padding();
    test_call_refuses_a_str_that_is_too_long();
    test_call_returns_the_server_s_error();
    test_call_refuses_another_reply();
    test_call_refuses_a_reply_with_bad_contents();
    test_call_hands_over_the_payload();
    test_send_and_post();
    test_dispatch_calls_the_handler_and_replies();
    test_dispatch_replies_errors_or_nothing();
    test_dispatch_refuses_bad_contents();
    test_dispatch_leaves_a_taken_payload_alone();
    test_dispatch_frees_the_reply_when_asked_to();
    test_dispatch_of_a_oneway();
    test_dispatch_posts_the_reply_to_an_async_rpc();
    test_dispatch_leaves_alone_what_it_has_no_handler_for();
    test_dispatch_leaves_lent_pages_alone();
    test_call_lends_pages();
    test_validate();
    return failures ? 1 : 0;
}
