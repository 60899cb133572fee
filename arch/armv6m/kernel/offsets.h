#ifndef __OFFSETS_H__
#define __OFFSETS_H__

/// \file
/// Where fastpath.S finds things, and what other headers call the same without ASM_ before it: that is C,
/// which assembly can't include. task.c sees to it that all of it is true. What is short of 32 can be
/// loaded as a byte with one instruction.

#define TASK_SIZE          88
#define TASK_FRAME         0
#define TASK_TID           4
#define TASK_WAITS_FOR     8
#define TASK_STATE         12
#define TASK_ATTENTION     15
#define TASK_PRIORITY      16
#define TASK_BASE_PRIORITY 17
#define TASK_SERVER        18
#define TASK_IPC_COUNT     24
#define TASK_NOTIFICATIONS 28
#define TASK_LINK          40
#define TASK_RAM           48
#define TASK_STACK         52
#define TASK_RAM_UNITS     56
#define TASK_PAGER         64
#define TASK_MAY_CALL      68

#define CPU_CURRENT    4
#define CPU_DISTURBED  8
#define CPU_READY_MASK 8
#define CPU_RESCHED    9
#define CPU_QUEUES     12

#define FRAME_SIZE 64
#define FRAME_R0   32
#define FRAME_R3   44

#define ASM_INIT_TASK         1
#define ASM_SYS_NOTIFY        2
#define ASM_SYS_FIRST_FULL    6
#define ASM_SYS_IPC_CALL      (1 | 3 << 6)
#define ASM_SYS_IPC_SERVE     (1 | 27 << 6)
#define ASM_SYS_IPC_WAIT      (1 | 18 << 6)
#define ASM_IPC_SEND_BIT      6
#define ASM_TASK_SLOT_BITS    10
#define ASM_TASK_READY        1
#define ASM_TASK_RUNNING      2
#define ASM_TASK_RECEIVING    4
#define ASM_TASK_PRIORITY_MAX 7
#define ASM_STACK_GUARD_WORDS 4
#define ASM_STACK_PATTERN     0xa9a9a9a9
#define ASM_MSG_LEN_SHIFT     19
#define ASM_MSG_LEN_BITS      5
#define ASM_MSG_OOL_BYTES     1
#define ASM_MSG_OOL_STR       2
#define ASM_MSG_KERNEL_BITS   3
#define ASM_MESSAGE_SIZE      64
#define ASM_MESSAGE_WORDS     14
#define ASM_NOTIFICATIONS_MSG 0x80001
#define ASM_NOT_PERMITTED     2
#define ASM_INVALID_TASK      9

#endif
