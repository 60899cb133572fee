// Entry and exit of the ARMv6-M kernel. An exception's EXC_RETURN value in lr says where it came from
// (ARM B1.5.8): 0xfffffffd is a task, on its own stack (PSP); 0xfffffff9 is thread mode on the kernel's
// stack (MSP): the reset code, or the CPU idling.

    .syntax unified
    .cpu cortex-m0
    .thumb

#include "entry.inc"
#include <config.h>

#define EXC_RETURN_KERNEL 0xfffffff9

    .section .vectors, "a"
    .balign 4
    .long armv6m_stack_top
    .long board_reset
    .long armv6m_fault_entry            // NMI: nothing raises it
    .long armv6m_fault_entry            // HardFault
    .rept 7
    .long armv6m_fault_entry
    .endr
    .long armv6m_svc_entry
    .long armv6m_fault_entry            // Reserved
    .long armv6m_fault_entry
    .long armv6m_pendsv_entry
    .long armv6m_fault_entry            // SysTick: not used
    .rept CONFIG_NUM_IRQS
    .long armv6m_irq_entry
    .endr

// Saves the rest of a task's registers on its stack: struct arch_frame. r0: its address. lr is lost.
function armv6m_save_task
    mrs     r0, psp
    subs    r0, #16
    stmia   r0!, {r4-r7}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    subs    r0, #32
    stmia   r0!, {r4-r7}
    subs    r0, #16
    bx      lr
    .size armv6m_save_task, . - armv6m_save_task

// From thread mode on our stack: goes on, in handler mode, where r0 says. r1: a copy of ICSR.PENDSVSET, and
// r2 ICSR's address, make it happen (ARM B3.2.4).
function armv6m_pendsv_entry
    ldr     r0, [sp, #0]
    bx      r0
    .size armv6m_pendsv_entry, . - armv6m_pendsv_entry

.macro to_handler_mode
    ldr     r2, =0xe000ed04
    movs    r1, #1
    lsls    r1, r1, #28
    str     r1, [r2]
    dsb
    isb
.endm

function armv6m_irq_entry
    unless_from_task 1f
    bl      armv6m_save_task
    bl      armv6m_interrupt
1:  push    {r4, lr}                    // r4: for the stack's alignment
    bl      armv6m_idle_interrupt
    pop     {r4, pc}
    .size armv6m_irq_entry, . - armv6m_irq_entry

function armv6m_fault_entry
    cpsie   i                           // A task may have disabled interrupts.
    unless_from_task 2f
    // Its stack pointer may be why: a fault here could not be handled.
    mrs     r0, psp
    lsls    r1, r0, #30
    bne     1f
    ldr     r1, =__task_ram + 32
    cmp     r0, r1
    blo     1f
    ldr     r1, =__ram_end - 32
    cmp     r0, r1
    bhi     1f
    bl      armv6m_save_task
    bl      armv6m_fault
1:  bl      armv6m_bad_stack
2:  mov     r0, sp
    bl      armv6m_kernel_fault
    .size armv6m_fault_entry, . - armv6m_fault_entry

// __noreturn void armv6m_boot(void)
function armv6m_boot
    ldr     r0, =armv6m_start
    to_handler_mode
    .size armv6m_boot, . - armv6m_boot

// void arch_idle(void): in handler mode no interrupt of the same priority could wake us. So returns from
// the exception to thread mode, on this very stack, and waits there; with interrupts disabled, so that
// one that came meanwhile ends the wait at once (ARM B1.5.17, "WFI"). They are taken after it. Then an
// SVC leads back to handler mode.
function arch_idle
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
    sub     sp, #36                     // A word for the alignment, and what the processor pops
    ldr     r0, =idle_thread
    str     r0, [sp, #24]
    movs    r0, #1
    lsls    r0, r0, #24
    str     r0, [sp, #28]
    cpsid   i
    ldr     r0, =EXC_RETURN_KERNEL
    bx      r0
    .size arch_idle, . - arch_idle

    .section .text.idle_thread, "ax"
    .type idle_thread, %object          // An address without the Thumb bit, as it is in a frame
    .balign 2
idle_thread:
    dsb
    wfi
    cpsie   i
    isb
    ldr     r0, =idle_return
    to_handler_mode
    .size idle_thread, . - idle_thread

function idle_return
    add     sp, #36
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
    .size idle_return, . - idle_return

    .section .note.GNU-stack, "", %progbits
