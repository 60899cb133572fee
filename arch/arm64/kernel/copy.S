// Copies between kernel and user memory. ldtr and sttr access memory as the program itself could: a
// kernel address faults, and with PAN (ARMv8.1) nothing else reaches user memory at all.
//
//     bool arm64_copy_from_user(void *dst, vaddr_t src, size_t len)
//     bool arm64_copy_to_user(vaddr_t dst, const void *src, size_t len)
//
// False if it faulted. And one between two places in RAM, of which neither faults:
//
//     void arch_copy_ram(void *dst, const void *src, size_t len)
#include "arm64.h"
#include <kernel/copy_sites.h>

    .text

// Where alignment is checked, words are for aligned addresses only.
.macro IF_UNALIGNED target
#ifdef CONFIG_DEBUG
    orr x3, x0, x1
    tst x3, #7
    b.ne \target
#endif
.endm

    .global arm64_copy_from_user
    .type arm64_copy_from_user, @function
arm64_copy_from_user:
    IF_UNALIGNED 8f
1:
    subs x2, x2, #64
    b.lo 2f
    ldtr x3, [x1]
    ldtr x4, [x1, #8]
    ldtr x5, [x1, #16]
    ldtr x6, [x1, #24]
    ldtr x7, [x1, #32]
    ldtr x8, [x1, #40]
    ldtr x9, [x1, #48]
    ldtr x10, [x1, #56]
    add x1, x1, #64
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
    stp x7, x8, [x0], #16
    stp x9, x10, [x0], #16
    b 1b
2:
    // The low bits of the length are what they were.
    tbz x2, #5, 3f
    ldtr x3, [x1]
    ldtr x4, [x1, #8]
    ldtr x5, [x1, #16]
    ldtr x6, [x1, #24]
    add x1, x1, #32
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
3:
    tbz x2, #4, 4f
    ldtr x3, [x1]
    ldtr x4, [x1, #8]
    add x1, x1, #16
    stp x3, x4, [x0], #16
4:
    tbz x2, #3, 5f
    ldtr x3, [x1]
    add x1, x1, #8
    str x3, [x0], #8
5:
    tst x2, #7
    b.eq 9f
    tbz x2, #2, 6f
    ldtr w3, [x1]
    add x1, x1, #4
    str w3, [x0], #4
6:
    and x2, x2, #3
    // Byte by byte.
8:
    cbz x2, 9f
    ldtrb w3, [x1]
    add x1, x1, #1
    strb w3, [x0], #1
    sub x2, x2, #1
    b 8b
9:
    mov w0, #1
    ret

    .global arm64_copy_to_user
    .type arm64_copy_to_user, @function
arm64_copy_to_user:
    IF_UNALIGNED 8f
1:
    subs x2, x2, #64
    b.lo 2f
    ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    ldp x7, x8, [x1], #16
    ldp x9, x10, [x1], #16
    sttr x3, [x0]
    sttr x4, [x0, #8]
    sttr x5, [x0, #16]
    sttr x6, [x0, #24]
    sttr x7, [x0, #32]
    sttr x8, [x0, #40]
    sttr x9, [x0, #48]
    sttr x10, [x0, #56]
    add x0, x0, #64
    b 1b
2:
    tbz x2, #5, 3f
    ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    sttr x3, [x0]
    sttr x4, [x0, #8]
    sttr x5, [x0, #16]
    sttr x6, [x0, #24]
    add x0, x0, #32
3:
    tbz x2, #4, 4f
    ldp x3, x4, [x1], #16
    sttr x3, [x0]
    sttr x4, [x0, #8]
    add x0, x0, #16
4:
    tbz x2, #3, 5f
    ldr x3, [x1], #8
    sttr x3, [x0]
    add x0, x0, #8
5:
    tst x2, #7
    b.eq 9f
    tbz x2, #2, 6f
    ldr w3, [x1], #4
    sttr w3, [x0]
    add x0, x0, #4
6:
    and x2, x2, #3
8:
    cbz x2, 9f
    ldrb w3, [x1], #1
    sttrb w3, [x0]
    add x0, x0, #1
    sub x2, x2, #1
    b 8b
9:
    mov w0, #1
    ret
arm64_copy_end:

arm64_copy_fault:
    mov w0, #0
    ret
    COPY_SITE(arm64_copy_from_user, arm64_copy_end, arm64_copy_fault)

.macro COPY_32
    ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
.endm

.macro COPY_64
    ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    ldp x7, x8, [x1], #16
    ldp x9, x10, [x1], #16
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
    stp x7, x8, [x0], #16
    stp x9, x10, [x0], #16
.endm

    .global arch_copy_ram
    .type arch_copy_ram, @function
arch_copy_ram:
    IF_UNALIGNED 8f
    subs x2, x2, #256
    b.lo 2f
1:
    COPY_64
    COPY_64
    COPY_64
    COPY_64
    subs x2, x2, #256
    b.hs 1b
2:
    // The low bits of the length are what they were.
    tbz x2, #7, 3f
    COPY_64
    COPY_64
3:
    tbz x2, #6, 4f
    COPY_64
4:
    tbz x2, #5, 5f
    COPY_32
5:
    tbz x2, #4, 6f
    ldp x3, x4, [x1], #16
    stp x3, x4, [x0], #16
6:
    tbz x2, #3, 7f
    ldr x3, [x1], #8
    str x3, [x0], #8
7:
    and x2, x2, #7
8:
    cbz x2, 9f
    ldrb w3, [x1], #1
    strb w3, [x0], #1
    sub x2, x2, #1
    b 8b
9:
    ret
