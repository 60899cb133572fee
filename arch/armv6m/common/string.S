// What libs/common/src/string.c leaves to the architecture (ARCH_HAS_STRING), for kernel and programs. Words
// go four at a time, by instructions that move several; the C compiler knows no use for these.

    .syntax unified
    .cpu cortex-m0
    .thumb

.macro function name
    .section .text.\name, "ax"
    .globl \name
    .type \name, %function
    .thumb_func
    .balign 2
\name:
.endm

// void *memcpy(void *dst, const void *src, size_t len): from the first byte to the last, so that `dst` may
// lie anywhere below `src`.
function memcpy
    push    {r0, r4-r6, lr}
    mov     r3, r0
    orrs    r3, r1
    lsls    r3, r3, #30
    bne     3f
    subs    r2, #16
    blo     2f
1:  ldmia   r1!, {r3-r6}
    stmia   r0!, {r3-r6}
    subs    r2, #16
    bhs     1b
2:  lsls    r3, r2, #29                 // What is left: C tells of 8 bytes, N of 4, the rest of bytes.
    bcc     4f
    ldmia   r1!, {r4, r5}
    stmia   r0!, {r4, r5}
4:  bpl     5f
    ldmia   r1!, {r4}
    stmia   r0!, {r4}
5:  lsls    r2, r2, #30
    lsrs    r2, r2, #30
3:  subs    r2, #1
    blo     6f
    ldrb    r3, [r1]
    strb    r3, [r0]
    adds    r0, #1
    adds    r1, #1
    b       3b
6:  pop     {r0, r4-r6, pc}
    .size memcpy, . - memcpy

// void *memset(void *dst, int value, size_t len)
function memset
    push    {r0, r4-r5, lr}
    lsls    r3, r0, #30
    bne     3f
    uxtb    r1, r1
    lsls    r3, r1, #8
    orrs    r1, r3
    lsls    r3, r1, #16
    orrs    r1, r3
    mov     r3, r1
    mov     r4, r1
    mov     r5, r1
    subs    r2, #16
    blo     2f
1:  stmia   r0!, {r1, r3-r5}
    subs    r2, #16
    bhs     1b
2:  lsls    r3, r2, #29
    bcc     4f
    stmia   r0!, {r1, r4}
4:  bpl     5f
    stmia   r0!, {r1}
5:  lsls    r2, r2, #30
    lsrs    r2, r2, #30
3:  subs    r2, #1
    blo     6f
    strb    r1, [r0]
    adds    r0, #1
    b       3b
6:  pop     {r0, r4-r5, pc}
    .size memset, . - memset

    .section .note.GNU-stack, "", %progbits
