#ifndef __MACHINE_H__
#define __MACHINE_H__

/// \file
/// A simulated machine without an MMU, on which the portable kernel runs in an ordinary process (with an
/// MMU: tests/kernel/host.h). Its RAM is where a part of this kind has it, below 4 GiB; only what tasks
/// have of it may be touched, as ASan sees to. The test is the hardware and all the programs at once.
///
/// The kernel boots once per process; its first task, vm, does for the tests what vm does.

#include <kernel/task.h>

#define RAM        0x20000000ul
#define RAM_LEN    0x8000ul
#define KERNEL_RAM 0x1000ul
/// Behind the RAM, because it must be below 4 GiB, too.
#define CMDLINE_PAGE (RAM + RAM_LEN)

/// RAM of the task in a slot: a stack, then what it likes. There is a gap behind it.
#define REGION(slot) (RAM + KERNEL_RAM + (slot) *0x800ul)
#define REGION_LEN   0x600ul
#define STACK_LEN    0x200ul
/// Where a task's message buffer is, and an out-of-line buffer.
#define MSG(slot) (REGION(slot) + STACK_LEN)
#define OOL(slot) (REGION(slot) + 0x400)
#define OOL_CAP   0x100
/// Where its library has the struct ool_buffer.
#define OOL_DESCRIPTOR(slot) (OOL(slot) + OOL_CAP)

#define FLASH_LEN 0x1000
extern uint8_t machine_flash[FLASH_LEN];
/// Free for tests; what comes before is names.
#define FLASH_FREE (&machine_flash[0x800])

/// What machine_call() returns when the task is blocked, or has been stopped.
#define BLOCKED (-2000)

struct machine {
    uint64_t now;
    uint64_t timer;
    bool unmasked[CONFIG_NUM_IRQS];
    const char *input;
    char output[0x4000];
    size_t output_len;
};

extern struct machine machine;

/// Boots, the first time; then destroys all tasks but vm.
void machine_reset(void);

void machine_irq(unsigned irq);
void machine_advance_ms(unsigned ms);

/// A string in flash.
vaddr_t machine_flash_text(const char *text);

struct task *machine_task(task_t tid);
enum task_state machine_state(task_t tid);
task_t machine_next_tid(int slot);

/// Creates a task in a slot's region and starts it. It may call every task that this has made.
task_t machine_spawn(int slot, unsigned rights);
/// Creates one as `creator`, with the memory as it is; doesn't start it.
intptr_t machine_create(task_t creator, task_t tid, vaddr_t name, unsigned rights,
                        const struct task_memory *memory);
void machine_destroy(task_t tid);

/// Lets the scheduler go on until the task is in user mode. It must be ready.
void machine_run(task_t tid);

intptr_t machine_call(task_t tid, enum syscall_number number, uintptr_t a0, uintptr_t a1,
                      uintptr_t a2, uintptr_t a3, uintptr_t a4, uintptr_t a5);
#define SYSCALL(tid, number, ...) SYSCALL_6(tid, number, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SYSCALL_6(tid, n, a0, a1, a2, a3, a4, a5, ...)                                           \
    machine_call(tid, n, (uintptr_t) (a0), (uintptr_t) (a1), (uintptr_t) (a2), (uintptr_t) (a3), \
                 (uintptr_t) (a4), (uintptr_t) (a5))

/// The result of the system call that the task has been blocked in, or BLOCKED.
intptr_t machine_result(task_t tid);

/// A message buffer.
struct message *machine_msg(int slot);
/// SYS_IPC with the slot's buffers.
intptr_t machine_ipc(task_t tid, task_t dst, task_t src, unsigned flags);

#endif
