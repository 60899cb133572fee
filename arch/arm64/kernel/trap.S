// Entries to and exits from the kernel. While a program runs, the stack pointer of EL1 points to
// its task's struct, which begins with its frame (struct arch_frame): its registers are stored
// right there. Then the code goes over to the CPU's kernel stack.
#include "arm64.h"

// Offsets into struct arm64_cpu, which TPIDR_EL1 points to.
#define CPU_STACK           8
#define CPU_CPU             16
#define CPU_EMERGENCY_STACK 24

// Offsets into struct arch_frame.
#define FRAME_X16    128
#define FRAME_X30    240
#define FRAME_PC     256
#define FRAME_TPIDR  272

    .text

// What a system call may change, but for its arguments.
.macro LOAD_SCRATCH
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
.endm

// The registers that C keeps, but for x30.
.macro SAVE_KEPT
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
.endm

.macro SAVE_REGS
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    SAVE_KEPT
.endm

// The registers that C keeps, and where the program goes on. Its flags and the like are those that it
// has at its start: PSTATE 0.
.macro SAVE_PRESERVED
    SAVE_KEPT
    mrs x9, sp_el0
    mrs x10, elr_el1
    stp x30, x9, [sp, #FRAME_X30]
    stp x10, xzr, [sp, #FRAME_PC]
    mrs x9, tpidr_el0
    str x9, [sp, #FRAME_TPIDR]
.endm

// Onto the kernel's stack, for C that may take its time.
.macro ENTER_C
    mrs x9, tpidr_el1
    ldr x9, [x9, #CPU_STACK]
    mov sp, x9
    mov x29, xzr
    mov x30, xzr
    msr daifclr, #1
.endm

// The fast interrupt, another CPU's panic, is unmasked (F) once there is a stack to take it on.
.macro ENTER_FROM_USER
    SAVE_REGS
    mrs x0, sp_el0
    stp x30, x0, [sp, #FRAME_X30]
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x0, x1, [sp, #FRAME_PC]
    mrs x0, tpidr_el0
    str x0, [sp, #FRAME_TPIDR]
    mrs x0, tpidr_el1
    ldr x0, [x0, #CPU_STACK]
    mov sp, x0
    mov x29, xzr
    mov x30, xzr
    msr daifclr, #1
.endm

// arch_resume(task): the task begins with its frame. A fast interrupt must not find the stack
// pointer there, nor overwrite ELR and SPSR.
    .global arch_resume
    .type arch_resume, @function
arch_resume:
    msr daifset, #1
    mov sp, x0
    ldp x1, x2, [sp, #FRAME_PC]
    msr elr_el1, x1
    msr spsr_el1, x2
    ldp x30, x1, [sp, #FRAME_X30]
    msr sp_el0, x1
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    LOAD_SCRATCH
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldp x0, x1, [sp]
    eret

// kernel_resume() of a task that mostly has nothing more to do in the kernel.
.macro RESUME
    mrs x9, tpidr_el1
    ldr x9, [x9, #CPU_CPU]
    ldrb w10, [x9, #CPU_RESCHED]
    ldr x0, [x9, #CPU_CURRENT]
    cbnz w10, kernel_resume
    ldrb w10, [x0, #TASK_WORK]
    cbz w10, arch_resume
    b kernel_resume
.endm

    .type user_trap, @function
user_trap:
    ldr x16, [sp, #FRAME_X16]
    ENTER_FROM_USER
    bl arm64_user_trap
    RESUME

// System calls. A program gives up x0 … x17 and the flags: little is saved. The fast interrupt stays masked
// but in the slow way: ELR and SPSR are the program's.
    .type user_syscall, @function
user_syscall:
    cmp w8, #IPC_CALL_NUMBER
    b.eq syscall_call
    cmp w8, #IPC_SERVE_NUMBER
    b.eq syscall_serve
    cmp x8, #SYS_FIRST_FULL_NUMBER
    b.hs syscall_full

    // A light one: C keeps what it has to keep, and nothing else is saved unless the CPU has to be given
    // to another task at its end.
    str x30, [sp, #FRAME_X30]
    mrs x9, tpidr_el1
    ldr x9, [x9, #CPU_STACK]
    mov sp, x9
    adr x9, light_syscalls
    ldr x9, [x9, x8, lsl #3]
    blr x9
    mrs x9, tpidr_el1
    ldr x9, [x9, #CPU_CPU]
    ldrb w10, [x9, #CPU_RESCHED]
    ldr x9, [x9, #CPU_CURRENT]
    mov sp, x9
    cbnz w10, 1f
    // What isn't the program's is overwritten: with what was there once.
    ldr x30, [sp, #FRAME_X30]
    mov x1, xzr
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    LOAD_SCRATCH
    eret
1:
    str x0, [sp]
    ldr x30, [sp, #FRAME_X30]
    SAVE_PRESERVED
    ENTER_C
    b kernel_resume

    .type syscall_full, @function
syscall_full:
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    str x8, [sp, #64]
    SAVE_PRESERVED
    ENTER_C
    bl kernel_syscall
    RESUME

// What fastpath.c is called with: the arguments are where C wants them.
.macro FASTPATH function
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    str x8, [sp, #64]
    SAVE_PRESERVED
    mrs x9, tpidr_el1
    mov x7, sp
    ldp x9, x6, [x9, #CPU_STACK]
    mov sp, x9
    b \function
.endm

    .type syscall_call, @function
syscall_call:
    FASTPATH fastpath_call

    .type syscall_serve, @function
syscall_serve:
    FASTPATH fastpath_serve

    .global arm64_fast_leave
    .type arm64_fast_leave, @function
arm64_fast_leave:
    ENTER_C
    b kernel_resume

// arch_fast_bail(): the message is in x1, x4, x5.
    .global arm64_fast_bail
    .type arm64_fast_bail, @function
arm64_fast_bail:
    mrs x9, tpidr_el1
    ldr x10, [x9, #CPU_CPU]
    ldr x10, [x10, #CPU_CURRENT]
    str x1, [x10, #8]
    stp x4, x5, [x10, #32]
    ENTER_C
    bl kernel_syscall
    RESUME

    .type user_irq, @function
user_irq:
    ENTER_FROM_USER
    bl arm64_interrupt
    RESUME

    .type user_fiq, @function
user_fiq:
    ENTER_FROM_USER
    bl arm64_fast_interrupt
    b kernel_resume

    .type user_serror, @function
user_serror:
    ENTER_FROM_USER
    bl arm64_user_system_error
    b kernel_resume

// ---- The kernel itself --------------------------------------------------------------------------

// A frame on the kernel's stack; x0 points to it, x1 is what the handler is told.
.macro ENTER_FROM_KERNEL
    sub sp, sp, #FRAME_SIZE
    SAVE_REGS
    add x0, sp, #FRAME_SIZE
    stp x30, x0, [sp, #FRAME_X30]
    mrs x0, elr_el1
    mrs x1, spsr_el1
    stp x0, x1, [sp, #FRAME_PC]
    // For backtraces: as if the interrupted code had called.
    stp x29, x0, [sp, #-16]!
    mov x29, sp
    add x0, sp, #16
.endm

.macro LEAVE_TO_KERNEL
    add sp, sp, #16
    ldp x0, x1, [sp, #FRAME_PC]
    msr elr_el1, x0
    msr spsr_el1, x1
    ldr x30, [sp, #FRAME_X30]
    ldp x28, x29, [sp, #224]
    ldp x26, x27, [sp, #208]
    ldp x24, x25, [sp, #192]
    ldp x22, x23, [sp, #176]
    ldp x20, x21, [sp, #160]
    ldp x18, x19, [sp, #144]
    ldp x16, x17, [sp, #128]
    ldp x14, x15, [sp, #112]
    ldp x12, x13, [sp, #96]
    ldp x10, x11, [sp, #80]
    ldp x8, x9, [sp, #64]
    ldp x6, x7, [sp, #48]
    ldp x4, x5, [sp, #32]
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp]
    add sp, sp, #FRAME_SIZE
    eret
.endm

// A fault in a user copy, or a bug. If the stack pointer is outside of the kernel stack, there is
// no use in storing anything there. Two registers that hold nothing now are the scratch space: the
// program's stack pointer is in its frame, and TPIDRRO_EL0 is nobody's.
    .type kernel_sync, @function
kernel_sync:
    msr tpidrro_el0, x0
    msr sp_el0, x1
    mrs x0, tpidr_el1
    ldr x0, [x0, #CPU_STACK]
    mov x1, sp
    sub x0, x0, x1
    add x0, x0, #(FRAME_SIZE + 16)
    lsr x0, x0, #KERNEL_STACK_BITS
    cbnz x0, kernel_stack_overflow
    mrs x0, tpidrro_el0
    mrs x1, sp_el0
    msr tpidrro_el0, xzr
    ENTER_FROM_KERNEL
    mov x1, xzr
    bl arm64_kernel_trap
    LEAVE_TO_KERNEL

    .type kernel_stack_overflow, @function
kernel_stack_overflow:
    mrs x0, tpidr_el1
    ldr x0, [x0, #CPU_EMERGENCY_STACK]
    mov sp, x0
    mrs x0, tpidrro_el0
    mrs x1, sp_el0
    msr tpidrro_el0, xzr
    ENTER_FROM_KERNEL
    adr x1, 9f
    bl arm64_kernel_trap
    b .
9:
    .asciz "stack overflow: exception"
    .balign 4

    .type kernel_fiq, @function
kernel_fiq:
    ENTER_FROM_KERNEL
    bl arm64_fast_interrupt
    LEAVE_TO_KERNEL

// Nothing that should ever happen.
.macro UNEXPECTED name
    .type \name, @function
\name:
    ENTER_FROM_KERNEL
    adr x1, 9f
    bl arm64_kernel_trap
    b .
9:
    .asciz "\name"
    .balign 4
.endm

    UNEXPECTED kernel_irq_while_masked
    UNEXPECTED kernel_system_error
    UNEXPECTED exception_with_user_stack
    UNEXPECTED exception_of_32_bit_code

.macro VECTOR target
    .balign 128
    b \target
.endm

// ARM ARM, "Exception vectors": by where the exception comes from, then synchronous, IRQ, FIQ,
// SError.
    .balign 2048
    .global arm64_vectors
arm64_vectors:
    VECTOR exception_with_user_stack
    VECTOR exception_with_user_stack
    VECTOR exception_with_user_stack
    VECTOR exception_with_user_stack
    VECTOR kernel_sync
    VECTOR kernel_irq_while_masked
    VECTOR kernel_fiq
    VECTOR kernel_system_error
    .balign 128
    str x16, [sp, #FRAME_X16]
    mrs x16, esr_el1
    lsr w16, w16, #ESR_EC_SHIFT
    cmp w16, #EC_SVC
    b.eq user_syscall
    b user_trap
    VECTOR user_irq
    VECTOR user_fiq
    VECTOR user_serror
    VECTOR exception_of_32_bit_code
    VECTOR exception_of_32_bit_code
    VECTOR exception_of_32_bit_code
    VECTOR exception_of_32_bit_code

// ---- FPU ----------------------------------------------------------------------------------------

    .arch_extension fp
    .arch_extension simd

// arm64_fpu_save(state), arm64_fpu_restore(state)
    .global arm64_fpu_save
    .type arm64_fpu_save, @function
arm64_fpu_save:
    stp q0, q1, [x0], #32
    stp q2, q3, [x0], #32
    stp q4, q5, [x0], #32
    stp q6, q7, [x0], #32
    stp q8, q9, [x0], #32
    stp q10, q11, [x0], #32
    stp q12, q13, [x0], #32
    stp q14, q15, [x0], #32
    stp q16, q17, [x0], #32
    stp q18, q19, [x0], #32
    stp q20, q21, [x0], #32
    stp q22, q23, [x0], #32
    stp q24, q25, [x0], #32
    stp q26, q27, [x0], #32
    stp q28, q29, [x0], #32
    stp q30, q31, [x0], #32
    mrs x1, fpcr
    mrs x2, fpsr
    stp x1, x2, [x0]
    ret

    .global arm64_fpu_restore
    .type arm64_fpu_restore, @function
arm64_fpu_restore:
    ldp q0, q1, [x0], #32
    ldp q2, q3, [x0], #32
    ldp q4, q5, [x0], #32
    ldp q6, q7, [x0], #32
    ldp q8, q9, [x0], #32
    ldp q10, q11, [x0], #32
    ldp q12, q13, [x0], #32
    ldp q14, q15, [x0], #32
    ldp q16, q17, [x0], #32
    ldp q18, q19, [x0], #32
    ldp q20, q21, [x0], #32
    ldp q22, q23, [x0], #32
    ldp q24, q25, [x0], #32
    ldp q26, q27, [x0], #32
    ldp q28, q29, [x0], #32
    ldp q30, q31, [x0], #32
    ldp x1, x2, [x0]
    msr fpcr, x1
    msr fpsr, x2
    ret

// ---- Semihosting --------------------------------------------------------------------------------

// long arm64_semihosting(long operation, const void *arguments): what an emulator or a debugger
// does for us (ARM, "Semihosting for AArch32 and AArch64", section 3). Without either, the
// instruction doesn't exist: the trap handler knows its address, and goes on behind it.
    .global arm64_semihosting, arm64_semihosting_insn
    .type arm64_semihosting, @function
arm64_semihosting:
arm64_semihosting_insn:
    hlt #0xf000
    ret
