#ifndef __VM_ELF_H__
#define __VM_ELF_H__

/// \file
/// The parts of the ELF file format that vm reads, for the machine's own word size.

#include <types.h>

#define ELF_MAGIC         "\177ELF"
#define ELF_MAGIC_LEN     4
#define ELF_IDENT_CLASS   4  ///< Index in e_ident: ELF_CLASS_*
#define ELF_IDENT_DATA    5  ///< Index in e_ident: ELF_DATA_*
#define ELF_IDENT_VERSION 6
#define ELF_CLASS_32      1
#define ELF_CLASS_64      2
#define ELF_DATA_LITTLE   1
#define ELF_VERSION       1
#define ELF_TYPE_EXEC     2

#define ELF_PT_LOAD    1
#define ELF_PT_DYNAMIC 2
#define ELF_PT_INTERP  3

#define ELF_PF_X (1u << 0)
#define ELF_PF_W (1u << 1)
#define ELF_PF_R (1u << 2)

/// The file header. Addresses and offsets are machine words; that is all that differs between 32
/// and 64 bits.
struct elf_header {
    uint8_t e_ident[16];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uintptr_t e_entry;
    uintptr_t e_phoff;
    uintptr_t e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum;
    uint16_t e_shentsize;
    uint16_t e_shnum;
    uint16_t e_shstrndx;
};

#if UINTPTR_MAX > 0xffffffff
#    define ELF_CLASS ELF_CLASS_64
struct elf_phdr {
    uint32_t p_type;
    uint32_t p_flags;
    uint64_t p_offset;
    uint64_t p_vaddr;
    uint64_t p_paddr;
    uint64_t p_filesz;
    uint64_t p_memsz;
    uint64_t p_align;
};
#else
#    define ELF_CLASS ELF_CLASS_32
struct elf_phdr {
    uint32_t p_type;
    uint32_t p_offset;
    uint32_t p_vaddr;
    uint32_t p_paddr;
    uint32_t p_filesz;
    uint32_t p_memsz;
    uint32_t p_flags;
    uint32_t p_align;
};
#endif

#endif
