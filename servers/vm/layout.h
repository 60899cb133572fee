#ifndef __VM_LAYOUT_H__
#define __VM_LAYOUT_H__

/// \file
/// vm's own address space. Nobody handles vm's page faults, so everything here is mapped before it
/// is touched. The window and the first objects share the page tables of vm's image.
///
///     USER_IMAGE_BASE     vm's text, rodata, data, bss (the stack too): mapped by the kernel
///     VM_WINDOW           one page: memory of a task that is being filled
///     VM_OBJECTS_BASE     vm's objects, in pools; grows
///     VM_PAGES_BASE       the table of physical pages; grows
///     BOOTINFO_VADDR, BOOTFS_VADDR    mapped by the kernel

#include <types.h>

#define VM_WINDOW       (USER_IMAGE_BASE + 0x000e0000ul)
#define VM_OBJECTS_BASE (USER_IMAGE_BASE + 0x00100000ul)
#define VM_OBJECTS_END  0x0000000008000000ul
#define VM_PAGES_BASE   0x0000000008000000ul
#define VM_PAGES_END    USER_HEAP_END

#endif
