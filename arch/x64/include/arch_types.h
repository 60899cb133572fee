#ifndef __ARCH_TYPES_H__
#define __ARCH_TYPES_H__

/// \file
/// What the kernel and user space must agree on for x64: sizes, and the layout of a user address
/// space. The layout keeps a small task's stack, image and first heap pages in one 2 MiB range, so
/// that four page-table pages hold all of it.
///
///     0x0000000000000000  nothing, so that a null pointer faults
///     0x0000000001000000  guard page
///     0x0000000001001000  stack, grows down from USER_STACK_TOP; its last USER_ARGS_LEN bytes hold
///                         the command line
///     0x0000000001011000  guard pages
///     0x0000000001020000  the image (text, rodata, data, bss), then a guard page, then the heap,
///                         up to USER_HEAP_END
///     0x0000000040000000  pages that vm hands out: alloc_pages, shared memory, device windows
///     0x0000008000000000  vm only: boot information, bootfs
///     0x00007fffffffffff  the end of user space

#define PAGE_SIZE    4096
#define MESSAGE_SIZE 256
/// What the header of an executable for this machine says (e_machine).
#define ELF_MACHINE 62

#define USER_BASE         0x0000000000001000ul
#define USER_STACK_BOTTOM 0x0000000001001000ul
#define USER_STACK_TOP    0x0000000001011000ul
#define USER_ARGS_LEN     512
#define USER_IMAGE_BASE   0x0000000001020000ul
#define USER_HEAP_END     0x0000000040000000ul
#define USER_PAGES_BASE   0x0000000040000000ul
#define USER_PAGES_END    0x0000008000000000ul
#define BOOTINFO_VADDR    0x0000008000000000ul
#define BOOTFS_VADDR      0x0000008040000000ul
/// First address that is not user space's.
#define USER_END 0x0000800000000000ul

/// memcpy and memmove move that many bytes, or more, by a string instruction: it reads and writes at any address, an
/// instruction for each word as emulators count, and less on processors.
#define ARCH_HAS_COPY_WORDS
#define ARCH_COPY_WORDS_MIN 256
#define ARCH_COPY_WORDS(dst, src, count) \
    __asm__ volatile("rep movsq" : "+D"(dst), "+S"(src), "+c"(count) : : "memory")

/// An instruction adds two words and the carry of the one before: compilers make it of a chain of __builtin_addcll.
#define ARCH_HAS_ADD_WITH_CARRY

#endif
