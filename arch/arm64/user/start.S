// The first instructions of every user program.
    .section .entry, "ax"
    .globl _start
    .type _start, @function
_start:
    // user.ld tells where the stack is; frame pointer 0 ends a backtrace.
    adrp x0, __stack_top
    add x0, x0, :lo12:__stack_top
    mov sp, x0
    mov x29, xzr
    mov x30, xzr
    // resea_init never returns.
    bl resea_init
    brk #0
    .size _start, . - _start

    .section .note.GNU-stack, "", @progbits
