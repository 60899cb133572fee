#ifndef __VM_BOOTFS_READER_H__
#define __VM_BOOTFS_READER_H__

/// \file
/// Finds files in bootfs.

#include <bootfs.h>
#include <types.h>

/// Checks the whole image, so that everything below can trust it.
/// \param image  Stays where it is as long as files are used.
/// \param paddr  Its physical address.
/// \return       NULL if all is well, else what is wrong with it, for a log line.
const char *bootfs_init(const void *image, size_t len, paddr_t paddr);

/// Whether a range of physical pages has some of the image's.
bool bootfs_overlaps(paddr_t paddr, size_t num_pages);

size_t bootfs_num_files(void);

/// \param index  Below bootfs_num_files().
const struct bootfs_file *bootfs_file(size_t index);

/// \return  The file, or NULL if there is none of that name.
const struct bootfs_file *bootfs_find(const char *name);

/// \return  The name of the file that this is another name of, or its own. The manifest's entry for a command is
///          that of its program.
const char *bootfs_real_name(const struct bootfs_file *file);

/// \return  The file's contents, file->len bytes at a page boundary, followed by zeroes up to the
///          next one.
const void *bootfs_data(const struct bootfs_file *file);

/// \return  The physical address of a byte of the image.
paddr_t bootfs_paddr(const void *data);

#endif
