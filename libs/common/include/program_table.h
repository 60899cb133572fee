#ifndef __PROGRAM_TABLE_H__
#define __PROGRAM_TABLE_H__

/// \file
/// Where the programs of a board without an MMU are: the build lays them out in flash and RAM
/// (site_scons/resea/layout.py) and links this table, the object __program_table in the section
/// .program_table, into the kernel. The kernel starts the first program, vm; vm reads the rest.
///
///     struct program_table
///     struct program_entry [num_programs]     vm first, the others as bootfs would have them
///     struct manifest_header …                at `manifest`, see <manifest.h>
///
/// Little endian. Addresses are those of flash and RAM as the CPU sees them.

#include <kernel_abi.h>
#include <types.h>

#define PROGRAM_TABLE_MAGIC    0x54505352  // "RSPT"
#define PROGRAM_TABLE_VERSION  1
#define PROGRAM_TABLE_NAME_LEN 24

struct program_entry {
    char name[PROGRAM_TABLE_NAME_LEN];  ///< NUL-terminated, as in the board manifest.
    uint32_t entry;                     ///< As the CPU jumps to it, on ARM with the Thumb bit.
    uint32_t flash_base;                ///< Code, constants and the first values of the data.
    uint32_t flash_len;
    /// Programs with overlapping RAM can't run at the same time.
    uint32_t ram_base;
    uint32_t ram_len;    ///< Stack, data, bss and heap, in this order.
    uint32_t stack_len;  ///< A part of ram_len. Its last USER_ARGS_LEN bytes hold the command line.
};

struct program_table {
    uint32_t magic;
    uint16_t version;
    uint16_t num_programs;
    uint32_t manifest;      ///< The board manifest's address.
    uint32_t manifest_len;  ///< In bytes.
    uint32_t cmdline;      ///< The flash page of the kernel's command line: text up to NUL or 0xff.
    uint32_t cmdline_len;  ///< The page's length.
    uint32_t ram_base;     ///< All of the board's RAM.
    uint32_t ram_len;
    uint32_t kernel_ram_len;  ///< What of it, from its start, is the kernel's.
    uint32_t reserved;
    struct program_entry programs[];
};

/// Made by the build.
extern const struct program_table __program_table;

#endif
