#include <config.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <resea/task.h>
#include <string.h>

#include "machine.h"
#include "test.h"
#include "thread.h"

static void test_nop(void) {
    CHECK_EQ(sys_nop(), OK);
}

static void test_kernel(void) {
    struct kernel_info info;
    CHECK_EQ(sys_info(INFO_KERNEL, 0, &info, sizeof(info)), sizeof(info));
    CHECK_GE(info.num_cpus, 1);
    CHECK_LE(info.num_cpus, CONFIG_NUM_CPUS);
    CHECK_EQ(info.num_tasks, CONFIG_NUM_TASKS);
    CHECK_GT(info.clock_hz, 1000000);
    CHECK_GT(info.cycles_now, info.cycles_at_boot);
    CHECK_GT(info.kernel_text_bytes, 0);
    CHECK_GT(info.kernel_ram_bytes, 0);
    CHECK_GT(info.ram_bytes, info.kernel_ram_bytes);
    CHECK_GT(info.task_bytes, 0);
}

static void test_task(void) {
    struct task_info info;
    CHECK_EQ(sys_info(INFO_TASK, TASK_SLOT(main_task), &info, sizeof(info)), sizeof(info));
    CHECK_EQ(info.tid, main_task);
    CHECK_EQ(info.pager, INIT_TASK);
    CHECK_EQ(info.state, TASK_RUNNING);
    CHECK_STR(info.name, "test");
    CHECK_EQ(info.flags & TASK_RIGHTS, TASK_RIGHT_TASK | TASK_RIGHT_MAP | TASK_RIGHT_LAUNCH);
    CHECK_GT(info.ipc_count, 0);

    CHECK_EQ(sys_info(INFO_TASK, TASK_SLOT(INIT_TASK), &info, sizeof(info)), sizeof(info));
    CHECK_STR(info.name, "vm");
    CHECK_EQ(info.flags & TASK_RIGHT_PHYS, TASK_RIGHT_PHYS);
}

/// Only vm has the rights of vm.
static void test_only_vm_has_all_rights(void) {
    for (unsigned slot = TASK_SLOT(INIT_TASK) + 1; slot <= CONFIG_NUM_TASKS; slot++) {
        struct task_info info;
        if (IS_OK(sys_info(INFO_TASK, slot, &info, sizeof(info)))) {
            CHECK_EQ(info.flags & TASK_RIGHT_PHYS, 0);
        }
    }
}

static void test_cpus(void) {
    struct kernel_info kernel;
    CHECK_OK(sys_info(INFO_KERNEL, 0, &kernel, sizeof(kernel)));
    for (unsigned i = 0; i < kernel.num_cpus; i++) {
        struct cpu_info info;
        CHECK_EQ(sys_info(INFO_CPU, i, &info, sizeof(info)), sizeof(info));
    }
    struct cpu_info info;
    CHECK_EQ(sys_info(INFO_CPU, kernel.num_cpus, &info, sizeof(info)), ERR_NOT_FOUND);
}

static void test_cmdline(void) {
    char buf[128];
    int len = sys_info(INFO_CMDLINE, 0, buf, sizeof(buf));
    CHECK_GE(len, 0);
    CHECK_LE(len, sizeof(buf));
}

static void test_errors(void) {
    char buf[16];
    CHECK_EQ(sys_info(-1, 0, buf, sizeof(buf)), ERR_INVALID_ARG);
    CHECK_EQ(sys_info(99, 0, buf, sizeof(buf)), ERR_INVALID_ARG);
    CHECK_EQ(sys_info(INFO_TASK, 0, buf, sizeof(buf)), ERR_NOT_FOUND);
    CHECK_EQ(sys_info(INFO_TASK, CONFIG_NUM_TASKS + 1, buf, sizeof(buf)), ERR_NOT_FOUND);
    CHECK_EQ(sys_info(INFO_TASK, UINT32_MAX, buf, sizeof(buf)), ERR_NOT_FOUND);
    CHECK_EQ(sys_info(INFO_CPU, UINT32_MAX, buf, sizeof(buf)), ERR_NOT_FOUND);
}

/// A buffer that is too short gets the beginning, and not a byte more.
static void test_short_buffer(void) {
    uint8_t buf[16];
    memset(buf, 0x5a, sizeof(buf));
    int len = sys_info(INFO_KERNEL, 0, buf, 4);
    CHECK(len == 4 || len == ERR_TOO_SMALL);
    for (size_t i = 4; i < sizeof(buf); i++) {
        CHECK_EQ(buf[i], 0x5a);
    }
}

static void test_console(void) {
    CHECK_EQ(sys_console_write("", 0), 0);
    CHECK_EQ(sys_console_write("test: hello\n", 12), 12);
    // What is typed is for whom the manifest says.
    char ch;
    CHECK_EQ(sys_console_read(&ch, 1), ERR_NOT_PERMITTED);
    // So is typing; on small boards nobody can.
    error_t err = sys_console_feed("x", 1);
    CHECK(err == ERR_NOT_PERMITTED || err == ERR_INVALID_ARG);
}

/// What is printed is found at the end of the log, which is read piece by piece.
static void test_log(void) {
    static const char line[] = "test: find this line\n";
    const size_t len = sizeof(line) - 1;
    printf("%s", line);

    // The last `len` bytes that were read.
    char tail[sizeof(line)] = "";
    uint32_t position = 0;
    char piece[16];
    int piece_len;
    while ((piece_len = sys_klog_read(piece, sizeof(piece), &position)) > 0) {
        memmove(tail, &tail[piece_len], len - (size_t) piece_len);
        memcpy(&tail[len - (size_t) piece_len], piece, (size_t) piece_len);
    }
    CHECK_EQ(piece_len, 0);
    CHECK_STR(tail, line);
    // Nobody has printed anything since.
    CHECK_EQ(sys_klog_read(piece, sizeof(piece), &position), 0);
}

static void test_unknown_syscalls(void) {
    CHECK_EQ(machine_syscall(NUM_SYSCALLS), ERR_INVALID_ARG);
    CHECK_EQ(machine_syscall(-1), ERR_INVALID_ARG);
    CHECK_EQ(machine_syscall(INTPTR_MAX), ERR_INVALID_ARG);
    // Its low half alone would be a valid one.
    CHECK_EQ(machine_syscall(INTPTR_MIN), ERR_INVALID_ARG);
}

const struct test_case info_cases[] = {
    {"info.nop", test_nop},
    {"info.kernel", test_kernel},
    {"info.task", test_task},
    {"info.only_vm_has_all_rights", test_only_vm_has_all_rights},
    {"info.cpus", test_cpus},
    {"info.cmdline", test_cmdline},
    {"info.errors", test_errors},
    {"info.short_buffer", test_short_buffer},
    {"info.console", test_console},
    {"info.log", test_log},
    {"info.unknown_syscalls", test_unknown_syscalls},
    {NULL, NULL},
};
