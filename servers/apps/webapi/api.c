#include "api.h"

#include <idl_client.h>
#include <kernel_abi.h>
#include <resea/syscall.h>
#include <string.h>

#include "clock.h"

static const struct {
    const char *path;
    api_more_t more;
} apis[] = {
    {"/api/uptime", api_uptime}, {"/api/tasks", api_tasks}, {"/api/memory", api_memory},
    {"/api/ipc", api_ipc},       {"/api/log", api_log},     {"/api/network", api_network},
};

api_more_t api_find(const char *path) {
    for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++) {
        if (!strcmp(apis[i].path, path)) {
            return apis[i].more;
        }
    }
    return NULL;
}

static struct kernel_info kernel_info(void) {
    struct kernel_info info;
    memset(&info, 0, sizeof(info));
    // It only fails if the kind doesn't exist.
    (void) sys_info(INFO_KERNEL, 0, &info, sizeof(info));
    return info;
}

static uint64_t to_us(uint64_t cycles, uint64_t hz) {
    // Without an overflow for what a counter of 10 GHz has in 30 years.
    return (hz > 0) ? cycles / hz * 1000000 + cycles % hz * 1000000 / hz : 0;
}

bool api_uptime(struct api_state *state __unused, struct text *out) {
    struct kernel_info info = kernel_info();
    text_add_literal(out, "{");
    text_add_member_number(out, "uptime_ms", info.uptime_ms);
    text_add_member_number(out, "unix_ms", clock_unix_ms());
    text_add_member_number(out, "cpus", info.num_cpus);
    text_add_member_number(out, "mhz", info.clock_hz / 1000000);
    text_add_literal(out, "}\n");
    return false;
}

bool api_memory(struct api_state *state __unused, struct text *out) {
    struct kernel_info info = kernel_info();
    size_t total = 0, free = 0;
    if (IS_ERROR(call_vm_stats(INIT_TASK, &total, &free))) {
        total = free = 0;
    }
    text_add_literal(out, "{");
    text_add_member_number(out, "ram_bytes", info.ram_bytes);
    text_add_member_number(out, "total_bytes", (uint64_t) total * PAGE_SIZE);
    text_add_member_number(out, "free_bytes", (uint64_t) free * PAGE_SIZE);
    text_add_member_number(out, "kernel_bytes", info.kernel_ram_bytes);
    text_add_member_number(out, "kernel_code_bytes", info.kernel_text_bytes);
    text_add_literal(out, "}\n");
    return false;
}

static const char *state_name(int state) {
    static const char *const names[] = {
        "unused",  "ready",   "running", "sending", "receiving",
        "faulted", "stopped", "syncing", "dying",   "created",
    };
    bool is_known = 0 <= state && state < (int) (sizeof(names) / sizeof(names[0]));
    return is_known ? names[state] : "?";
}

static void add_task(struct api_state *state, struct text *out, const struct task_info *task,
                     uint64_t hz) {
    api_begin_item(state, out);
    text_add_member_number(out, "id", (uint64_t) task->tid);
    text_add_key(out, "name");
    text_add_json(out, task->name, strnlen(task->name, sizeof(task->name)));
    text_add_member(out, "state", state_name(task->state));
    text_add_member_number(out, "waits_for", (uint64_t) task->waits_for);
    text_add_member_number(out, "priority", (uint64_t) task->priority);
    text_add_member_number(out, "cpu", (uint64_t) task->cpu);
    text_add_member_number(out, "cpu_us", to_us(task->cycles, hz));
    text_add_member_number(out, "messages", task->ipc_count);
    text_add_literal(out, "}");
}

static void add_cpus(struct text *out, const struct kernel_info *info) {
    text_add_key(out, "cpus");
    text_add_literal(out, "[");
    struct cpu_info cpu;
    for (unsigned i = 0; i < info->num_cpus; i++) {
        if (IS_OK(sys_info(INFO_CPU, i, &cpu, sizeof(cpu)))) {
            text_add(out, (out->buf[out->len - 1] == '[') ? "{" : ",{");
            text_add_member_number(out, "busy_us", to_us(cpu.busy_cycles, info->clock_hz));
            text_add_member_number(out, "idle_us", to_us(cpu.idle_cycles, info->clock_hz));
            text_add_literal(out, "}");
        }
    }
    text_add_literal(out, "]");
}

bool api_tasks(struct api_state *state, struct text *out) {
    struct kernel_info info = kernel_info();
    if (state->step == 0) {
        text_add_literal(out, "{");
        text_add_member_number(out, "uptime_ms", info.uptime_ms);
        add_cpus(out, &info);
        text_add_literal(out, ",\"tasks\":[");
        api_next_step(state);
        state->index = 1;
        return true;
    }
    struct task_info task;
    while (state->index <= info.num_tasks) {
        if (IS_OK(sys_info(INFO_TASK, state->index++, &task, sizeof(task)))) {
            add_task(state, out, &task, info.clock_hz);
            return true;
        }
    }
    text_add_literal(out, "]}\n");
    return false;
}
