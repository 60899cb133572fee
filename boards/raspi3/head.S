// The first instructions, for the boot CPU (raspi3_entry) and the others (raspi3_secondary).
//
// The firmware, or QEMU, loads the image to 0x80000 and starts the boot CPU there, in EL2 with MMU
// and data cache off; x0 is the address of the device tree, or of ATAGs. The other CPUs wait in the
// firmware until the spin table has an address for them.
#include <arch/arm64/kernel/arm64.h>

#define LOAD_ADDRESS 0x80000

    .section .boot_header, "ax"

// What makes it an Image ("Booting AArch64 Linux", section 4): a loader that reads it knows where
// it goes and how much memory behind it is the kernel's.
    .global raspi3_start
raspi3_start:
    b raspi3_entry
    .long 0
    .quad LOAD_ADDRESS
    .quad __image_size
    .quad 0x2          // Little-endian, 4 KiB pages, to be loaded near the start of RAM.
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

    .section .boot, "ax"
raspi3_entry:
    mrs x20, cntpct_el0
    mov x19, x0
    mrs x0, mpidr_el1
    ands x0, x0, #3
    b.ne wait_for_release
    bl arm64_enter_el1
    adrp x0, boot_l0
    ldr x1, =1f
    b arm64_enter_kernel
1:
    ldr x9, =boot_stack_top
    mov sp, x9
    mov x29, xzr
    mov x30, xzr
    mov x0, x19
    mov x1, x20
    mov x2, x9
    bl raspi3_boot
    b .

// Who loads an ELF file may start all CPUs at once: the others do here what firmware lets them do.
wait_for_release:
    lsl x1, x0, #3
    add x1, x1, #0xd8
2:
    wfe
    ldr x2, [x1]
    cbz x2, 2b
    br x2

// Comes from the spin table. A CPU that isn't wanted goes to sleep: in the firmware's loop every
// event would wake it.
    .global raspi3_secondary
raspi3_secondary:
    bl arm64_enter_el1
    adrp x0, boot_l0
    ldr x1, =1f
    b arm64_enter_kernel
1:
    mrs x0, mpidr_el1
    and x0, x0, #3
    ldr x9, =raspi3_num_cpus
    ldr w9, [x9]
    cmp w0, w9
    b.hs arm64_park
    ldr x9, =raspi3_stacks
    ldr x1, [x9, x0, lsl #3]
    mov sp, x1
    mov x29, xzr
    mov x30, xzr
    bl raspi3_secondary_boot
    b .

    .section .bss
    .balign 16
boot_stack:
    .skip KERNEL_STACK_SIZE
boot_stack_top:

// The tables for the start, as constants in the image: nothing has to be written while the caches
// are off. The first GiB, and the second one's local devices, at 0 and at KERNEL_BASE alike.
#define BLOCK_NORMAL (PTE_VALID | PTE_ACCESSED | PTE_INNER | PTE_ATTR(MAIR_NORMAL))
#define BLOCK_DEVICE (PTE_VALID | PTE_ACCESSED | PTE_ATTR(MAIR_DEVICE))
#define PHYS(sym)    ((sym) - KERNEL_BASE)

    .section .boot_tables, "a"
    .balign 4096
boot_l0:
    .quad PHYS(boot_l1) + (PTE_VALID | PTE_TABLE)
    .balign 4096
boot_l1:
    .quad PHYS(boot_l2) + (PTE_VALID | PTE_TABLE)
    .quad 0x40000000 + BLOCK_DEVICE
    .balign 4096
boot_l2:
    .set address, 0
    .rept 504
    .quad address + BLOCK_NORMAL
    .set address, address + 0x200000
    .endr
    .rept 8
    .quad address + BLOCK_DEVICE
    .set address, address + 0x200000
    .endr
