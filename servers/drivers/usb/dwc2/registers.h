#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// The DesignWare Hi-Speed USB 2.0 On-The-Go controller, as a host, with buffer DMA.
///
/// Sources: Synopsys' databook is not public. The registers are in manuals of chips that have the controller: Altera,
/// "Cyclone V Hard Processor System Technical Reference Manual", chapter "USB 2.0 OTG Controller"; Infineon, "XMC4500
/// Reference Manual", chapter 16. How the BCM2835 differs is in "BCM2835 ARM Peripherals", chapter 15, and in
/// Linux's parameters for it (drivers/usb/dwc2/params.c).

/// Physical address on the BCM2837, and the line of "BCM2835 ARM Peripherals", section 7.5.
#define DWC2_PADDR 0x3f980000
#define DWC2_LEN   0x1000
#define DWC2_IRQ   9

/// How the controller sees RAM past the VideoCore's caches (BCM2835 ARM Peripherals, section 1.2.3: alias 'C').
#define BUS_UNCACHED 0xc0000000u

#define GAHBCFG             0x008
#define GAHBCFG_GLOBAL_INTR (1u << 0)
#define GAHBCFG_DMA         (1u << 5)
/// The BCM2835 has bits of its own where others have the burst length: this one waits for the last write.
#define GAHBCFG_WAIT_WRITES (1u << 4)

#define GUSBCFG              0x00c
#define GUSBCFG_PHY_16_BIT   (1u << 3)
#define GUSBCFG_ULPI         (1u << 4)
#define GUSBCFG_SRP          (1u << 8)
#define GUSBCFG_HNP          (1u << 9)
#define GUSBCFG_ULPI_VBUS    (1u << 20)
#define GUSBCFG_PULSE_DLINE  (1u << 22)
#define GUSBCFG_FORCE_HOST   (1u << 29)
#define GUSBCFG_FORCE_DEVICE (1u << 30)

#define GRSTCTL          0x010
#define GRSTCTL_CORE     (1u << 0)
#define GRSTCTL_RX_FLUSH (1u << 4)
#define GRSTCTL_TX_FLUSH (1u << 5)
#define GRSTCTL_TX_ALL   (0x10u << 6)
#define GRSTCTL_AHB_IDLE (1u << 31)

#define GINTSTS           0x014
#define GINTMSK           0x018
#define GINT_HOST_MODE    (1u << 0)
#define GINT_SOF          (1u << 3)
#define GINT_PORT         (1u << 24)
#define GINT_CHANNELS     (1u << 25)
#define GINT_DISCONNECTED (1u << 29)

#define GRXFSIZ   0x024
#define GNPTXFSIZ 0x028
/// "OT" and a version.
#define GSNPSID                 0x040
#define GSNPSID_MASK            0xffff0000u
#define GSNPSID_OTG             0x4f540000u
#define GHWCFG2                 0x048
#define GHWCFG2_ARCHITECTURE(v) ((v) >> 3 & 3)
#define ARCHITECTURE_DMA        2
#define GHWCFG2_CHANNELS(v)     (((v) >> 14 & 15) + 1)
#define HPTXFSIZ                0x100
/// FIFO of 4,080 words: one for what comes, one for what goes in no fixed interval, one for what does.
#define FIFO_RX       774u
#define FIFO_TX       256u
#define FIFO_PERIODIC 512u

#define HCFG           0x400
#define HCFG_CLOCK     3u  ///< 0: 30 or 60 MHz.
#define HCFG_FULL_ONLY (1u << 2)
#define HFIR           0x404
/// Ticks of the PHY's clock of 60 MHz in a frame, and in a microframe.
#define HFIR_FRAME      (60000u - 1)
#define HFIR_MICROFRAME (7500u - 1)
#define HFNUM           0x408
#define HFNUM_MASK      0x3fffu
#define HAINT           0x414
#define HAINTMSK        0x418

#define HPRT                0x440
#define HPRT_CONNECTED      (1u << 0)
#define HPRT_CONNECT_CHANGE (1u << 1)
#define HPRT_ENABLED        (1u << 2)
#define HPRT_ENABLE_CHANGE  (1u << 3)
#define HPRT_CURRENT_CHANGE (1u << 5)
#define HPRT_RESET          (1u << 8)
#define HPRT_POWER          (1u << 12)
#define HPRT_SPEED(v)       ((v) >> 17 & 3)
#define HPRT_CHANGES        (HPRT_CONNECT_CHANGE | HPRT_ENABLE_CHANGE | HPRT_CURRENT_CHANGE)
/// Writing ones clears them: the changes, and the port's being enabled.
#define HPRT_CLEARED_BY_1 (HPRT_CHANGES | HPRT_ENABLED)

#define CHANNELS_MAX          16
#define HCCHAR(n)             (0x500 + (n) *0x20)
#define HCCHAR_NUMBER(v)      ((uint32_t) (v) << 11)
#define HCCHAR_IN             (1u << 15)
#define HCCHAR_LOW_SPEED      (1u << 17)
#define HCCHAR_TYPE(v)        ((uint32_t) (v) << 18)
#define HCCHAR_PACKETS(v)     ((uint32_t) (v) << 20)
#define HCCHAR_ADDRESS(v)     ((uint32_t) (v) << 22)
#define HCCHAR_ODD_FRAME      (1u << 29)
#define HCCHAR_DISABLE        (1u << 30)
#define HCCHAR_ENABLE         (1u << 31)
#define HCSPLT(n)             (0x504 + (n) *0x20)
#define HCSPLT_HUB(v)         ((uint32_t) (v) << 7)
#define HCSPLT_ALL            (3u << 14)
#define HCSPLT_COMPLETE       (1u << 16)
#define HCSPLT_ENABLE         (1u << 31)
#define HCINT(n)              (0x508 + (n) *0x20)
#define HCINTMSK(n)           (0x50c + (n) *0x20)
#define HCINT_COMPLETE        (1u << 0)
#define HCINT_HALTED          (1u << 1)
#define HCINT_AHB_ERROR       (1u << 2)
#define HCINT_STALL           (1u << 3)
#define HCINT_NAK             (1u << 4)
#define HCINT_ACK             (1u << 5)
#define HCINT_NYET            (1u << 6)
#define HCINT_ERROR           (1u << 7)
#define HCINT_BABBLE          (1u << 8)
#define HCINT_OVERRUN         (1u << 9)
#define HCINT_TOGGLE          (1u << 10)
#define HCINT_ALL             0x3fffu
#define HCTSIZ(n)             (0x510 + (n) *0x20)
#define HCTSIZ_SIZE(v)        ((v) &0x7ffff)
#define HCTSIZ_PACKETS(v)     ((v) >> 19 & 0x3ff)
#define HCTSIZ_SET_PACKETS(v) ((uint32_t) (v) << 19)
#define HCTSIZ_PID(v)         ((v) >> 29 & 3)
#define HCTSIZ_SET_PID(v)     ((uint32_t) (v) << 29)
#define PID_DATA0             0u
#define PID_DATA1             2u
#define PID_SETUP             3u
#define HCDMA(n)              (0x514 + (n) *0x20)
/// What fits into HCTSIZ's fields on every version of the controller.
#define CHUNK_PACKETS_MAX 511u
#define CHUNK_BYTES_MAX   65535u

#define PCGCCTL 0xe00

#endif
