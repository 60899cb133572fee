// The short way of system calls, and of messages: see docs/ipc.md. Whatever isn't the common case goes
// the long way, by armv6m_syscall, nothing having been done. Each check is one that kernel/ipc.c and
// kernel/nommu.c make, too; what they say of the same case holds here.

#include "offsets.h"
#include <config.h>

    .syntax unified
    .cpu cortex-m0
    .thumb

#include "entry.inc"

    .section .text.armv6m_notify, "ax"
    .balign 2
.Lnotify_by_other_rights:
    ldr     r2, [r5, #TASK_PAGER]
    ldr     r6, [r4, #TASK_TID]
    cmp     r2, r6
    beq     .Lnotify_allowed
    ldr     r2, [r4, #TASK_PAGER]
    cmp     r2, r3
    beq     .Lnotify_allowed
    cmp     r6, r3
    beq     .Lnotify_allowed
    cmp     r6, #ASM_INIT_TASK
    beq     .Lnotify_allowed
    cmp     r3, #ASM_INIT_TASK
    beq     .Lnotify_allowed
    ldrb    r2, [r4, #TASK_SERVER]
    ldr     r6, [r5, #TASK_MAY_CALL]
    lsrs    r6, r2
    lsrs    r6, #1
    bcs     .Lnotify_allowed
    movs    r3, #ASM_NOT_PERMITTED
    b       8f
.Lno_such_task:
    movs    r3, #ASM_INVALID_TASK
8:  negs    r3, r3
    str     r3, [r0, #0]
    pop     {r4-r7}
    bx      lr
.Loverflow:
    pop     {r4-r7}
    b       .Lleave

.Lnotify_slowly:
    mov     r3, r0
    mov     r0, r5
    ldr     r1, [r3, #4]
    pop     {r4-r7}
    push    {r3, lr}
    bl      ipc_notify_locked
    movs    r0, #0
    b       .Llight_done

// Close by: a conditional branch reaches 256 bytes back.
// SYS_NOTIFY. r0: the process stack, where the processor has saved r0 first. r1: the notifications.
// r4: the task. r5: the one it notifies. r7: the CPU.
    .globl armv6m_notify
    .type armv6m_notify, %function
    .thumb_func
armv6m_notify:
    push    {r4-r7}
    ldr     r3, [r0, #0]
    ldr     r1, [r0, #4]
    lsls    r2, r3, #32 - ASM_TASK_SLOT_BITS
    lsrs    r2, r2, #32 - ASM_TASK_SLOT_BITS
    subs    r2, #1
    cmp     r2, #CONFIG_NUM_TASKS
    bhs     .Lno_such_task
    movs    r5, #TASK_SIZE
    muls    r2, r5
    ldr     r5, =tasks
    adds    r5, r2
    ldr     r2, [r5, #TASK_TID]
    cmp     r2, r3
    bne     .Lno_such_task
    ldr     r7, =cpus
    ldr     r4, [r7, #CPU_CURRENT]
    ldr     r2, [r4, #TASK_STACK]
    adds    r2, #4 * ASM_STACK_GUARD_WORDS
    cmp     r0, r2
    blo     .Loverflow
    // One of the two may call the other one.
    ldrb    r2, [r5, #TASK_SERVER]
    ldr     r6, [r4, #TASK_MAY_CALL]
    lsrs    r6, r2
    lsrs    r6, #1
    bcc     .Lnotify_by_other_rights
.Lnotify_allowed:
    ldr     r2, [r5, #TASK_NOTIFICATIONS]
    orrs    r2, r1
    ldrb    r6, [r5, #TASK_STATE]
    cmp     r6, #ASM_TASK_RECEIVING
    bne     2f
    ldr     r6, [r5, #TASK_WAITS_FOR]
    cmp     r6, #0
    beq     3f
    // It will look at them when it receives.
2:  str     r2, [r5, #TASK_NOTIFICATIONS]
    movs    r3, #0
    str     r3, [r0, #0]
    movs    r1, #1
    strb    r1, [r5, #TASK_ATTENTION]
    pop     {r4-r7}
    bx      lr
3:  // It waits for them. If it is more urgent than the task and all others, it gets the CPU.
    ldrb    r3, [r5, #TASK_PRIORITY]
    ldrb    r6, [r4, #TASK_PRIORITY]
    cmp     r3, r6
    bhs     .Lnotify_slowly
    ldr     r1, [r7, #CPU_DISTURBED]
    cmp     r1, #0
    beq     4f
    movs    r6, #ASM_TASK_PRIORITY_MAX
    subs    r6, r3
    lsrs    r1, r6
    bne     .Lnotify_slowly
4:  movs    r6, #0
    str     r6, [r0, #0]
    subs    r0, #FRAME_R0
    str     r0, [r4, #TASK_FRAME]
    ldr     r0, [r5, #TASK_FRAME]
    str     r6, [r0, #FRAME_R0]
    ldr     r0, [r0, #FRAME_R3]
    // The message: type, sender (the kernel), notifications; the rest is cleared.
    ldr     r1, =ASM_NOTIFICATIONS_MSG
    movs    r3, r2
    movs    r2, #0
    stmia   r0!, {r1, r2, r3, r6}
    movs    r1, #0
    movs    r3, #0
    stmia   r0!, {r1, r2, r3, r6}
    stmia   r0!, {r1, r2, r3, r6}
    stmia   r0!, {r1, r2, r3, r6}
    // The task is the first in the queue of its priority. r1: its link. r2: the queue.
    ldrb    r0, [r4, #TASK_PRIORITY]
    lsls    r2, r0, #3
    adds    r2, r7
    adds    r2, #CPU_QUEUES
    mov     r1, r4
    adds    r1, #TASK_LINK
    ldr     r3, [r2, #4]
    str     r1, [r2, #4]
    str     r1, [r3, #0]
    str     r2, [r1, #0]
    str     r3, [r1, #4]
    movs    r1, #1 << ASM_TASK_PRIORITY_MAX
    lsrs    r1, r0
    ldrb    r2, [r7, #CPU_READY_MASK]
    orrs    r1, r2
    strb    r1, [r7, #CPU_READY_MASK]
    movs    r1, #ASM_TASK_READY
    strb    r1, [r4, #TASK_STATE]
    movs    r1, #ASM_TASK_RUNNING
    strb    r1, [r5, #TASK_STATE]
    str     r5, [r7, #CPU_CURRENT]
    ldr     r0, [r5, #TASK_FRAME]
    pop     {r4-r7}
    mrs     r1, psp
    subs    r1, #16
    stmia   r1!, {r4-r7}
    resume_caller
    .size armv6m_notify, . - armv6m_notify

    .globl armv6m_svc_entry
    .type armv6m_svc_entry, %function
    .thumb_func
armv6m_svc_entry:
    mrs     r0, psp
    ldr     r2, [r0, #16]               // r12: the number of the call
    cmp     r2, #ASM_SYS_FIRST_FULL
    bhs     1f
    // A light one: what C doesn't save needs no saving.
    cmp     r2, #ASM_SYS_NOTIFY
    beq     armv6m_notify
.Llight:
    lsls    r2, r2, #2
    ldr     r1, =light_syscalls
    ldr     r2, [r1, r2]
    ldr     r1, =cpus
    ldr     r1, [r1, #CPU_CURRENT]
    ldr     r1, [r1, #TASK_STACK]
    adds    r1, #4 * ASM_STACK_GUARD_WORDS
    cmp     r0, r1
    blo     .Lleave
    push    {r0, lr}
    ldr     r1, [r0, #4]
    ldr     r0, [r0, #0]
    blx     r2
.Llight_done:
    pop     {r1, r2}
    str     r0, [r1, #0]
    ldr     r3, =cpus
    ldrb    r3, [r3, #CPU_RESCHED]
    cmp     r3, #0
    bne     .Lleave
    bx      r2
.Lleave:
    bl      armv6m_save_task
    bl      armv6m_leave

1:  save_caller
    // r0: the registers. r4: the task. r6: its message buffer. r7: the CPU.
    ldr     r7, =cpus
    ldr     r4, [r7, #CPU_CURRENT]
    str     r0, [r4, #TASK_FRAME]
    ldr     r5, [r4, #TASK_STACK]
    subs    r1, r0, r5
    cmp     r1, #4 * ASM_STACK_GUARD_WORDS
    blt     9f
    ldr     r6, [r0, #FRAME_R3]
    ldr     r1, [r4, #TASK_RAM]
    subs    r1, r6, r1
    ldrh    r3, [r4, #TASK_RAM_UNITS]
    lsls    r3, r3, #3
    subs    r3, #ASM_MESSAGE_SIZE
    cmp     r1, r3
    bhi     9f
    lsls    r1, r6, #30
    bne     9f
    lsrs    r1, r2, #ASM_IPC_SEND_BIT + 1
    bcc     .Lwait
    ldr     r5, [r5, #4 * (ASM_STACK_GUARD_WORDS - 1)] // What an overflow hits first
    ldr     r1, =ASM_STACK_PATTERN
    cmp     r5, r1
    bne     9f
    // r5: the peer. r1: its ID
    ldr     r1, [r0, #FRAME_R0]
    lsls    r3, r1, #32 - ASM_TASK_SLOT_BITS
    lsrs    r3, r3, #32 - ASM_TASK_SLOT_BITS
    subs    r3, #1
    cmp     r3, #CONFIG_NUM_TASKS
    bhs     9f
    movs    r5, #TASK_SIZE
    muls    r3, r5
    ldr     r5, =tasks
    adds    r5, r3
    ldr     r3, [r5, #TASK_TID]
    cmp     r3, r1
    bne     9f
    ldrb    r3, [r5, #TASK_STATE]
    cmp     r3, #ASM_TASK_RECEIVING
    bne     9f
    ldr     r3, [r5, #TASK_WAITS_FOR]
    cmp     r2, #ASM_SYS_IPC_CALL
    bne     .Lanswer

    // A call: the peer must wait for anybody, and be one that the task may call.
    cmp     r3, #0
    bne     9f
    ldrb    r3, [r5, #TASK_SERVER]
    ldr     r2, [r4, #TASK_MAY_CALL]
    lsrs    r2, r3
    lsrs    r2, #1
    bcs     2f
    cmp     r1, #ASM_INIT_TASK
    bne     9f
2:  b       .Lexchange
9:  ldr     r0, [r4, #TASK_FRAME]
    bl      armv6m_syscall

    // An answer to who waits for it, with nothing else to be looked at before waiting.
.Lanswer:
    ldr     r1, =ASM_SYS_IPC_SERVE
    cmp     r2, r1
    bne     9b
    ldr     r1, [r4, #TASK_TID]
    cmp     r3, r1
    bne     9b
    ldrb    r1, [r4, #TASK_ATTENTION]
    cmp     r1, #0
    bne     9b

    // Nobody may have to run before, or in turn with, the peer. r1: whom the task waits for then.
.Lexchange:
    ldr     r2, [r7, #CPU_DISTURBED]
    cmp     r2, #0
    bne     .Ldisturbed
.Lundisturbed:
    str     r1, [r4, #TASK_WAITS_FOR]   // Means nothing as long as the task runs.
    ldr     r1, [r6, #0]
    lsls    r3, r1, #32 - ASM_MSG_LEN_SHIFT // The method is the kernel's own if all of these are 0:
    lsrs    r3, r3, #32 - ASM_MSG_LEN_SHIFT + ASM_MSG_KERNEL_BITS
    beq     9b
    // r3: the words of the message. r0: where the peer wants it. r2: its sender
    lsrs    r3, r1, #ASM_MSG_LEN_SHIFT
    cmp     r3, #ASM_MESSAGE_WORDS
    bhi     .Lwith_payload
    ldr     r0, [r5, #TASK_FRAME]
    ldr     r0, [r0, #FRAME_R3]
    ldr     r2, [r4, #TASK_TID]
    cmp     r3, #1
    bne     .Llonger
    ldr     r3, [r6, #8]
.Lshort:
    movs    r6, #0
    stmia   r0!, {r1, r2, r3, r6}
.Lclear:
    movs    r1, #0
    movs    r2, #0
    movs    r3, #0
    stmia   r0!, {r1, r2, r3, r6}
    stmia   r0!, {r1, r2, r3, r6}
    stmia   r0!, {r1, r2, r3, r6}

    // The message has been passed.
.Lpassed:
    ldr     r1, [r4, #TASK_WAITS_FOR]
    cmp     r1, #0
    beq     3f
    // The receiver serves a call with the caller's urgency.
    ldrb    r1, [r4, #TASK_PRIORITY]
    ldrb    r2, [r5, #TASK_PRIORITY]
    cmp     r1, r2
    bhs     4f
    strb    r1, [r5, #TASK_PRIORITY]
    b       4f
3:  // What it did for a more urgent client is over.
    ldrb    r1, [r4, #TASK_BASE_PRIORITY]
    strb    r1, [r4, #TASK_PRIORITY]
4:  // A call with its answer, or a request with its: each task counts its own two.
    ldr     r1, [r4, #TASK_IPC_COUNT]
    adds    r1, #2
    str     r1, [r4, #TASK_IPC_COUNT]
    movs    r1, #0
    ldr     r0, [r5, #TASK_FRAME]
    str     r1, [r0, #FRAME_R0]
    movs    r1, #ASM_TASK_RECEIVING
    strb    r1, [r4, #TASK_STATE]
    movs    r1, #ASM_TASK_RUNNING
    strb    r1, [r5, #TASK_STATE]
    str     r5, [r7, #CPU_CURRENT]
    resume_caller

.Ldisturbed:
    // A call is served with the caller's urgency.
    mov     r0, r4
    cmp     r1, #0
    bne     1f
    mov     r0, r5
1:  ldrb    r3, [r0, #TASK_PRIORITY]
    movs    r0, #ASM_TASK_PRIORITY_MAX
    subs    r0, r3
    lsrs    r2, r0
    beq     .Lundisturbed
    b       9b

    // Waits for any message. The CPU goes to the most urgent task that is ready, if no other is like it.
.Lwait:
    ldr     r3, =ASM_SYS_IPC_WAIT
    cmp     r2, r3
    bne     9b
    ldrb    r1, [r4, #TASK_ATTENTION]
    cmp     r1, #0
    bne     9b
    ldr     r2, [r7, #CPU_DISTURBED]
    subs    r3, r2, #1
    cmp     r3, #0xff
    bhs     9b                          // Nobody, or more than who is ready has to be looked at.
    ldr     r1, =cpus + CPU_QUEUES - 8
    lsls    r3, r2, #24
    lsrs    r0, r3, #28
    bne     4f
    adds    r1, #32
    lsls    r3, #4
4:  lsrs    r0, r3, #30
    bne     5f
    adds    r1, #16
    lsls    r3, #2
5:  adds    r1, #8
    lsls    r3, #1
    bcc     5b
    // r1: the queue. r5: the link of its only task.
    ldr     r5, [r1, #4]
    ldr     r3, [r5, #4]
    cmp     r3, r1
    bne     9b
    str     r1, [r1, #0]
    str     r1, [r1, #4]
    movs    r3, #0
#ifdef CONFIG_DEBUG
    str     r3, [r5, #0]                // list.h checks it.
    str     r3, [r5, #4]
#endif
    str     r3, [r4, #TASK_WAITS_FOR]
    subs    r5, #TASK_LINK
    ldrb    r1, [r5, #TASK_PRIORITY]
    movs    r3, #1 << ASM_TASK_PRIORITY_MAX
    lsrs    r3, r1
    bics    r2, r3
    strb    r2, [r7, #CPU_READY_MASK]
    ldrb    r1, [r4, #TASK_BASE_PRIORITY]
    strb    r1, [r4, #TASK_PRIORITY]
    movs    r1, #ASM_TASK_RECEIVING
    strb    r1, [r4, #TASK_STATE]
    movs    r1, #ASM_TASK_RUNNING
    strb    r1, [r5, #TASK_STATE]
    str     r5, [r7, #CPU_CURRENT]
    ldr     r0, [r5, #TASK_FRAME]
    b       .Lresume                    // It may have been interrupted anywhere.

.Llonger:
    cmp     r3, #ASM_MESSAGE_WORDS
    bne     1f
    // As long as can be: 14 words, six at a time
    push    {r4, r5, r7}
    stmia   r0!, {r1, r2}
    adds    r6, #8
    .rept 2
    ldmia   r6!, {r1-r5, r7}
    stmia   r0!, {r1-r5, r7}
    .endr
    ldmia   r6!, {r1, r2}
    stmia   r0!, {r1, r2}
    pop     {r4, r5, r7}
    b       .Lpassed
1:  cmp     r3, #0
    beq     .Lshort
    mov     r1, r6
    bl      arch_pass_message
    b       .Lpassed_by_call

.Lwith_payload:
    cmp     r3, #2 | ASM_MSG_OOL_BYTES << ASM_MSG_LEN_BITS
    beq     1f
    cmp     r3, #2 | ASM_MSG_OOL_STR << ASM_MSG_LEN_BITS
    bne     2f                          // An error, or a payload with more than that
1:  mov     r0, r4
    mov     r1, r5
    bl      transfer_payload
    subs    r3, r0, #0
    beq     2f
    ldr     r0, =EXC_RETURN_TASK
    mov     lr, r0
    ldr     r1, [r6, #0]
    ldr     r2, [r4, #TASK_TID]
    ldr     r6, [r6, #12]
    ldr     r0, [r5, #TASK_FRAME]
    ldr     r0, [r0, #FRAME_R3]
    stmia   r0!, {r1, r2, r3, r6}
    movs    r6, #0
    b       .Lclear
2:  b       9b
.Lpassed_by_call:
    ldr     r0, =EXC_RETURN_TASK
    mov     lr, r0
    b       .Lpassed

// __noreturn void arch_resume(struct task *task)
    .globl arch_resume
    .type arch_resume, %function
    .thumb_func
arch_resume:
    ldr     r1, =armv6m_stack_top       // What the kernel has left there is over.
    mov     sp, r1
    ldr     r1, =EXC_RETURN_TASK
    mov     lr, r1
    ldr     r0, [r0, #TASK_FRAME]
.Lresume:
    resume_task
    .size arch_resume, . - arch_resume
    .size armv6m_svc_entry, . - armv6m_svc_entry

// void arch_pass_message(struct message *to, const struct message *from, task_t src, size_t words)
function arch_pass_message
    push    {r4-r7, lr}
    ldmia   r1!, {r4-r7}
    mov     r5, r2
    subs    r3, #2
    bhs     1f
    movs    r7, #0
    adds    r3, #1
    beq     1f
    movs    r6, #0
1:  stmia   r0!, {r4-r7}
    // All that may follow is cleared first: mostly it is.
    movs    r4, #0
    movs    r5, #0
    movs    r6, #0
    movs    r7, #0
    .rept 3
    stmia   r0!, {r4-r7}
    .endr
    subs    r0, #48
    // r3: so many words follow, or none.
    b       3f
2:  ldmia   r1!, {r4-r7}
    stmia   r0!, {r4-r7}
3:  subs    r3, #4
    bge     2b
    adds    r3, #4
    b       5f
4:  ldmia   r1!, {r4}
    stmia   r0!, {r4}
5:  subs    r3, #1
    bge     4b
    pop     {r4-r7, pc}
    .size arch_pass_message, . - arch_pass_message

    .section .note.GNU-stack, "", %progbits
