#ifndef __PCI_PROBE_EDU_H__
#define __PCI_PROBE_EDU_H__

/// \file
/// QEMU's device for teaching (docs/specs/edu.txt of QEMU).

#include <driver/dma.h>
#include <driver/pci.h>

#define EDU_VENDOR_ID 0x1234
#define EDU_DEVICE_ID 0x11e8
/// What is copied: QEMU refuses what reaches the end of the 4096 bytes of the device's buffer.
#define EDU_BUFFER_LEN 2048

/// Takes a device, and sees that its registers are there.
void edu_attach(struct pci *pci, io_t *io);

/// Has the device interrupt `count` times, by interrupts of one kind; ends the program unless all come.
void edu_interrupt(int kind, int count);

/// Has the device copy memory to its buffer and back.
void edu_copy(void);

/// Lets the device begin to write to `dma`.
void edu_start_write(io_t io, dma_t dma);

#endif
