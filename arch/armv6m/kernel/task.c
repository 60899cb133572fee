#include "armv6m.h"
#include "offsets.h"
#include <kernel/memory.h>
#include <kernel/task.h>
#include <string.h>

#define CHECK_OFFSET(type, field, offset) \
    STATIC_ASSERT(offsetof(type, field) == (offset), "offsets.h: " #field)
STATIC_ASSERT(sizeof(struct task) == TASK_SIZE, "offsets.h");
CHECK_OFFSET(struct task, arch.frame, TASK_FRAME);
CHECK_OFFSET(struct task, tid, TASK_TID);
CHECK_OFFSET(struct task, waits_for, TASK_WAITS_FOR);
CHECK_OFFSET(struct task, state, TASK_STATE);
CHECK_OFFSET(struct task, attention, TASK_ATTENTION);
CHECK_OFFSET(struct task, priority, TASK_PRIORITY);
CHECK_OFFSET(struct task, base_priority, TASK_BASE_PRIORITY);
CHECK_OFFSET(struct task, server, TASK_SERVER);
CHECK_OFFSET(struct task, ipc_count, TASK_IPC_COUNT);
CHECK_OFFSET(struct task, notifications, TASK_NOTIFICATIONS);
CHECK_OFFSET(struct task, link, TASK_LINK);
CHECK_OFFSET(struct task, pager, TASK_PAGER);
CHECK_OFFSET(struct task, ram, TASK_RAM);
CHECK_OFFSET(struct task, stack, TASK_STACK);
CHECK_OFFSET(struct task, ram_units, TASK_RAM_UNITS);
CHECK_OFFSET(struct task, may_call, TASK_MAY_CALL);
CHECK_OFFSET(struct cpu, current, CPU_CURRENT);
CHECK_OFFSET(struct cpu, disturbed, CPU_DISTURBED);
CHECK_OFFSET(struct cpu, ready_mask, CPU_READY_MASK);
CHECK_OFFSET(struct cpu, resched, CPU_RESCHED);
CHECK_OFFSET(struct cpu, queues, CPU_QUEUES);
STATIC_ASSERT(sizeof(struct arch_frame) == FRAME_SIZE, "offsets.h");
CHECK_OFFSET(struct arch_frame, r0_r3[0], FRAME_R0);
CHECK_OFFSET(struct arch_frame, r0_r3[3], FRAME_R3);

#define CHECK(value, expected) STATIC_ASSERT((value) == (expected), "offsets.h: " #value)
CHECK(ASM_INIT_TASK, INIT_TASK);
CHECK(ASM_SYS_NOTIFY, SYS_NOTIFY);
CHECK(ASM_SYS_FIRST_FULL, SYS_FIRST_FULL);
CHECK(ASM_SYS_IPC_CALL, SYS_IPC_WITH(IPC_CALL));
CHECK(ASM_SYS_IPC_SERVE, SYS_IPC_WITH(IPC_SERVE));
CHECK(ASM_SYS_IPC_WAIT, SYS_IPC_WITH(IPC_RECV | IPC_OPEN));
CHECK(1 << ASM_IPC_SEND_BIT, IPC_SEND << IPC_FLAGS_SHIFT);
CHECK(ASM_TASK_SLOT_BITS, TASK_SLOT_BITS);
CHECK(ASM_TASK_READY, TASK_READY);
CHECK(ASM_TASK_RUNNING, TASK_RUNNING);
CHECK(ASM_TASK_RECEIVING, TASK_RECEIVING);
CHECK(ASM_TASK_PRIORITY_MAX, TASK_PRIORITY_MAX);
CHECK(ASM_STACK_GUARD_WORDS, STACK_GUARD_WORDS);
CHECK(ASM_STACK_PATTERN, STACK_PATTERN);
CHECK(ASM_MSG_LEN_SHIFT, MSG_LEN_SHIFT);
CHECK(ASM_MSG_LEN_BITS, MSG_LEN_BITS);
CHECK(ASM_MSG_OOL_BYTES, MSG_OOL_BYTES);
CHECK(ASM_MSG_OOL_STR, MSG_OOL_STR);
CHECK(1 << ASM_MSG_KERNEL_BITS, MSG_KERNEL_METHODS);
CHECK(ASM_MESSAGE_SIZE, MESSAGE_SIZE);
CHECK(ASM_MESSAGE_WORDS, MESSAGE_PAYLOAD_SIZE / MSG_LEN_UNIT);
CHECK(ASM_NOTIFICATIONS_MSG, NOTIFICATIONS_MSG);
CHECK(-ASM_NOT_PERMITTED, ERR_NOT_PERMITTED);
CHECK(-ASM_INVALID_TASK, ERR_INVALID_TASK);
STATIC_ASSERT(MESSAGE_PAYLOAD_SIZE == 14 * MSG_LEN_UNIT, "fastpath.S copies so many words");
STATIC_ASSERT(NUM_SERVERS_MAX <= 32, "fastpath.S looks at one word of may_call");
STATIC_ASSERT(TASK_PRIORITY_MAX == 7, "fastpath.S halves the run queues");

/// No code is ever there: the region of the system's registers (ARM B3.1).
#define NOWHERE 0xe0000001u

void arch_task_init(struct task *task, vaddr_t ip) {
    struct arch_frame *frame = (struct arch_frame *) (memory_stack_top(task) - sizeof(*frame));
    bzero(frame, sizeof(*frame));
    frame->lr = NOWHERE;  // Returning from its first function faults.
    frame->pc = ip & ~1u;
    frame->xpsr = (ip & 1) ? XPSR_T : 0;
    task->arch.frame = frame;
}

void arch_task_exit(struct task *task __unused) {}

void arch_switch(struct task *next __unused) {}

bool arch_task_movable(struct task *task __unused) {
    return true;
}

void arch_ports_changed(struct task *task __unused) {}
