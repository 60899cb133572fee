#include <resea/ipc.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>
#include <terminal.h>

/// What is drawn at once: a screenful or two, so that a flood of text is scrolled through quickly, but
/// what is typed shows immediately.
#define BATCH 4096

/// Shows what has been printed from *position on. Nothing here may print: that would be shown, too, and so on.
static void show_log(struct terminal *terminal, terminal_update_t update, uint32_t *position) {
    char text[128];
    int len;
    size_t drawn = 0;
    while ((len = sys_klog_read(text, sizeof(text), position)) > 0) {
        terminal_write(terminal, text, (size_t) len);
        drawn += (size_t) len;
        if (drawn >= BATCH) {
            update(terminal);
            drawn = 0;
        }
    }
    update(terminal);
}

__noreturn void terminal_show_console(struct terminal *terminal, terminal_update_t update) {
    uint32_t position = 0;
    while (true) {
        show_log(terminal, update, &position);
        // Asks to be notified of more; if there is more already, at once.
        ASSERT_OK(sys_klog_read(NULL, 0, &position));

        struct message m;
        bzero(&m, sizeof(m));
        ASSERT_OK(ipc_recv(IPC_ANY, &m));
        if (m.type != NOTIFICATIONS_MSG) {
            discard_unknown_message(&m);
        }
    }
}
