#include <config.h>
#include <idl_names.h>
#include <message.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

#include "builtin.h"
#include "jobs.h"

#ifdef CONFIG_TRACE

static const char *name_of_message(int type) {
    if (type < 0) {
        return error_name(type);
    }

    for (size_t i = 0; i < sizeof(idl_message_names) / sizeof(idl_message_names[0]); i++) {
        const struct idl_message_name *message = &idl_message_names[i];
        if (message->interface == MSG_INTERFACE(type) && message->method == MSG_METHOD(type)) {
            return message->name;
        }
    }

    return "?";
}

/// The 32 bits at the start of an event's data.
static uint32_t first_word(const struct trace_event *event) {
    uint32_t word;
    memcpy(&word, event->data, sizeof(word));
    return word;
}

static void print_detail(const struct trace_event *event) {
    uint64_t vaddr;
    switch (event->kind) {
    case TRACE_NOTIFY:
        printf("bits 0x%x", first_word(event));
        break;
    case TRACE_FAULT:
        memcpy(&vaddr, event->data, sizeof(vaddr));
        printf("page fault at 0x%llx", (unsigned long long) vaddr);
        break;
    case TRACE_RESUME:
        printf("%s", first_word(event) ? "goes on" : "is left stopped");
        break;
    case TRACE_EXIT:
        printf("%s", first_word(event) == EXP_EXIT ? "exited" : "crashed");
        break;
    case TRACE_ABORT:
        printf("%s", error_name((int) first_word(event)));
        break;
    case TRACE_CREATE:
        printf("%.*s", TASK_NAME_LEN, (const char *) event->data);
        break;
    case TRACE_DESTROY:
        break;
    default:
        printf("%s%s, %zu bytes", name_of_message(event->type),
               event->type >= 0 && (event->type & MSG_REPLY) ? " (reply)" : "",
               MSG_LEN(event->type) + event->ool_len);
    }
}

static void print_task(task_t tid) {
    char name[TASK_NAME_LEN];
    monitor_name_of(tid, name);
    printf("%6d %-14s ", tid, tid == KERNEL_TASK ? "kernel" : name);
}

static void print_event(const struct trace_event *event, uint64_t start, uint64_t cycles_per_ms) {
    static const char *const kinds[] = {
        [TRACE_SEND] = "send",       [TRACE_CALL] = "call",       [TRACE_REPLY] = "reply",
        [TRACE_RECEIVE] = "receive", [TRACE_NOTIFY] = "notify",   [TRACE_FAULT] = "fault",
        [TRACE_RESUME] = "resume",   [TRACE_EXIT] = "exit",       [TRACE_ABORT] = "abort",
        [TRACE_CREATE] = "create",   [TRACE_DESTROY] = "destroy",
    };
    uint64_t us = (event->time - start) * 1000 / cycles_per_ms;
    printf("%8llu.%03llu %3u ", (unsigned long long) (us / 1000), (unsigned long long) (us % 1000),
           event->cpu);
    print_task(event->src);
    printf("%-7s%c ", kinds[event->kind], event->delivered ? ' ' : '~');
    print_task(event->dst);
    print_detail(event);
    printf("\n");
}

/// For people. A message that waits for its receiver has a ~.
static int show(void) {
    struct kernel_info kernel;
    struct trace_event event;
    if (IS_ERROR(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)))) {
        return 1;
    }

    uint64_t start = 0, lost = 0;
    uint64_t cycles_per_ms = MAX(kernel.clock_hz / 1000, (uint64_t) 1);
    printf("%12s %3s %-21s %-8s %-21s %s\n", "TIME/ms", "CPU", "FROM", "", "TO", "WHAT");
    for (uintptr_t i = 0; sys_trace(TRACE_READ, i, &event, sizeof(event)) > 0; i++) {
        if (start == 0) {
            start = event.time;
            lost = event.number;
        }
        print_event(&event, start, cycles_per_ms);
        i = (uintptr_t) event.number;
    }

    printf("%llu older events are lost\n", (unsigned long long) lost);
    return 0;
}

static void dump_tasks(unsigned num_tasks) {
    for (unsigned slot = 1; slot <= num_tasks; slot++) {
        struct task_info task;
        if (IS_OK(sys_info(INFO_TASK, slot, &task, sizeof(task)))) {
            printf("trace task %d %s\n", task.tid, task.name);
        }
    }
}

static void dump_event(const struct trace_event *event) {
    printf("trace event %llu %llu %u %u %d %d %d %u %u ", (unsigned long long) event->number,
           (unsigned long long) event->time, event->cpu, event->kind, event->src, event->dst,
           event->type, event->ool_len, event->delivered);
    for (unsigned i = 0; i < event->data_len && i < TRACE_DATA_LEN; i++) {
        printf("%02x", event->data[i]);
    }
    printf(".\n");
}

/// For site_scons/resea/trace.py, which knows this format.
static int dump(void) {
    struct kernel_info kernel;
    struct trace_event event;
    if (IS_ERROR(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)))) {
        return 1;
    }

    printf("trace clock %llu %u\n", (unsigned long long) kernel.clock_hz,
           (unsigned) sizeof(uintptr_t) * 8);
    dump_tasks(kernel.num_tasks);
    for (uintptr_t i = 0; sys_trace(TRACE_READ, i, &event, sizeof(event)) > 0; i++) {
        dump_event(&event);
        i = (uintptr_t) event.number;
    }

    printf("trace end\n");
    return 0;
}

int trace(const struct command *command) {
    const char *what = command->argv[1];
    bool start = strcmp(what, "start") == 0;
    bool reads = strcmp(what, "show") == 0 || strcmp(what, "dump") == 0;
    if (!start && !reads && strcmp(what, "stop") != 0) {
        printf("shell: trace: '%s'? say start, stop, show or dump\n", what);
        return STATUS_USAGE;
    }

    // Reading ends the recording, too: it would never come to an end.
    error_t err = sys_trace(start ? TRACE_START : TRACE_STOP, 0, NULL, 0);
    if (IS_ERROR(err)) {
        printf("shell: trace: %s; does the manifest give the shell the right 'debug'?\n",
               error_name(err));
        return 1;
    }

    return !reads ? 0 : what[0] == 's' ? show() : dump();
}

#endif
