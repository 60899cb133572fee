#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <terminal.h>

#include "cells.h"
#include "vga.h"

static struct terminal terminal;

void main(void) {
    // The kernel leaves the screen alone once somebody watches the log: before it is cleared, so that nothing is
    // on it that we don't know of.
    uint32_t position = 0;
    ASSERT_OK(sys_klog_read(NULL, 0, &position));
    error_t err = vga_init();
    if (err == ERR_NOT_FOUND) {
        DEBUG("there is no VGA in text mode");
        task_exit_with(0);
    }
    ASSERT_OK(err);
    cells_init();
    ASSERT_OK(terminal_init(&terminal, VGA_COLUMNS, VGA_ROWS));
    terminal_show_console(&terminal, cells_update);
}
