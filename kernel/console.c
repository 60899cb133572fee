#include <config.h>
#include <kernel/board.h>
#include <kernel/console.h>
#include <kernel/format.h>
#include <kernel/ipc.h>
#include <kernel/kdebug.h>
#include <kernel/panic.h>
#include <string.h>

static struct spinlock output_lock;
static char klog[CONFIG_KLOG_SIZE];
/// Under output_lock.
static struct {
    uint32_t end;    ///< Bytes ever written; the ring holds the last CONFIG_KLOG_SIZE.
    task_t watcher;  ///< Who is to be told of more.
} output;

static struct spinlock input_lock;
/// Under input_lock.
static struct {
    uint16_t head, len;
    task_t reader;  ///< Who found no input when it last read.
    char ring[CONFIG_CONSOLE_INPUT];
} input;

#ifdef CONFIG_KDEBUG_COMMANDS
static char *capture_buf;
static size_t capture_size, capture_len;
#endif

void console_init(void) {
    int irq = board_console_irq();
    if (irq >= 0) {
        board_irq_unmask(irq);
    }
}

/// Tells a task, if there is one.
static __noinline void tell(task_t tid) {
    if (tid) {
        ipc_notify_from_kernel(tid, NOTIFY_CONSOLE);
    }
}

// ---- Output -------------------------------------------------------------------------------------

/// Whether a debugger command's output is being collected: takes a character of it.
static bool capture(char c __unused) {
#ifdef CONFIG_KDEBUG_COMMANDS
    if (capture_buf) {
        if (capture_len < capture_size) {
            capture_buf[capture_len] = c;
        }
        capture_len++;
        return true;
    }
#endif
    return false;
}

/// Lines that are shown at once, at most: to scroll a screen takes as long as to show dozens of characters, and
/// interrupts wait.
#define LINES_AT_ONCE 8
/// So few may be a chunk.
#define LINES_ALL (CONFIG_CONSOLE_CHUNK <= 2 * LINES_AT_ONCE)

/// Shows text up to the last line that may be shown at once. Returns how much.
static size_t show(const char *text, size_t len) {
    size_t begin = 0, i = 0;
    for (unsigned lines = 0; i < len && (LINES_ALL || lines < LINES_AT_ONCE);) {
        if (text[i++] == '\n') {
            board_console_write(&text[begin], i - 1 - begin);
            board_console_write("\r\n", 2);
            begin = i;
            lines++;
        }
    }
    board_console_write(&text[begin], i - begin);
    return i;
}

static void log_char(char c) {
    klog[output.end++ % CONFIG_KLOG_SIZE] = c;
}

static void log_text(const char *text, size_t len) {
    if (CONFIG_CONSOLE_CHUNK <= 16) {
        // Not worth the code of another way.
        for (size_t i = 0; i < len; i++) {
            log_char(text[i]);
        }
        return;
    }
    while (len > 0) {
        uint32_t at = output.end % CONFIG_KLOG_SIZE;
        size_t piece = MIN(len, (size_t) (CONFIG_KLOG_SIZE - at));
        memcpy(&klog[at], text, piece);
        output.end += piece;
        text += piece;
        len -= piece;
    }
}

/// The caller holds output_lock.
static void put(void *ctx __unused, char c) {
    if (!capture(c)) {
        log_char(c);
        (void) show(&c, 1);
    }
}

/// In a panic nobody waits: whoever holds the lock may have been stopped, and may have got it only a moment before. With one
/// CPU the lock is nothing, and asking would be code.
static bool needs_lock(void) {
    return CONFIG_NUM_CPUS == 1 || !panicked();
}

void vprintk(const char *fmt, va_list ap) {
    bool locks = needs_lock();
    if (locks) {
        spin_lock(&output_lock);
    }
    format(put, fmt, ap);
    if (locks) {
        spin_unlock(&output_lock);
    }
}

void printk(const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
}

#ifdef CONFIG_KDEBUG_COMMANDS
static void set_capture(char *buf) {
    spin_lock(&output_lock);
    capture_buf = buf;
    spin_unlock(&output_lock);
}

void console_capture(char *buf, size_t size) {
    capture_len = 0;
    capture_size = size;
    set_capture(buf);
}

size_t console_end_capture(void) {
    set_capture(NULL);
    return capture_len;
}
#endif

void console_panic(void) {
#ifdef CONFIG_KDEBUG_COMMANDS
    capture_buf = NULL;
#endif
}

error_t console_write(vaddr_t buf, size_t len) {
    char chunk[CONFIG_CONSOLE_CHUNK];
    len = MIN(len, sizeof(chunk));
    if (!arch_copy_from_user(chunk, buf, len)) {
        return syscall_fault();
    }
    spin_lock(&output_lock);
    len = show(chunk, len);
    log_text(chunk, len);
    task_t tid = output.watcher;
    output.watcher = 0;
    spin_unlock(&output_lock);
    // What the kernel itself prints tells nobody: printk() may be called with any lock held.
    tell(tid);
    return len;
}

/// One task at a time: it is for the screen.
static error_t klog_watch(uint32_t position) {
    if (!(current_task()->flags & TASK_RIGHT_CONSOLE)) {
        return ERR_NOT_PERMITTED;
    }
    board_console_handed_over();
    task_t tid = current_task()->tid;
    spin_lock(&output_lock);
    bool more = position != output.end;
    if (!more) {
        output.watcher = tid;
    }
    spin_unlock(&output_lock);
    tell(more ? tid : 0);
    return 0;
}

error_t klog_read(vaddr_t buf, size_t len, vaddr_t position) {
    char chunk[CONFIG_CONSOLE_CHUNK];
    uint32_t pos;
    if (!arch_copy_from_user(&pos, position, sizeof(pos))) {
        return syscall_fault();
    }
    if (!len) {
        return klog_watch(pos);
    }
    spin_lock(&output_lock);
    // Too old, or from another world: the oldest that is left.
    if (output.end - pos > MIN(output.end, (uint32_t) CONFIG_KLOG_SIZE)) {
        pos = output.end - MIN(output.end, (uint32_t) CONFIG_KLOG_SIZE);
    }
    len = MIN(MIN(len, sizeof(chunk)), (size_t) (output.end - pos));
    for (size_t i = 0; i < len; i++) {
        chunk[i] = klog[(pos + i) % CONFIG_KLOG_SIZE];
    }
    spin_unlock(&output_lock);
    pos += len;
    if (!arch_copy_to_user(buf, chunk, len) || !arch_copy_to_user(position, &pos, sizeof(pos))) {
        return syscall_fault();
    }
    return len;
}

// ---- Input --------------------------------------------------------------------------------------

/// Stores a character for the reader. What doesn't fit is lost, as on any serial line.
static void store(char c) {
    spin_lock(&input_lock);
    if (input.len < CONFIG_CONSOLE_INPUT) {
        input.ring[(input.head + input.len++) % CONFIG_CONSOLE_INPUT] = c;
    }
    spin_unlock(&input_lock);
}

static task_t take_reader(void) {
    spin_lock(&input_lock);
    task_t tid = input.reader;
    if (input.len) {
        input.reader = 0;
    } else {
        tid = 0;
    }
    spin_unlock(&input_lock);
    return tid;
}

void console_input(void) {
    int c;
    while ((c = board_console_getc()) >= 0) {
        if (!kdebug_input(c)) {
            store(c);
        }
    }
    tell(take_reader());
}

#ifdef CONFIG_MMU
/// Stores all characters, or none: half an escape sequence would be read as something else.
static error_t store_all(const char *chunk, size_t len) {
    spin_lock(&input_lock);
    error_t err = (len <= (size_t) CONFIG_CONSOLE_INPUT - input.len) ? OK : ERR_WOULD_BLOCK;
    for (size_t i = 0; err == OK && i < len; i++) {
        input.ring[(input.head + input.len++) % CONFIG_CONSOLE_INPUT] = chunk[i];
    }
    spin_unlock(&input_lock);
    return err;
}

/// The debugger hears nothing of it: a keyboard's driver hasn't got the kernel's rights.
error_t console_feed(vaddr_t buf, size_t len) {
    char chunk[CONFIG_CONSOLE_CHUNK];
    if (!(current_task()->flags & TASK_RIGHT_CONSOLE)) {
        return ERR_NOT_PERMITTED;
    }
    if (len > sizeof(chunk)) {
        return ERR_TOO_LARGE;
    }
    if (!arch_copy_from_user(chunk, buf, len)) {
        return syscall_fault();
    }
    error_t err = store_all(chunk, len);
    tell(take_reader());
    return err;
}
#endif

static size_t fetch(char *chunk, size_t len) {
    spin_lock(&input_lock);
    size_t n = 0;
    while (n < len && input.len) {
        chunk[n++] = input.ring[input.head];
        input.head = (input.head + 1) % CONFIG_CONSOLE_INPUT;
        input.len--;
    }
    if (!n) {
        input.reader = current_task()->tid;
    }
    spin_unlock(&input_lock);
    return n;
}

error_t console_read(vaddr_t buf, size_t len) {
    char chunk[CONFIG_CONSOLE_CHUNK];
    if (!(current_task()->flags & TASK_RIGHT_CONSOLE)) {
        return ERR_NOT_PERMITTED;
    }
    len = MIN(len, sizeof(chunk));
    // A fault after the characters have been taken would lose them: tries the buffer first.
    bzero(chunk, len);
    if (!arch_copy_to_user(buf, chunk, len)) {
        return syscall_fault();
    }
    size_t n = len ? fetch(chunk, len) : 0;
    return arch_copy_to_user(buf, chunk, n) ? (error_t) n : ERR_INVALID_ARG;
}
