#include <arch_syscall.h>
#include <config.h>
#include <idl_client.h>
#include <resea/cmdline.h>
#include <resea/printf.h>
#include <resea/task.h>

#include "values.h"

/// How many calls it makes if it lives so long.
#define MAX_CALLS 20000

static struct message message __aligned(16);

struct call {
    long number;
    uintptr_t args[6];
};

/// A message at a random place, with random contents.
static uintptr_t prepare_message(void) {
    uintptr_t pointer = random_pointer();
    if (once_in(4)) {
        return pointer;
    }

    message.type = random_type();
    for (size_t i = 0; i < sizeof(message.raw); i += 8) {
        uint64_t bits = random_word();
        memcpy(&message.raw[i], &bits, 8);
    }

    if (once_in(2)) {
        message.ool_ptr = (void *) pointer;
        message.ool_len = random_len();
    }

    return (uintptr_t) &message;
}

/// Where a payload is to go: any place.
static uintptr_t prepare_buffer(void) {
    static struct ool_buffer buffer;
    buffer = (struct ool_buffer){(void *) random_pointer(), random_len()};
    return (uintptr_t) &buffer;
}

/// Whether vm answers a call with this message: it drops errors and answers silently.
static bool is_request(uintptr_t pointer) {
    int type = message.type;
    return pointer == (uintptr_t) &message && type >= 0 && !(type & (MSG_REPLY | MSG_RESERVED));
}

/// Anything, but for what may wait for ever: a worker that is stuck is of no use.
static void prepare_ipc(struct call *call) {
    task_t dst = random_task();
    uintptr_t pointer = prepare_message();
    uint32_t flags = random_below(IPC_FLAGS + 1) | IPC_NOBLOCK;
    if (dst == INIT_TASK && is_request(pointer) && once_in(2)) {
        flags = IPC_CALL;
    } else if (once_in(32)) {
        flags = random_word() | IPC_NOBLOCK;
    }
    call->number = SYS_IPC_WITH(flags);
    call->args[0] = (uintptr_t) dst;
    call->args[1] = (uintptr_t) message.type;
    call->args[2] = once_in(4) ? random_pointer() : prepare_buffer();
    call->args[3] = pointer;
    call->args[4] = message.words[0];
    call->args[5] = message.words[1];
}

/// Nothing that appears on the screen: bad memory, or none of it.
static void prepare_console_write(struct call *call) {
    bool empty = !once_in(64);
    call->args[0] = empty ? random_pointer() : random_bad_pointer();
    call->args[1] = empty ? 0 : random_len();
}

static void prepare_any(struct call *call) {
    for (int i = 0; i < 6; i++) {
        switch (random_below(4)) {
        case 0:
            call->args[i] = random_pointer();
            break;
        case 1:
            call->args[i] = random_len();
            break;
        case 2:
            call->args[i] = (uintptr_t) random_task();
            break;
        default:
            call->args[i] = random_word();
            break;
        }
    }
}

/// Where system calls take pointers, they get some most of the time: with anything else a worker
/// doesn't live long.
static void prepare_pointers(struct call *call) {
    bool any = once_in(256);
    switch (call->number) {
    case SYS_CONSOLE_READ:
    case SYS_CONSOLE_FEED:
        call->args[0] = any ? call->args[0] : random_pointer();
        call->args[1] = random_below(64);
        break;
    case SYS_KLOG_READ:
        call->args[0] = any ? call->args[0] : random_pointer();
        call->args[1] = random_below(PAGE_SIZE);
        call->args[2] = any ? call->args[2] : random_pointer();
        break;
    case SYS_TASK_CREATE:
        call->args[1] = any ? call->args[1] : random_pointer();
        break;
    case SYS_KDEBUG:
        call->args[0] = any ? call->args[0] : random_pointer();
        call->args[2] = any ? call->args[2] : random_pointer();
        break;
    case SYS_INFO:
        call->args[0] = random_below(7);
        call->args[2] = any ? call->args[2] : random_pointer();
        call->args[3] = random_below(PAGE_SIZE);
        break;
    }
}

static void prepare(struct call *call) {
    call->number = (long) random_below(NUM_SYSCALLS);
    if (once_in(128)) {
        call->number = (long) random_bits();
    }

    prepare_any(call);
    if (call->number == SYS_IPC) {
        prepare_ipc(call);
    } else if (call->number == SYS_CONSOLE_WRITE) {
        prepare_console_write(call);
    } else if (call->number == SYS_TASK_EXIT) {
        call->number = SYS_NOP;
    } else {
        prepare_pointers(call);
    }
}

/// Waits for fuzz to share a page: how many calls there were, then the number and the arguments of
/// the last one.
static volatile uint64_t *get_page(void) {
    struct message m;
    ASSERT_OK(ipc_recv(IPC_ANY, &m));
    ASSERT(m.type == BENCHMARK_NOP_MSG);
    vaddr_t page;
    paddr_t paddr;
    size_t num_pages;
    bool writable;
    ASSERT_OK(call_vm_accept_pages(INIT_TASK, m.benchmark_nop.value, &page, &num_pages, &writable,
                                   &paddr));
    m.type = BENCHMARK_NOP_REPLY_MSG;
    ipc_reply(m.src, &m);
    return (volatile uint64_t *) page;
}

/// Tells fuzz about a call before it is made.
static void announce(volatile uint64_t *page, const struct call *call) {
    page[1] = (uint64_t) call->number;
    for (int i = 0; i < 6; i++) {
        page[2 + i] = call->args[i];
    }

    page[0]++;
}

void main(void) {
    const char *seed = cmdline_option("seed");
    volatile uint64_t *page = get_page();
    values_init(seed != NULL ? (uint64_t) atoi(seed) : 1);
    for (int i = 0; i < MAX_CALLS; i++) {
        struct call call;
        prepare(&call);
        announce(page, &call);
        arch_syscall(call.number, (long) call.args[0], (long) call.args[1], (long) call.args[2],
                     (long) call.args[3], (long) call.args[4], (long) call.args[5]);
    }
}
