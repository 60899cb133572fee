#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// Registers and descriptors of Intel's 8254x gigabit Ethernet controllers ("PCI/PCI-X Family of Gigabit Ethernet
/// Controllers Software Developer's Manual", 317453; numbers of sections are that document's), as far as the 82574L
/// ("82574 GbE Controller Family Datasheet", chapter 10) has them, too. All are in memory range 0 and have 32 bits.

#define E1000_VENDOR_ID 0x8086
#define E1000_BAR       0

// ---- Control (13.4.1 to 13.4.4) ----------------------------------------------------------------------

#define E1000_CTRL       0x0000
#define E1000_CTRL_LRST  (1u << 3)
#define E1000_CTRL_ASDE  (1u << 5)  // The speed is what the PHY has found.
#define E1000_CTRL_SLU   (1u << 6)  // The link may come up.
#define E1000_CTRL_ILOS  (1u << 7)
#define E1000_CTRL_FORCE (3u << 11)  // Speed and duplex are those that CTRL says.
#define E1000_CTRL_RESET (1u << 26)
#define E1000_CTRL_FLOW  (3u << 27)  // Pauses, sent and obeyed.
#define E1000_CTRL_VLAN  (1u << 30)

#define E1000_STATUS          0x0008
#define E1000_STATUS_LINK     (1u << 1)
#define E1000_STATUS_SPEED(s) (((s) >> 6) & 3)  // 0: 10 Mbit/s, 1: 100, 2 and 3: 1000.

// Reads words of the EEPROM; the first three are the MAC address (5.6.1). Where DONE and the address are
// differs between the families.
#define E1000_EERD         0x0014
#define E1000_EERD_START   (1u << 0)
#define E1000_EERD_DATA(r) ((r) >> 16)

// ---- Interrupts (13.4.17 to 13.4.21) -----------------------------------------------------------------

#define E1000_ICR          0x00c0     // What has come up; reading clears it.
#define E1000_ITR          0x00c4     // The time between two interrupts, in units of 256 ns.
#define E1000_IMS          0x00d0     // Ones let causes interrupt.
#define E1000_IMC          0x00d8     // Ones keep them from it.
#define E1000_CAUSE_SENT   (1u << 0)  // A descriptor that asks for it was sent (TXDW).
#define E1000_CAUSE_LINK   (1u << 2)  // (LSC)
#define E1000_CAUSE_MISSED (1u << 6)  // There was no buffer (RXO).
#define E1000_CAUSE_RX     (1u << 7)  // A frame has come (RXT0).

// ---- Receiving (13.4.22 to 13.4.31, 3.2) -------------------------------------------------------------

#define E1000_RCTL           0x0100
#define E1000_RCTL_EN        (1u << 1)
#define E1000_RCTL_MULTICAST (1u << 4)  // All multicast frames (MPE).
#define E1000_RCTL_BROADCAST (1u << 15)
#define E1000_RCTL_STRIP_CRC (1u << 26)
// Buffers have 2048 bytes (BSIZE and BSEX are 0); damaged frames and those of more than 1522 bytes are dropped.

#define E1000_RDBAL 0x2800
#define E1000_RDBAH 0x2804
#define E1000_RDLEN 0x2808
#define E1000_RDH   0x2810
#define E1000_RDT   0x2818
#define E1000_RDTR  0x2820  // How long an interrupt waits for more frames, in units of 1.024 us.
#define E1000_RADV  0x282c

#define E1000_RXCSUM     0x5000
#define E1000_RXCSUM_IP  (1u << 8)
#define E1000_RXCSUM_TCP (1u << 9)  // And UDP.

// The MAC address that is listened to (13.5.2, 13.5.3): its first byte is the lowest of RAL.
#define E1000_RAL0      0x5400
#define E1000_RAH0      0x5404
#define E1000_RAH_VALID (1u << 31)

// A receive descriptor (3.2.3): the buffer's address, then, in one number, what came.
#define E1000_RX_LEN(word)      ((uint16_t) (word))
#define E1000_RX_DONE           ((uint64_t) 1 << 32)
#define E1000_RX_END            ((uint64_t) 1 << 33)  // Of a frame.
#define E1000_RX_NOT_CHECKED    ((uint64_t) 1 << 34)  // What the next two say is to be ignored (IXSM).
#define E1000_RX_TCP_CHECKED    ((uint64_t) 1 << 37)  // And UDP.
#define E1000_RX_IP_CHECKED     ((uint64_t) 1 << 38)
#define E1000_RX_DAMAGED        ((uint64_t) 0x97 << 40)  // RXE, CXE, SEQ, SE, CE.
#define E1000_RX_WRONG_CHECKSUM ((uint64_t) 0x60 << 40)  // IPE, TCPE.

// ---- Sending (13.4.33 to 13.4.44, 3.3) ---------------------------------------------------------------

#define E1000_TCTL          0x0400
#define E1000_TCTL_EN       (1u << 1)
#define E1000_TCTL_PAD      (1u << 3)  // Short frames become 64 bytes long.
#define E1000_TCTL_TRIES    (0xfu << 4)
#define E1000_TCTL_DISTANCE (0x40u << 12)  // Of collisions, with full duplex.
#define E1000_TCTL_MULR     (1u << 28)     // 82574: several reads at a time; stays as it is.

#define E1000_TIPG       0x0410
#define E1000_TIPG_VALUE (8u | 8u << 10 | 6u << 20)  // For copper (14.5).

#define E1000_TDBAL 0x3800
#define E1000_TDBAH 0x3804
#define E1000_TDLEN 0x3808
#define E1000_TDH   0x3810
#define E1000_TDT   0x3818
#define E1000_TIDV \
    0x3820  // How long E1000_CAUSE_SENT waits if a descriptor allows, in units of 1.024 us.
#define E1000_TXDCTL 0x3828
#define E1000_TADV   0x382c  // The same from the first of several on.
// 82574: has to be set (10.2.6).
#define E1000_TXDCTL_82574 (1u << 22)

// A transmit descriptor: two numbers of 64 bits. Here is the second one of a context descriptor (3.3.6) and of a data
// descriptor (3.3.7), which have an extension in common.
#define E1000_TX_EXTENDED ((uint64_t) 1 << 29)
#define E1000_TX_SEGMENT  ((uint64_t) 1 << 26)
#define E1000_TX_REPORT   ((uint64_t) 1 << 27)
#define E1000_TX_DELAY    ((uint64_t) 1 << 31)  // E1000_CAUSE_SENT may wait.
#define E1000_TX_DONE     ((uint64_t) 1 << 32)

#define E1000_TX_CONTEXT       ((uint64_t) 0 << 20)
#define E1000_TX_TCP           ((uint64_t) 1 << 24)
#define E1000_TX_IPV4          ((uint64_t) 1 << 25)
#define E1000_TX_HEADER_LEN(n) ((uint64_t) (n) << 40)
#define E1000_TX_MSS(n)        ((uint64_t) (n) << 48)

#define E1000_TX_DATA         ((uint64_t) 1 << 20)
#define E1000_TX_END          ((uint64_t) 1 << 24)  // Of a frame.
#define E1000_TX_CRC          ((uint64_t) 1 << 25)
#define E1000_TX_IP_CHECKSUM  ((uint64_t) 1 << 40)
#define E1000_TX_TCP_CHECKSUM ((uint64_t) 1 << 41)  // And UDP.

// ---- Statistics (13.7) -------------------------------------------------------------------------------

#define E1000_MPC 0x4010  // Frames that came while there was no room (13.7.5). Reading clears it.

#endif
