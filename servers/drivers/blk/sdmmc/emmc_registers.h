#ifndef __EMMC_REGISTERS_H__
#define __EMMC_REGISTERS_H__

/// \file
/// The EMMC controller: "BCM2835 ARM Peripherals", chapter 5. It is Arasan's SD 3.0 host controller, whose registers
/// are those of the "SD Host Controller Simplified Specification" 3.00, put together to 32 bits. Bits that only the
/// latter has are marked.

#define EMMC_PADDR 0x3f300000
#define EMMC_LEN   0x100
#define EMMC_IRQ   62
/// How the DMA controller reaches its data port: a bus address.
#define EMMC_DATA_BUS 0x7e300020u

#define EMMC_BLKSIZECNT 0x04
#define BLKCNT_SHIFT    16

#define EMMC_ARG1 0x08

#define EMMC_CMDTM            0x0c
#define CMDTM_BLKCNT_EN       (1u << 1)
#define CMDTM_READ            (1u << 4)
#define CMDTM_MULTI_BLOCK     (1u << 5)
#define CMDTM_RESPONSE_136    (1u << 16)
#define CMDTM_RESPONSE_48     (2u << 16)
#define CMDTM_RESPONSE_BUSY   (3u << 16)
#define CMDTM_RESPONSE_MASK   (3u << 16)
#define CMDTM_CHECK_CRC       (1u << 19)
#define CMDTM_CHECK_INDEX     (1u << 20)
#define CMDTM_DATA            (1u << 21)
#define CMDTM_ABORT           (3u << 22)
#define CMDTM_INDEX_SHIFT     24
#define EMMC_RESP(n)          (0x10u + 4 * (n))
#define EMMC_DATA             0x20
#define EMMC_STATUS           0x24
#define STATUS_COMMAND_IN_USE (1u << 0)
#define STATUS_DATA_IN_USE    (1u << 1)

/// The second byte is the specification's "Power Control": power, and 3.3 V.
#define EMMC_CONTROL0     0x28
#define CONTROL0_4_BITS   (1u << 1)
#define CONTROL0_POWER    (1u << 8)
#define CONTROL0_3_3_VOLT (7u << 9)

#define EMMC_CONTROL1           0x2c
#define CONTROL1_CLOCK_INTERNAL (1u << 0)
#define CONTROL1_CLOCK_STABLE   (1u << 1)
#define CONTROL1_CLOCK_EN       (1u << 2)
#define CONTROL1_DIVIDER_LOW    8  ///< 8 bits
#define CONTROL1_DIVIDER_HIGH   6  ///< 2 bits
#define CONTROL1_TIMEOUT_SHIFT  16
#define CONTROL1_RESET_ALL      (1u << 24)
#define CONTROL1_RESET_COMMAND  (1u << 25)
#define CONTROL1_RESET_DATA     (1u << 26)
#define DIVIDER_MAX             1023u

/// The card's clock is divided by twice this, or by 1 if it is 0 (Host Controller Specification, 2.2.14, "10-bit
/// Divided Clock Mode").
#define DIVIDER_FIELDS(n) \
    (((n) &0xffu) << CONTROL1_DIVIDER_LOW | ((n) >> 8) << CONTROL1_DIVIDER_HIGH)

/// Stalled data is given up after 2^(13 + n) cycles of the card's clock: 2^25, which is 1.3 s at 25 MHz, 0.7 s at 50
/// MHz. A card may take 0.5 s for a write (Physical Layer Specification, 4.6.2.2).
#define TIMEOUT_EXPONENT 12u

/// Events: read in INTERRUPT, where a 1 that is written quiets them; MASK lets them show there, ENABLE lets them
/// interrupt.
#define EMMC_INTERRUPT      0x30
#define EMMC_MASK           0x34
#define EMMC_ENABLE         0x38
#define EVENT_COMMAND_DONE  (1u << 0)
#define EVENT_DATA_DONE     (1u << 1)
#define EVENT_WRITE_READY   (1u << 4)
#define EVENT_READ_READY    (1u << 5)
#define EVENT_ERROR         (1u << 15)
#define EVENT_NO_RESPONSE   (1u << 16)
#define EVENT_BAD_CRC       (1u << 17)
#define EVENT_BAD_END       (1u << 18)
#define EVENT_BAD_INDEX     (1u << 19)
#define EVENT_DATA_TIMEOUT  (1u << 20)
#define EVENT_DATA_CRC      (1u << 21)
#define EVENT_DATA_END      (1u << 22)
#define EVENT_COMMAND_FAILS (EVENT_NO_RESPONSE | EVENT_BAD_CRC | EVENT_BAD_END | EVENT_BAD_INDEX)
#define EVENT_DATA_FAILS    (EVENT_DATA_TIMEOUT | EVENT_DATA_CRC | EVENT_DATA_END)
#define EVENTS_ALL                                                               \
    (EVENT_COMMAND_DONE | EVENT_DATA_DONE | EVENT_WRITE_READY | EVENT_READ_READY \
     | EVENT_COMMAND_FAILS | EVENT_DATA_FAILS)

#endif
