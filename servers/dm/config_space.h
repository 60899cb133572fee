#ifndef __DM_CONFIG_SPACE_H__
#define __DM_CONFIG_SPACE_H__

/// \file
/// The configuration space of PCI functions: 256 bytes each (PCI Local Bus Specification 3.0, chapter 6).
/// A function's address is bus << 8 | device << 3 | function. One that isn't there reads as all ones.

#include <types.h>

#define CONFIG_SPACE_LEN 256u

#define PCI_VENDOR_ID      0x00  // 16 bits
#define PCI_DEVICE_ID      0x02  // 16 bits
#define PCI_COMMAND        0x04  // 16 bits
#define PCI_STATUS         0x06  // 16 bits
#define PCI_CLASS          0x08  // Class, subclass, interface, revision, from the highest byte down.
#define PCI_CACHE_LINE     0x0c  // 8 bits
#define PCI_HEADER_TYPE    0x0e  // 8 bits
#define PCI_BAR(index)     (0x10 + 4 * (index))
#define PCI_EXPANSION_ROM  0x30
#define PCI_CAPABILITIES   0x34  // 8 bits
#define PCI_INTERRUPT_LINE 0x3c  // 8 bits
#define PCI_INTERRUPT_PIN  0x3d  // 8 bits
#define PCI_HEADER_END     0x40

/// Of a bridge (PCI-to-PCI Bridge Architecture Specification 1.2, section 3.2).
#define PCI_SECONDARY_BUS 0x19  // 8 bits

#define COMMAND_IO           (1u << 0)
#define COMMAND_MEMORY       (1u << 1)
#define COMMAND_BUS_MASTER   (1u << 2)
#define COMMAND_INTX_DISABLE (1u << 10)

#define STATUS_CAPABILITIES (1u << 4)

#define HEADER_TYPE_MASK      0x7f
#define HEADER_TYPE_DEVICE    0
#define HEADER_TYPE_BRIDGE    1
#define HEADER_MULTI_FUNCTION 0x80

#define VENDOR_NONE 0xffff

/// Capabilities.
#define CAP_ID_PM   0x01
#define CAP_ID_MSI  0x05
#define CAP_ID_PCIE 0x10
#define CAP_ID_MSIX 0x11
#define CAP_ID_AF   0x13
#define CAP_ALIGN   0xfcu
#define CAP_NEXT    1
#define CAPS_MAX    48  // What fits behind the header, at 4 bytes each.

/// Gets hold of the machine's way to the configuration space.
error_t config_init(void) __mustuse;

/// `size` is 1, 2 or 4; `offset` is a multiple of it, and below CONFIG_SPACE_LEN.
uint32_t config_read(uint32_t address, unsigned offset, unsigned size);
void config_write(uint32_t address, unsigned offset, unsigned size, uint32_t value);

#endif
