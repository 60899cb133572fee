// From the boot loader to C, for the boot CPU (x64_entry) and for the others (ap_start).
//
// A multiboot loader (Multiboot specification 0.6.96, section 3) leaves the CPU in 32-bit protected
// mode without paging, with the addresses of its information in %ebx.

#define KERNEL_BASE 0xffff800000000000
#define PHYS(sym)   ((sym) - KERNEL_BASE)

#define MB_MAGIC 0x1badb002
#define MB_FLAGS 0x00000003   // Align modules to pages; give a memory map.

#define CR0_PE  (1 << 0)
#define CR0_WP  (1 << 16)
#define CR0_PG  (1 << 31)
#define CR4_PAE (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE ((1 << 8) | (1 << 11))

#define PTE_TABLE 0x3         // Present, writable.
#define PTE_LARGE 0x83        // Present, writable, 2 MiB.

    .section .multiboot, "a"
    .balign 4
    .long MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

    .section .boot, "ax"
    .code32
    .global x64_entry
x64_entry:
    // What a loader can have left in the counter doesn't count: time starts here.
    mov %eax, %ebp
    rdtsc
    mov %eax, PHYS(x64_boot_cycles)
    mov %edx, PHYS(x64_boot_cycles) + 4
    mov %ebp, PHYS(multiboot_magic)
    mov %ebx, PHYS(multiboot_info)

    // Tables for the start: the first GiB at 0 and at KERNEL_BASE.
    mov $PHYS(boot_pdpt) + PTE_TABLE, %eax
    mov %eax, PHYS(boot_pml4)
    mov %eax, PHYS(boot_pml4) + 256 * 8
    mov $PHYS(boot_pd) + PTE_TABLE, %eax
    mov %eax, PHYS(boot_pdpt)
    mov $PHYS(boot_pd), %edi
    mov $PTE_LARGE, %eax
    mov $512, %ecx
1:
    mov %eax, (%edi)
    add $(2 << 20), %eax
    add $8, %edi
    loop 1b

    call enter_long_mode
    lgdt PHYS(boot_gdtr)
    ljmp $8, $PHYS(boot_64)

// Paging and long mode on, with the boot tables. Clobbers eax, ecx, edx.
enter_long_mode:
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $PHYS(boot_pml4), %eax
    mov %eax, %cr3
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME_NXE, %eax
    wrmsr
    mov %cr0, %eax
    or $(CR0_PG | CR0_WP | CR0_PE), %eax
    mov %eax, %cr0
    ret

    .code64
boot_64:
    movabs $boot_stack_top, %rsp
    xor %ebp, %ebp
    movabs $board_entry, %rax
    call *%rax
    ud2

    .balign 8
boot_gdt:
    .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff
boot_gdt_end:
boot_gdtr:
    .word boot_gdt_end - boot_gdt - 1
    .quad PHYS(boot_gdt)

// ---- Further CPUs -------------------------------------------------------------------------------
// A start-up IPI lets a CPU begin in real mode at a page below 1 MiB (SDM 9.4.4): the code between
// ap_start and ap_end is copied there. It finds the address of its page in CS.
    .code16
    .global ap_start, ap_end
ap_start:
    cli
    mov %cs, %ax
    mov %ax, %ds
    lgdtl ap_gdtr - ap_start
    mov %cr0, %eax
    or $CR0_PE, %eax
    mov %eax, %cr0
    ljmpl $24, $PHYS(ap_32)
    .balign 4
ap_gdtr:
    .word ap_gdt_end - ap_gdt - 1
    .long PHYS(ap_gdt)
ap_end:

    .balign 8
ap_gdt:
    .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff, 0x00cf9a000000ffff
ap_gdt_end:

    .code32
ap_32:
    mov $16, %ax
    mov %ax, %ds
    mov %ax, %ss
    // The boot CPU waits on its own stack meanwhile, and CPUs start one by one: this one is free.
    mov $PHYS(ap_boot_stack_top), %esp
    call enter_long_mode
    ljmp $8, $PHYS(ap_64)

    .code64
ap_64:
    movabs $ap_stack, %rax
    mov (%rax), %rsp
    xor %ebp, %ebp
    movabs $board_ap_entry, %rax
    call *%rax
    ud2

    .section .bss
    .balign 16
boot_stack:
    .skip 8192
boot_stack_top:
    .skip 64
ap_boot_stack_top:

    .section .boot_tables, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pd:
    .skip 4096
