// memcpy and memset for ARMv6-M: four words with each instruction where buffers are aligned, and less code
// than a compiler makes of the portable ones (string.c), which these replace.
//
// What is left at the end, or all of it where an address isn't a multiple of 4, is done byte by byte from
// the last one down: an offset counts with the length.
    .syntax unified
    .cpu cortex-m0
    .thumb

    .section .text.memcpy, "ax"
    .globl memcpy
    .type memcpy, %function
    .thumb_func
memcpy:
    push {r0, r4, r5, r6, lr}
    movs r3, r0
    orrs r3, r1
    lsls r3, r3, #30
    bne .Lcopy_bytes
    subs r2, #16
    blo .Lcopy_words
.Lcopy_blocks:
    ldmia r1!, {r3, r4, r5, r6}
    stmia r0!, {r3, r4, r5, r6}
    subs r2, #16
    bhs .Lcopy_blocks
.Lcopy_words:
    // 16 too few: with 12 more, negative is less than a word.
    adds r2, #12
    bmi .Lcopy_rest
.Lcopy_word:
    ldmia r1!, {r3}
    stmia r0!, {r3}
    subs r2, #4
    bhs .Lcopy_word
.Lcopy_rest:
    adds r2, #4
.Lcopy_bytes:
    subs r2, #1
    blo .Lcopied
.Lcopy_byte:
    ldrb r3, [r1, r2]
    strb r3, [r0, r2]
    subs r2, #1
    bhs .Lcopy_byte
.Lcopied:
    pop {r0, r4, r5, r6, pc}
    .size memcpy, . - memcpy

    .section .text.memset, "ax"
    .globl memset
    .type memset, %function
    .thumb_func
memset:
    push {r0, r4, r5, lr}
    lsls r3, r0, #30
    bne .Lset_bytes
    // The byte, four times.
    uxtb r1, r1
    lsls r3, r1, #8
    orrs r1, r3
    lsls r3, r1, #16
    orrs r1, r3
    movs r3, r1
    movs r4, r1
    movs r5, r1
    subs r2, #16
    blo .Lset_words
.Lset_blocks:
    stmia r0!, {r1, r3, r4, r5}
    subs r2, #16
    bhs .Lset_blocks
.Lset_words:
    // 16 too few, which doesn't show in the lower bits: C is the 8, N the 4.
    lsls r3, r2, #29
    bcc .Lset_word
    stmia r0!, {r1, r4}
.Lset_word:
    bpl .Lset_rest
    stmia r0!, {r1}
.Lset_rest:
    lsls r2, r2, #30
    lsrs r2, r2, #30
.Lset_bytes:
    subs r2, #1
    blo .Lset
.Lset_byte:
    strb r1, [r0, r2]
    subs r2, #1
    bhs .Lset_byte
.Lset:
    pop {r0, r4, r5, pc}
    .size memset, . - memset
