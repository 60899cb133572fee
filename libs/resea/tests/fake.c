#include "fake.h"
#include "renamed.h"

#include <resea/cmdline.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/sys_ipc.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unittest.h>

error_t (*fake_ipc)(task_t peer, struct message *m, unsigned flags, const struct ool_buffer *ool);
int fake_num_notified;
task_t fake_notified;
notifications_t fake_notifications;
error_t fake_notify_error;
char fake_console[8192];
int fake_console_writes;
size_t fake_console_max;
msec_t fake_timer;
const char *fake_cmdline;
int fake_mallocs_left;
void *fake_shrunk;
size_t fake_shrunk_to;
jmp_buf fake_exit;
static bool exit_expected;
static int exit_status;

void fake_reset(void) {
    fake_ipc = NULL;
    fake_num_notified = 0;
    fake_notified = 0;
    fake_notifications = 0;
    fake_notify_error = OK;
    fake_console[0] = '\0';
    fake_console_writes = 0;
    fake_console_max = SIZE_MAX;
    fake_timer = -1;
    fake_cmdline = "test";
    fake_mallocs_left = -1;
    fake_shrunk = NULL;
    fake_shrunk_to = 0;
}

error_t sys_ipc(task_t peer, struct message *m, unsigned flags, const struct ool_buffer *ool) {
    TEST_EXPECT(fake_ipc != NULL);
    return (fake_ipc != NULL) ? fake_ipc(peer, m, flags, ool) : ERR_UNAVAILABLE;
}

error_t sys_notify(task_t dst, notifications_t notifications) {
    fake_num_notified++;
    fake_notified = dst;
    fake_notifications = notifications;
    return fake_notify_error;
}

int sys_console_write(const char *buf, size_t len) {
    len = MIN(len, fake_console_max);
    size_t used = strlen(fake_console);
    if (used + len < sizeof(fake_console)) {
        memcpy(&fake_console[used], buf, len);
        fake_console[used + len] = '\0';
    }
    fake_console_writes++;
    return (int) len;
}

error_t sys_timer_set(msec_t timeout) {
    fake_timer = timeout;
    return OK;
}

uint64_t sys_clock(void) {
    return 12345;
}

__noreturn void task_exit_with(int status) {
    printf_flush();
    if (!exit_expected) {
        fprintf(stderr, "unexpected exit with status %d; the console: %s\n", status, fake_console);
        abort();
    }
    exit_expected = false;
    exit_status = status;
    longjmp(fake_exit, 1);
}

void fake_prepare_exit(void) {
    fake_console[0] = '\0';
    exit_expected = true;
    resea_forget_panic();
}

bool fake_panicked(const char *text) {
    TEST_EXPECT_EQ(exit_status, 1);
    bool found = strstr(fake_console, text) != NULL;
    if (!found) {
        fprintf(stderr, "the panic is another one: %s", fake_console);
    }
    return found;
}

const char *program_cmdline(void) {
    return fake_cmdline;
}

const char *program_name(void) {
    return "test";
}

void backtrace(void) {}

static bool malloc_fails(void) {
    if (fake_mallocs_left == 0) {
        return true;
    }
    if (fake_mallocs_left > 0) {
        fake_mallocs_left--;
    }
    return false;
}

void *fake_malloc(size_t size) {
    return malloc_fails() ? NULL : malloc(size);
}

void *fake_realloc(void *ptr, size_t size) {
    return malloc_fails() ? NULL : realloc(ptr, size);
}

void malloc_shrink(void *ptr, size_t size) {
    fake_shrunk = ptr;
    fake_shrunk_to = size;
}
