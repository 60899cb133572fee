// What a board's first instructions need, on every CPU: down to EL1, and the MMU on. Both run at
// physical addresses, with the MMU off, and without a stack.
#include "arm64.h"

#define HCR_RW       (1 << 31)   // EL1 is 64-bit.
#define CNTHCTL_EL1  3           // EL1 may use the physical counter and timer.
#define CPTR_NO_TRAP 0x33ff
#define SPSR_EL1H    0x3c5       // EL1 with its own stack pointer, everything masked.
#define SPSR_EL2H    0x3c9
#define SCR_VALUE    0x5b1       // EL2 is 64-bit and non-secure, hvc works, smc doesn't.
#define SCTLR_EL2_OFF 0x30c50830 // MMU and caches off.
#define CPUECTLR_SMPEN (1 << 6)

    .section .boot, "ax"

// Goes down to EL1 from wherever the firmware has left the CPU, and returns there. Clobbers x9.
    .global arm64_enter_el1
    .type arm64_enter_el1, @function
arm64_enter_el1:
    mrs x9, CurrentEL
    lsr x9, x9, #2
    cmp x9, #2
    b.lo 3f
    b.eq 2f
    // Caches are coherent with the other CPUs' from here on (A53 TRM, CPUECTLR_EL1.SMPEN). Only EL3
    // may do that: otherwise the firmware has.
    mrs x9, S3_1_C15_C2_1
    orr x9, x9, #CPUECTLR_SMPEN
    msr S3_1_C15_C2_1, x9
    mov x9, #SCR_VALUE
    msr scr_el3, x9
    msr cptr_el3, xzr
    ldr x9, =SCTLR_EL2_OFF
    msr sctlr_el2, x9
    mov x9, #SPSR_EL2H
    msr spsr_el3, x9
    adr x9, 2f
    msr elr_el3, x9
    eret
2:
    mov x9, #HCR_RW
    msr hcr_el2, x9
    mov x9, #CNTHCTL_EL1
    msr cnthctl_el2, x9
    msr cntvoff_el2, xzr
    mov x9, #CPTR_NO_TRAP
    msr cptr_el2, x9
    msr hstr_el2, xzr
    msr vttbr_el2, xzr
    // All event counters are EL1's.
    mrs x9, pmcr_el0
    ubfx x9, x9, #11, #5
    msr mdcr_el2, x9
    mrs x9, midr_el1
    msr vpidr_el2, x9
    mrs x9, mpidr_el1
    msr vmpidr_el2, x9
    ldr x9, =SCTLR_FIXED
    msr sctlr_el1, x9
    mov x9, #SPSR_EL1H
    msr spsr_el2, x9
    msr elr_el2, x30
    eret
3:
    ret

// Turns MMU and caches on with the tables at the physical address x0, in both halves, and goes on
// at the virtual address x1. Nothing has been cached yet: the firmware loads the image past our
// caches, which are off, and the tables are constants in the image. Clobbers x9.
    .global arm64_enter_kernel
    .type arm64_enter_kernel, @function
arm64_enter_kernel:
    mov x9, #MAIR_VALUE
    msr mair_el1, x9
    ldr x9, =TCR_VALUE
    msr tcr_el1, x9
    msr ttbr0_el1, x0
    msr ttbr1_el1, x0
    // Whatever the TLB and the instruction cache hold is from before (ARM ARM, "Behavior of caches
    // at reset"; the firmware may have run here).
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    ldr x9, =SCTLR_VALUE
    msr sctlr_el1, x9
    isb
    br x1

// A CPU that nobody wants sleeps here. No interrupt is enabled on it, so that nothing ends the wfi.
    .global arm64_park
    .type arm64_park, @function
arm64_park:
    msr daifset, #15
1:
    wfi
    b 1b

// arm64_replace_ttbr1(table): other tables for the kernel's half. What maps the same addresses in
// another way must never be in the TLB together (ARM ARM, "Using break-before-make when updating
// translation table entries"), so this code goes over to the identity mapping, forgets all, and
// comes back. Interrupts are masked, and no stack is used.
    .text
    .global arm64_replace_ttbr1
    .type arm64_replace_ttbr1, @function
arm64_replace_ttbr1:
    ldr x9, =KERNEL_BASE
    adr x10, 1f
    sub x10, x10, x9
    br x10
1:
    adrp x11, arm64_no_table
    add x11, x11, :lo12:arm64_no_table
    msr ttbr1_el1, x11
    isb
    tlbi vmalle1
    dsb nsh
    isb
    msr ttbr1_el1, x0
    isb
    ret

// A table without entries, at an address that is known before there is memory.
    .section .rodata
    .balign 4096
arm64_no_table:
    .skip 4096
