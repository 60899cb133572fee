// Vectors and start-up code of small programs for the micro:bit (in QEMU, or simulated).

    .syntax unified
    .cpu cortex-m0
    .thumb

    .section .vectors, "a"
    .word 0x20004000
    .word reset
    .rept 46
    .word hang
    .endr

    .text
    .globl reset, leave
    .thumb_func
reset:
    bl main
    .thumb_func
leave:
    // SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit, status 33.
    movs r0, #0x20
    ldr r1, =block
    bkpt 0xab
    .thumb_func
hang:
    b hang

    .balign 4
block:
    .word 0x20026, 33
