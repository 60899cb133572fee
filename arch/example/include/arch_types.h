#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

/// \file
/// What the kernel and user space must agree on: sizes, and the layout of a user address space. A
/// porter draws the layout here. Where page tables are trees, what a small task uses is best kept
/// close together, so that few page-table pages hold all of it.
///
///     0x00000000  nothing, so that a null pointer faults
///     0x00100000  guard page, stack, its last USER_ARGS_LEN bytes hold the command line, guard pages
///     0x00200000  the image (text, rodata, data, bss), then a guard page, then the heap
///     0x40000000  pages that vm hands out: alloc_pages, shared memory, device windows
///     0x60000000  vm only: boot information, bootfs
///     0x7fffffff  the end of user space

#define PAGE_SIZE    4096
#define MESSAGE_SIZE 256
/// What the header of an executable for this machine says (e_machine); 0 is no machine.
#define ELF_MACHINE 0

#define USER_BASE         0x00001000ul
#define USER_STACK_BOTTOM 0x00101000ul
#define USER_STACK_TOP    0x00111000ul
#define USER_ARGS_LEN     512
#define USER_IMAGE_BASE   0x00200000ul
#define USER_HEAP_END     0x40000000ul
#define USER_PAGES_BASE   0x40000000ul
#define USER_PAGES_END    0x60000000ul
#define BOOTINFO_VADDR    0x60000000ul
#define BOOTFS_VADDR      0x60001000ul
/// First address that is not user space's.
#define USER_END 0x80000000ul

#endif
