#ifndef __DRIVER_IO_H__
#define __DRIVER_IO_H__

/// \file
/// Device registers, in I/O ports or in memory. What a driver may reach is what the board manifest
/// (or dm) has granted it.
///
/// Offsets are in bytes from the base, and must be multiples of the size that is read or written.
/// Values are in the CPU's byte order. An access beyond `len` stops the program.

#include <types.h>

typedef struct io *io_t;

/// The only value of `flags` so far.
#define IO_ALLOC_NORMAL 0

/// I/O ports base … base+len-1. No system call is made: if they were not granted, the first access
/// stops the program (EXP_PROTECTION). NULL: malloc failed, or the machine has no ports.
io_t io_alloc_port(unsigned long base, size_t len, unsigned flags);
/// Memory for a device to use, whose physical address io_paddr tells. NULL: there is none left.
io_t io_alloc_memory(size_t len, unsigned flags);
/// A device's registers at a physical address, which doesn't need to be page-aligned. NULL: the
/// range was not granted, or there is no memory left.
io_t io_alloc_memory_fixed(paddr_t paddr, size_t len, unsigned flags);
/// io_free(NULL) does nothing.
void io_free(io_t io);

/// Addresses of the first byte; both are 0 if it is in I/O ports.
vaddr_t io_vaddr(io_t io);
paddr_t io_paddr(io_t io);

uint8_t io_read8(io_t io, offset_t offset);
uint16_t io_read16(io_t io, offset_t offset);
uint32_t io_read32(io_t io, offset_t offset);
void io_write8(io_t io, offset_t offset, uint8_t value);
void io_write16(io_t io, offset_t offset, uint16_t value);
void io_write32(io_t io, offset_t offset, uint32_t value);

#endif
