#ifndef __BOOTINFO_H__
#define __BOOTINFO_H__

/// \file
/// What the kernel tells the first task: it finds this struct, read-only, at BOOTINFO_VADDR, and the
/// bootfs image, read-only, at BOOTFS_VADDR.

#include <types.h>

#define BOOTINFO_MAGIC      0x49425352  // "RSBI"
#define BOOTINFO_NUM_RANGES 32
#define BOOTINFO_CMDLINE    1024

/// RAM that is vm's to hand out. Page-aligned; neither the kernel's own memory nor bootfs is in it.
struct bootinfo_range {
    uint64_t base;
    uint64_t len;
};

struct bootinfo {
    uint32_t magic;
    uint32_t num_ranges;
    struct bootinfo_range ranges[BOOTINFO_NUM_RANGES];
    uint64_t bootfs_paddr;
    uint64_t bootfs_len;
    uint64_t ram_bytes;  ///< All usable RAM, the kernel's part included.
    uint32_t num_cpus;
    uint32_t num_tasks;
    char cmdline[BOOTINFO_CMDLINE];  ///< From the boot loader, NUL-terminated.
};

#endif
