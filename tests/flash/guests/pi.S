// A kernel8.img that says a word on the PL011 and leaves QEMU with success: what an SD card is tested
// with. The firmware, or QEMU, loads it at 0x80000 and starts the first core there.

    .text
    .globl _start
_start:
    mrs x0, mpidr_el1
    and x0, x0, #3
    cbnz x0, park
    ldr x1, =0x3f201000
    adr x2, text
next:
    ldrb w0, [x2], #1
    cbz w0, leave
    str w0, [x1]
    b next
leave:
    // SYS_EXIT_EXTENDED, ADP_Stopped_ApplicationExit, status 33.
    mov x0, #0x20
    adr x1, block
    hlt #0xf000
park:
    wfe
    b park

    .balign 8
block:
    .quad 0x20026, 33
text:
    .asciz "from the card\n"
