// Entries to and exits from the kernel. The registers of a task are pushed right into its struct
// (struct arch_frame), then the code goes over to the CPU's kernel stack.
//
#include "arch.h"
#include <kernel/copy_sites.h>

// Offsets into struct arch_frame.
#define FRAME_R15    0
#define FRAME_R14    8
#define FRAME_R13    16
#define FRAME_R12    24
#define FRAME_RBP    32
#define FRAME_RBX    40
#define FRAME_R10    56
#define FRAME_R9     64
#define FRAME_R8     72
#define FRAME_RAX    80
#define FRAME_RDX    96
#define FRAME_RSI    104
#define FRAME_RDI    112
#define FRAME_VECTOR 120
#define FRAME_RIP    136
#define FRAME_RSP    160

    .code64
    .section .text

.macro PUSH_REGS
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm

.macro POP_REGS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
.endm

// What a C function may change, but for the message (rsi, r8, r9); then what it keeps.
.macro SAVE_ARGS
    mov %rdi, FRAME_RDI(%rsp)
    mov %rdx, FRAME_RDX(%rsp)
    mov %r10, FRAME_R10(%rsp)
.endm

.macro SAVE_PRESERVED task
    mov %rbx, FRAME_RBX(\task)
    mov %rbp, FRAME_RBP(\task)
    mov %r12, FRAME_R12(\task)
    mov %r13, FRAME_R13(\task)
    mov %r14, FRAME_R14(\task)
    mov %r15, FRAME_R15(\task)
.endm

// Three bytes that x64_cpu_early_init() turns into `clac` or `stac` where the CPU has SMAP.
.macro SMAP_SITE insn
    .pushsection .smap_sites, "a"
    .quad 771f
    .long \insn, 0
    .popsection
771:
    nopl (%rax)
.endm
#define CLAC 0xca010f
#define STAC 0xcb010f

// kernel_resume() of a task that mostly has nothing more to do in the kernel.
.macro RESUME
    mov %gs:GS_CPU, %rcx
    mov %gs:GS_TASK, %rdi
    cmpb $0, CPU_RESCHED(%rcx)
    jne 991f
    cmpb $0, TASK_WORK(%rdi)
    je arch_resume
991:
    call kernel_resume
    ud2
.endm

// System calls. SFMASK has cleared IF, DF, TF, NT and AC. A program's flags aren't kept: they are the same
// after each system call. The task's frame has cs and ss already, and says that it is one of a system
// call. While nothing is called, the stack pointer is where the frame is.
    .global x64_syscall_entry
    .type x64_syscall_entry, @function
x64_syscall_entry:
    swapgs
    mov %rsp, %gs:GS_USER_RSP
    mov %gs:GS_TASK, %rsp
    mov %rcx, FRAME_RIP(%rsp)
    mov %gs:GS_USER_RSP, %rcx
    mov %rcx, FRAME_RSP(%rsp)
    cmp $IPC_CALL_NUMBER, %rax
    je x64_ipc_call
    cmp $IPC_SERVE_NUMBER, %rax
    je x64_ipc_serve
    cmp $SYS_FIRST_FULL_NUMBER, %rax
    jae x64_full_syscall

    // A light one: C keeps what it has to keep, and nothing else is saved unless the CPU has to be given
    // to another task at its end.
    mov %gs:GS_STACK, %rsp
    lea light_syscalls(%rip), %rcx
    call *(%rcx,%rax,8)
    mov %gs:GS_CPU, %rcx
    mov %gs:GS_TASK, %rdi
    cmpb $0, CPU_RESCHED(%rcx)
    jne 1f
    mov FRAME_RIP(%rdi), %rcx
    mov $RFLAGS_USER, %r11d
    mov FRAME_RSP(%rdi), %rsp
    xor %edx, %edx
    xor %esi, %esi
    xor %edi, %edi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    swapgs
    sysretq
1:
    mov %rax, FRAME_RAX(%rdi)
    SAVE_PRESERVED %rdi
    xor %ebp, %ebp
    call kernel_resume
    ud2

    .type x64_full_syscall, @function
x64_full_syscall:
    mov %rax, FRAME_RAX(%rsp)
    SAVE_ARGS
    SAVE_PRESERVED %rsp
    mov %rsp, %rdi
// The slow way of an IPC, too: rdi is the task, whose other registers have been saved.
    .type x64_message_syscall, @function
x64_message_syscall:
    mov %rsi, FRAME_RSI(%rdi)
    mov %r8, FRAME_R8(%rdi)
    mov %r9, FRAME_R9(%rdi)
    mov %gs:GS_STACK, %rsp
    xor %ebp, %ebp
    call kernel_syscall
    RESUME

// What fastpath.c is called with.
.macro FASTPATH function
    mov %rax, FRAME_RAX(%rsp)
    SAVE_ARGS
    SAVE_PRESERVED %rsp
    mov %gs:GS_STACK, %rsp
    call \function
    ud2
.endm

    .type x64_ipc_call, @function
x64_ipc_call:
    FASTPATH fastpath_call

    .type x64_ipc_serve, @function
x64_ipc_serve:
    FASTPATH fastpath_serve

// arch_fast_bail(): the message is in rsi, r8, r9.
    .global x64_fast_bail
    .type x64_fast_bail, @function
x64_fast_bail:
    mov %gs:GS_TASK, %rdi
    jmp x64_message_syscall

// x64_lazy_off() that keeps all registers: its own attribute leaves out r11.
    .global x64_lazy_off_saved
    .type x64_lazy_off_saved, @function
x64_lazy_off_saved:
    push %r11
    call x64_lazy_off
    pop %r11
    ret

// Out of user mode; what the kernel itself has done goes elsewhere.
.macro ENTER_FROM_USER
    cld
    SMAP_SITE CLAC
    testb $3, 24(%rsp)
    jz trap_of_kernel
    swapgs
    PUSH_REGS
.endm

// Exceptions and interrupts: the stubs push what the processor hasn't, then come here.
    .type trap_common, @function
trap_common:
    ENTER_FROM_USER
    mov %rsp, %rdi
    mov %gs:GS_STACK, %rsp
    xor %ebp, %ebp
    call x64_user_trap
    RESUME

    .type trap_of_kernel, @function
trap_of_kernel:
    // The kernel itself: an interrupt while idle, a fault in a user copy, or a bug. The frame is on
    // the stack that it used.
    PUSH_REGS
    mov %rsp, %rdi
    call x64_kernel_trap
    POP_REGS
    add $16, %rsp
    iretq

// The same for interrupts, whose vectors are the board's.
    .type interrupt_common, @function
interrupt_common:
    ENTER_FROM_USER
    mov FRAME_VECTOR(%rsp), %edi
    mov %gs:GS_STACK, %rsp
    xor %ebp, %ebp
    call x64_interrupt
    RESUME

// NMI, double fault and debug exceptions come at any instruction, also between the first ones of an
// entry, when %gs is still the user's. They have stacks of their own.
    .type fatal_common, @function
fatal_common:
    cld
    PUSH_REGS
    mov $0xc0000101, %ecx   // MSR_GS_BASE
    rdmsr
    mov %edx, %ebx
    test %edx, %edx
    js 1f
    swapgs
1:
    mov %rsp, %rdi
    call x64_fatal_trap
    test %ebx, %ebx
    js 2f
    swapgs
2:
    POP_REGS
    add $16, %rsp
    iretq

// arch_resume(task): the task begins with its frame.
    .global arch_resume
    .type arch_resume, @function
arch_resume:
    mov %rdi, %rsp
    cmpl $FRAME_SYSCALL, FRAME_VECTOR(%rsp)
    POP_REGS
    jne 1f
    // sysret faults in the kernel if rip isn't canonical. It is: no page is mapped where a syscall
    // instruction could end at the hole (USER_END).
    mov 16(%rsp), %rcx
    mov 40(%rsp), %rsp
    mov $RFLAGS_USER, %r11d
    swapgs
    sysretq
1:
    movl $FRAME_SYSCALL, (%rsp)     // What is true at its next entry, unless an interrupt says otherwise.
    add $16, %rsp
    swapgs
    iretq

// bool x64_copy_user(void *dst, const void *src, size_t len): false if it faulted.
    .global x64_copy_user
    .type x64_copy_user, @function
x64_copy_user:
    SMAP_SITE STAC
    mov %rdx, %rcx
    shr $3, %rcx
    and $7, %edx
1:
    rep movsq
    mov %edx, %ecx
    rep movsb
2:
    SMAP_SITE CLAC
    mov $1, %eax
    ret
3:
    SMAP_SITE CLAC
    xor %eax, %eax
    ret
    COPY_SITE(1b, 2b, 3b)

// One entry a vector, 16 bytes apart.
.macro STUB vector
    .balign 16
    .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
    .else
    push $0
    .endif
    push $\vector
    .if (\vector == 1) || (\vector == 2) || (\vector == 8) || (\vector == 18)
    jmp fatal_common
    .elseif \vector >= VECTOR_IRQ_BASE
    jmp interrupt_common
    .else
    jmp trap_common
    .endif
.endm

    .balign 16
    .global x64_trap_stubs
    .type x64_trap_stubs, @function
x64_trap_stubs:
    .altmacro
    .set vector, 0
    .rept 256
    STUB %vector
    .set vector, vector + 1
    .endr
