#ifndef __BOOTFS_H__
#define __BOOTFS_H__

/// \file
/// Bootfs: the read-only image, linked into the kernel, of the files that a system boots from.
/// The build writes it (site_scons/resea/bootfs.py), the kernel starts its first image without
/// parsing it, vm reads the rest.
///
///     offset 0                 struct bootfs_header
///     header.init_off          the first task (vm): a flat image for USER_IMAGE_BASE
///     header.files_off         struct bootfs_file [num_files], sorted by name, each name once
///     bootfs_file.off          contents, each file at a page boundary and padded with zeroes
///
/// All offsets are from the start of the image, which is page-aligned. Little endian.

#include <types.h>

#define BOOTFS_MAGIC    0x46425352  // "RSBF"
#define BOOTFS_VERSION  1
#define BOOTFS_NAME_LEN 48

/// The file that holds struct manifest_header (see <manifest.h>).
#define BOOTFS_MANIFEST "manifest"

struct bootfs_header {
    uint32_t magic;
    uint32_t version;
    uint64_t init_entry;  ///< Virtual address of vm's first instruction.
    uint32_t init_off;
    uint32_t init_text_len;  ///< Code: mapped executable.
    uint32_t init_ro_len;    ///< Constants, right behind the code: mapped read-only.
    uint32_t init_rw_len;    ///< Data and bss (in full), right behind them: mapped writable.
    uint32_t files_off;
    uint32_t num_files;
    uint32_t len;  ///< Of the whole image.
    uint32_t reserved;
};

struct bootfs_file {
    char name[BOOTFS_NAME_LEN];  ///< NUL-terminated. Programs are named as in the board manifest.
    uint32_t off;
    uint32_t len;
    uint32_t alias_of;  ///< The number, from 1 on, of the file that this is a name of; 0: none.
    uint32_t reserved;
};

#endif
