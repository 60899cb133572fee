#include <bootinfo.h>
#include <resea/init.h>
#include <resea/ipc.h>
#include <resea/malloc.h>
#include <resea/printf.h>
#include <resea/syscall.h>

#include "api.h"
#include "bootfs_reader.h"
#include "fault.h"
#include "layout.h"
#include "manifest_reader.h"
#include "own.h"
#include "pages.h"
#include "service.h"
#include "supervise.h"
#include "watch.h"

/// vm starts before there is anybody to give it a stack (see the user linker script).
#define STACK_SIZE 0x4000
__aligned(16) uint8_t __init_stack[STACK_SIZE] __attribute__((section(".init_stack"), used));

/// malloc is for the payloads of received messages only, one at a time.
static __aligned(16) uint8_t heap[0x1000];

/// The longest payload that anybody has to send to vm: a command line.
#define PAYLOAD_MAX USER_ARGS_LEN
/// Where the next payload goes; NULL after one was received.
static void *payload_buffer;

void malloc_heap_range(vaddr_t *start, vaddr_t *end) {
    *start = (vaddr_t) heap;
    *end = (vaddr_t) heap + sizeof(heap);
}

static void init_memory(const struct bootinfo *bootinfo) {
    if (bootinfo->magic != BOOTINFO_MAGIC) {
        PANIC("the kernel's boot information is not valid");
    }
    pages_init(bootinfo->ranges, bootinfo->num_ranges, (page_entry_t *) VM_PAGES_BASE,
               (VM_PAGES_END - VM_PAGES_BASE) / sizeof(page_entry_t), own_grow_pages);
    ASSERT_OK(task_table_init(bootinfo->num_tasks));
}

static void init_manifest(const struct bootinfo *bootinfo) {
    const char *problem =
        bootfs_init((const void *) BOOTFS_VADDR, bootinfo->bootfs_len, bootinfo->bootfs_paddr);
    if (problem) {
        PANIC("bootfs: %s", problem);
    }

    const struct bootfs_file *file = bootfs_find(BOOTFS_MANIFEST);
    if (!file) {
        PANIC("bootfs has no file \"%s\"", BOOTFS_MANIFEST);
    }
    problem = manifest_init(bootfs_data(file), file->len);
    if (problem) {
        PANIC("the board manifest in bootfs is not valid: %s", problem);
    }
    ASSERT_OK(service_init());
    ASSERT_OK(supervise_init());
}

/// Receives, answering dst first if it isn't 0. The library's receive would keep a buffer for the
/// longest possible payload at hand; vm needs but a short one.
static void receive(task_t dst, struct message *m) {
    if (!payload_buffer) {
        payload_buffer = malloc(PAYLOAD_MAX);
    }

    unsigned flags = IPC_RECV | (dst ? (IPC_SEND | IPC_REPLY) : 0);
    size_t capacity = payload_buffer ? PAYLOAD_MAX : 0;
    ASSERT_OK(sys_ipc(dst, IPC_ANY, m, flags, payload_buffer, capacity));
    if (m->type < 0 || !(m->type & MSG_OOL)) {
        return;
    }

    // From here on the buffer is the message's, whose handler frees it.
    m->ool_ptr = payload_buffer;
    payload_buffer = NULL;
    if (m->ool_ptr && MSG_OOL_KIND(m->type) == MSG_OOL_STR) {
        m->ool_len = MAX(m->ool_len, (size_t) 1);
        ((char *) m->ool_ptr)[m->ool_len - 1] = '\0';
    }
}

static void handle_notifications(notifications_t notifications) {
    if (notifications & NOTIFY_TIMER) {
        supervise_handle_timer();
    }
}

/// \return  Whom `m` is now the answer to, or 0.
static task_t handle(struct message *m) {
    switch (m->type) {
    case PAGE_FAULT_MSG: {
        error_t err = fault_handle_page_fault(m->src, &m->page_fault);
        m->type = PAGE_FAULT_REPLY_MSG;
        return (err == OK) ? m->src : 0;
    }
    case EXCEPTION_MSG:
        fault_handle_exception(m->src, &m->exception);
        return 0;
    case NOTIFICATIONS_MSG:
        handle_notifications(m->notifications.data);
        return 0;
    case ASYNC_MSG:
        watch_handle_pull(m->src);
        return 0;
    default:
        if (!vm_dispatch(&vm_api, m) && !task_dispatch(&task_api, m)
            && !discovery_dispatch(&discovery_api, m)) {
            discard_unknown_message(m);
        }
        return 0;
    }
}

void main(void) {
    const struct bootinfo *bootinfo = (const struct bootinfo *) BOOTINFO_VADDR;
    init_memory(bootinfo);
    init_manifest(bootinfo);
    supervise_start_all();

    task_t answer_to = 0;
    struct message m;
    while (true) {
        receive(answer_to, &m);
        answer_to = handle(&m);
    }
}
