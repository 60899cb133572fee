#include <config.h>
#include <driver/io.h>
#include <idl_client.h>
#include <resea/ipc.h>
#include <resea/printf.h>
#include <terminal.h>

#include "painter.h"

/// If the firmware knows of no display.
#define DEFAULT_WIDTH  1024
#define DEFAULT_HEIGHT 768

static struct terminal terminal;
static struct painter painter;

/// The size that the picture is to have.
static void choose_size(task_t mailbox, uint32_t *width, uint32_t *height) {
    if (call_mailbox_display_size(mailbox, width, height) != OK || *width == 0 || *height == 0
        || *width > MAILBOX_FRAMEBUFFER_MAX || *height > MAILBOX_FRAMEBUFFER_MAX) {
        *width = DEFAULT_WIDTH;
        *height = DEFAULT_HEIGHT;
    }
    if (CONFIG_SCREEN_WIDTH > 0 && CONFIG_SCREEN_HEIGHT > 0) {
        *width = CONFIG_SCREEN_WIDTH;
        *height = CONFIG_SCREEN_HEIGHT;
    }
}

static void init(void) {
    task_t mailbox = ipc_lookup("mailbox");
    ASSERT_OK(mailbox);
    uint32_t width, height, size, pitch;
    paddr_t paddr;
    choose_size(mailbox, &width, &height);
    ASSERT_OK(call_mailbox_alloc_framebuffer(mailbox, width, height, &paddr, &size, &pitch, &width,
                                             &height));

    io_t io = io_alloc_memory_fixed(paddr, size, IO_ALLOC_NORMAL);
    if (io == NULL) {
        // Within one piece of the console's (CONFIG_CONSOLE_CHUNK), so that nobody prints in the middle of it.
        PANIC("the framebuffer is at %#zx: config.txt must say gpu_mem=64", (size_t) paddr);
    }
    volatile uint32_t *pixels = (volatile uint32_t *) io_vaddr(io);
    ASSERT_OK(painter_init(&painter, pixels, width, height, pitch));
    ASSERT_OK(terminal_init(&terminal, painter.columns, painter.rows));
}

static void update(const struct terminal *changed) {
    painter_update(&painter, changed);
}

void main(void) {
    init();
    terminal_show_console(&terminal, update);
}
