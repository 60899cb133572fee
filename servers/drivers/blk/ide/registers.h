#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// An IDE channel: the registers of the disks (ATA/ATAPI-6, T13/1410D, section 7) and those of the PCI controller that moves the
/// data (Programming Interface for Bus Master IDE Controller, revision 1.0, section 2).

#define NUM_CHANNELS 2
#define NUM_DRIVES   2

// Where the channels are on every PC.
#define PRIMARY_PORTS     0x1f0
#define PRIMARY_CONTROL   0x3f6
#define PRIMARY_IRQ       14
#define SECONDARY_PORTS   0x170
#define SECONDARY_CONTROL 0x376
#define SECONDARY_IRQ     15
#define COMMAND_PORTS     8
#define CONTROL_PORTS     1

// Command block.
#define REG_DATA         0  // 16 bits
#define REG_ERROR        1
#define REG_FEATURES     1
#define REG_SECTOR_COUNT 2
#define REG_LBA_LOW      3
#define REG_LBA_MID      4
#define REG_LBA_HIGH     5
#define REG_DEVICE       6
#define REG_STATUS       7  // Reading it quiets the interrupt.
#define REG_COMMAND      7

// Control block.
#define REG_ALT_STATUS 0
#define REG_CONTROL    0

#define STATUS_ERR  (1u << 0)
#define STATUS_DRQ  (1u << 3)
#define STATUS_DF   (1u << 5)
#define STATUS_DRDY (1u << 6)
#define STATUS_BSY  (1u << 7)
/// Nobody drives the bus.
#define STATUS_FLOATING 0xff

#define CONTROL_NIEN (1u << 1)  // No interrupts.
#define CONTROL_SRST (1u << 2)  // Resets both drives.

#define DEVICE_LBA      (1u << 6)
#define DEVICE_SECOND   (1u << 4)
#define DEVICE_OBSOLETE 0xa0u

// What an ATAPI drive has in its registers behind a reset (section 9.12).
#define ATAPI_MID  0x14
#define ATAPI_HIGH 0xeb

#define CMD_READ_SECTORS      0x20
#define CMD_READ_SECTORS_EXT  0x24
#define CMD_READ_DMA_EXT      0x25
#define CMD_WRITE_SECTORS     0x30
#define CMD_WRITE_SECTORS_EXT 0x34
#define CMD_WRITE_DMA_EXT     0x35
#define CMD_READ_DMA          0xc8
#define CMD_WRITE_DMA         0xca
#define CMD_FLUSH_CACHE       0xe7
#define CMD_FLUSH_CACHE_EXT   0xea
#define CMD_IDENTIFY          0xec

#define LBA28_SECTORS     (UINT64_C(1) << 28)
#define LBA28_MAX_SECTORS 256

// Bus master registers, 8 ports for each channel.
#define BM_BAR       4
#define BM_PORTS     8
#define BM_COMMAND   0
#define BM_STATUS    2
#define BM_PRD_TABLE 4

#define BM_COMMAND_START (1u << 0)
#define BM_COMMAND_READ  (1u << 3)  // From the disk to memory.
#define BM_STATUS_ACTIVE (1u << 0)
#define BM_STATUS_ERROR  (1u << 1)
#define BM_STATUS_IRQ    (1u << 2)

/// What a PCI IDE controller says of each channel in its programming interface: it isn't where it is on every PC.
#define INTERFACE_NATIVE(channel) (1u << (2 * (channel)))

/// PCI configuration: the programming interface.
#define PCI_INTERFACE 0x09

#endif
