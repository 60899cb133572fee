// Entries to and exits from the kernel. The registers of a task are pushed right into its struct
// (struct arch_frame), then the code goes over to the CPU's kernel stack.
//
// Offsets into struct x64_cpu, which %gs points to in the kernel:
#define CPU_FRAME_TOP 8
#define CPU_STACK     16
#define CPU_USER_RSP  24

#define FRAME_SYSCALL 0x100
#define USER_DATA     0x23
#define USER_CODE     0x2b
#define FRAME_CS      (18 * 8)
#define FRAME_VECTOR  (15 * 8)

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

// System calls. SFMASK has cleared IF, DF, TF, NT and AC.
    .global x64_syscall_entry
    .type x64_syscall_entry, @function
x64_syscall_entry:
    swapgs
    mov %rsp, %gs:CPU_USER_RSP
    mov %gs:CPU_FRAME_TOP, %rsp
    push $USER_DATA
    push %gs:CPU_USER_RSP
    push %r11
    push $USER_CODE
    push %rcx
    push $0
    push $FRAME_SYSCALL
    PUSH_REGS
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    call kernel_syscall
    call kernel_resume
    ud2

// Exceptions and interrupts: the stubs push what the processor hasn't, then come here.
    .type trap_common, @function
trap_common:
    cld
    SMAP_SITE CLAC
    testb $3, 24(%rsp)
    jz 1f
    swapgs
    PUSH_REGS
    mov %rsp, %rdi
    mov %gs:CPU_STACK, %rsp
    xor %ebp, %ebp
    call x64_user_trap
    call kernel_resume
    ud2
1:
    // The kernel itself: an interrupt while idle, a fault in a user copy, or a bug. The frame is on
    // the stack that it used.
    PUSH_REGS
    mov %rsp, %rdi
    call x64_kernel_trap
    POP_REGS
    add $16, %rsp
    iretq

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
    add $16, %rsp
    pop %rcx
    add $8, %rsp
    pop %r11
    pop %rsp
    swapgs
    sysretq
1:
    add $16, %rsp
    swapgs
    iretq

// bool x64_copy_user(void *dst, const void *src, size_t len): false if it faulted. The page fault
// handler knows the range of addresses between the two labels.
    .global x64_copy_user, x64_copy_user_begin, x64_copy_user_end, x64_copy_user_fault
    .type x64_copy_user, @function
x64_copy_user:
    SMAP_SITE STAC
    mov %rdx, %rcx
    shr $3, %rcx
    and $7, %edx
x64_copy_user_begin:
    rep movsq
    mov %edx, %ecx
    rep movsb
x64_copy_user_end:
    SMAP_SITE CLAC
    mov $1, %eax
    ret
x64_copy_user_fault:
    SMAP_SITE CLAC
    xor %eax, %eax
    ret

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
