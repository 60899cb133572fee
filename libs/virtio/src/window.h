#ifndef __WINDOW_H__
#define __WINDOW_H__

/// \file
/// Parts of a PCI device's address ranges.

#include <driver/io.h>
#include <driver/pci.h>

/// Registers at an offset in `io`, which is NULL if there are none.
struct window {
    io_t io;
    offset_t offset;
    size_t len;
};

/// Maps a part of an address range. ERR_NOT_ACCEPTABLE: it isn't inside of such a range.
/// ERR_NO_MEMORY, or what dm says.
error_t __mustuse window_map(struct pci *pci, unsigned bar, offset_t offset, size_t len,
                             struct window *window);
/// All of a range of I/O ports. ERR_NOT_FOUND: the range isn't one.
error_t __mustuse window_map_ports(struct pci *pci, unsigned bar, struct window *window);

#endif
