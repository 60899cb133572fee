#ifndef __ENTRY_H__
#define __ENTRY_H__

// What entry.S and fastpath.S share.

// An exception's EXC_RETURN value in lr says where it came from (ARM B1.5.8): this is a task, on its own
// stack (PSP).
#define EXC_RETURN_TASK 0xfffffffd

.macro function name
    .section .text.\name, "ax"
    .globl \name
    .type \name, %function
    .thumb_func
    .balign 2
\name:
.endm

// Jumps to `label` if the exception did not come from a task. Uses r0.
.macro unless_from_task label
    mov     r0, lr
    lsls    r0, r0, #29                 // Bit 2 of EXC_RETURN: the stack that was in use
    bpl     \label
.endm

// Saves the rest of a task's registers on its stack: struct arch_frame, but for r8 to r11, which a system
// call doesn't keep. r0: its address.
.macro save_caller
    mrs     r0, psp
    subs    r0, #16
    stmia   r0!, {r4-r7}
    subs    r0, #32
.endm

// Leaves the kernel to a task that is in a system call. r0: its registers; lr is as on entry.
.macro resume_caller
    adds    r0, #16
    ldmia   r0!, {r4-r7}
    msr     psp, r0
    bx      lr
.endm

// The same to any task. r0: its registers. lr must still be what it was on entry.
.macro resume_task
    ldmia   r0!, {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    ldmia   r0!, {r4-r7}
    msr     psp, r0
    bx      lr
.endm

#endif
