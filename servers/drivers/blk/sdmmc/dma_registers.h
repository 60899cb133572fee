#ifndef __DMA_REGISTERS_H__
#define __DMA_REGISTERS_H__

/// \file
/// The DMA controller: "BCM2835 ARM Peripherals", chapter 4.

#define DMA_PADDR 0x3f007000
#define DMA_LEN   0x1000

/// Channels 0 to 6 are whole ones; those above count to 64 KiB only (4.5), and channel 15 is elsewhere.
#define DMA_CHANNELS 7u

#define DMA_CHANNEL(n)   (0x100u * (n))
#define DMA_CS           0x00
#define DMA_CONTROL_ADDR 0x04
#define DMA_DEBUG        0x20
#define DMA_ENABLE       0xff0  ///< A bit for each channel.

#define DMA_CS_ACTIVE          (1u << 0)
#define DMA_CS_END             (1u << 1)
#define DMA_CS_ERROR           (1u << 8)
#define DMA_CS_PRIORITY(n)     ((n) << 16)
#define DMA_CS_WAIT_FOR_WRITES (1u << 28)
#define DMA_CS_RESET           (1u << 31)

/// Errors, which a 1 clears.
#define DMA_DEBUG_ERRORS 7u

/// A control block (4.2.1.1): 8 words, aligned to 32 bytes.
struct dma_control {
    uint32_t info;
    uint32_t source;  ///< Bus addresses, as the next one.
    uint32_t dest;
    uint32_t len;
    uint32_t stride;
    uint32_t next;  ///< Bus address of the control block that follows; 0: none.
    uint32_t reserved[2];
};

#define DMA_INFO_WAIT_RESPONSE (1u << 3)
#define DMA_INFO_DEST_INC      (1u << 4)
#define DMA_INFO_DEST_DREQ     (1u << 6)
#define DMA_INFO_SOURCE_INC    (1u << 8)
#define DMA_INFO_SOURCE_DREQ   (1u << 10)
#define DMA_INFO_PERIPHERAL(n) ((n) << 16)
#define DMA_PERIPHERAL_EMMC    11u

/// How the DMA controller sees RAM past all caches (1.2.3: alias 'C').
#define BUS_UNCACHED 0xc0000000u
/// RAM above this has no address on the bus.
#define BUS_RAM_END 0x3f000000u

#endif
