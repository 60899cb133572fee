#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

/// \file
/// Sizes and user address space of the simulated machine (see host.h).

#define PAGE_SIZE    4096
#define MESSAGE_SIZE 256
#define ELF_MACHINE  0

#define USER_BASE         0x00001000ul
#define USER_STACK_BOTTOM 0x00101000ul
#define USER_STACK_TOP    0x00111000ul
#define USER_ARGS_LEN     512
#define USER_IMAGE_BASE   0x00200000ul
#define USER_HEAP_END     0x20000000ul
#define USER_PAGES_BASE   0x20000000ul
#define USER_PAGES_END    0x30000000ul
#define BOOTINFO_VADDR    0x30000000ul
#define BOOTFS_VADDR      0x30001000ul
#define USER_END          0x40000000ul

#endif
