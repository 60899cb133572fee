// The first instructions of every user program.
    .section .entry, "ax"
    .globl _start
    .type _start, @function
_start:
    // user.ld tells where the stack is; frame pointer 0 ends a backtrace.
    lea __stack_top(%rip), %rsp
    xor %ebp, %ebp
    // Keeps the stack aligned as a call leaves it: resea_init never returns.
    call resea_init
    ud2
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
