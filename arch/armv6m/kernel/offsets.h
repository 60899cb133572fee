#ifndef __OFFSETS_H__
#define __OFFSETS_H__

/// \file
/// Where fastpath.S finds things; task.c sees to it that they are there. What is short of 32 can be loaded
/// as a byte with one instruction.

#define TASK_SIZE           88
#define TASK_FRAME          0
#define TASK_TID            4
#define TASK_WAITS_FOR      8
#define TASK_STATE          12
#define TASK_ATTENTION      15
#define TASK_PRIORITY       16
#define TASK_BASE_PRIORITY  17
#define TASK_SERVER         18
#define TASK_IPC_COUNT      24
#define TASK_NOTIFICATIONS  28
#define TASK_LINK           40
#define TASK_RAM            48
#define TASK_STACK          52
#define TASK_RAM_UNITS      56
#define TASK_PAGER          64
#define TASK_MAY_CALL       68

#define CPU_CURRENT    4
#define CPU_DISTURBED  8
#define CPU_READY_MASK 8
#define CPU_RESCHED    9
#define CPU_QUEUES     12

#define FRAME_SIZE 64
#define FRAME_R0   32
#define FRAME_R3   44

#endif
