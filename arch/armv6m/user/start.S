// The first instructions of every user program: a start, and a restart, begins with the data as it was
// linked and with zeroes behind it. The kernel has set the stack pointer.
    .syntax unified
    .cpu cortex-m0
    .thumb

    .section .entry, "ax"
    .globl _start
    .type _start, %function
    .thumb_func
_start:
    // user.ld aligns all of these to words.
    ldr r0, =__data
    ldr r1, =__data_end
    ldr r2, =__data_load
    b 2f
1:  ldmia r2!, {r3}
    stmia r0!, {r3}
2:  cmp r0, r1
    blo 1b

    ldr r1, =__bss_end
    movs r3, #0
    movs r4, r3
    movs r5, r3
    movs r6, r3
    b 4f
3:  stmia r0!, {r3-r6}
4:  subs r2, r1, r0
    cmp r2, #16
    bhs 3b
    b 6f
5:  stmia r0!, {r3}
6:  cmp r0, r1
    blo 5b

    // Ends a chain of frame pointers. resea_init never returns.
    mov r7, r3
    bl resea_init
    udf #0
    .size _start, . - _start

// What the compiler's division functions call for a divisor of 0 ("Run-time ABI for the Arm Architecture",
// 4.3.2). Those of the compiler's own library return, and the program goes on with a wrong number.
    .section .text.__aeabi_idiv0, "ax"
    .globl __aeabi_idiv0, __aeabi_ldiv0
    .type __aeabi_idiv0, %function
    .type __aeabi_ldiv0, %function
    .thumb_func
__aeabi_idiv0:
    .thumb_func
__aeabi_ldiv0:
    udf #0
    .size __aeabi_idiv0, . - __aeabi_idiv0
