#ifndef __KERNEL_COPY_SITES_H__
#define __KERNEL_COPY_SITES_H__

/// \file
/// Which instructions of the kernel access a program's memory, and may fault: for architectures with an
/// MMU. The linker script of a board collects them in __copy_sites.

#ifdef __ASSEMBLER__

/// The instructions from `begin` to before `end`: if one faults, the kernel goes on at `landing`.
// clang-format off
#define COPY_SITE(begin, end, landing) \
    .pushsection .copy_sites, "a"; .quad begin, end, landing; .popsection
// clang-format on

#else

#    include <types.h>

/// The same in C, of labels as an asm statement writes them.
#    define COPY_SITE(begin, end, landing)          \
        ".pushsection .copy_sites, \"a\"\n\t"       \
        ".quad " begin ", " end ", " landing "\n\t" \
        ".popsection\n"

struct copy_site {
    vaddr_t begin;
    vaddr_t end;
    vaddr_t landing;
};

extern const struct copy_site __copy_sites[], __copy_sites_end[];

/// Where the kernel goes on if the instruction at `pc` faulted on a program's memory. 0: it mustn't fault.
static inline vaddr_t copy_site_landing(vaddr_t pc) {
    for (const struct copy_site *site = __copy_sites; site < __copy_sites_end; site++) {
        if (pc >= site->begin && pc < site->end) {
            return site->landing;
        }
    }
    return 0;
}

#endif

#endif
