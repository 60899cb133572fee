#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// The mailboxes between the ARM cores and the VideoCore, and the tags of the property interface.
///
/// Sources: the wiki of the Raspberry Pi firmware (github.com/raspberrypi/firmware/wiki), pages
/// "Accessing mailboxes", "Mailboxes" and "Mailbox property interface"; the two expander tags are in
/// no manual, but in the header of Linux's driver (include/soc/bcm2835/raspberrypi-firmware.h).

/// Physical address on the BCM2837, which moved the BCM2835's peripherals from 0x7e000000 (bus) to
/// 0x3f000000. The interrupt controller lies in the same page.
#define MAILBOX_PADDR 0x3f00b880
#define MAILBOX_LEN   0x40

/// Mailbox 0 carries what the VideoCore sends, mailbox 1 what we send.
#define MAILBOX0_READ   0x00
#define MAILBOX0_STATUS 0x18
#define MAILBOX1_WRITE  0x20
#define MAILBOX1_STATUS 0x38
#define STATUS_FULL     (1u << 31)
#define STATUS_EMPTY    (1u << 30)

/// A message is the bus address of a buffer, 16-byte aligned, with the channel in the low bits.
#define CHANNEL_MASK     0xfu
#define CHANNEL_PROPERTY 8u

/// How the VideoCore sees RAM past all caches (BCM2835 ARM Peripherals, section 1.2.3: alias 'C').
#define BUS_UNCACHED 0xc0000000u
/// A bus address without the alias it was given in.
#define BUS_TO_PADDR(bus) ((bus) &0x3fffffffu)

/// Words of a property buffer: its size in bytes, a code, the tags, a zero.
#define BUFFER_SIZE     0
#define BUFFER_CODE     1
#define BUFFER_TAGS     2
#define CODE_REQUEST    0x00000000u
#define CODE_SUCCESS    0x80000000u
#define CODE_PARSE_FAIL 0x80000001u

/// Words of a tag: its number, bytes of its value buffer, a code, the value buffer.
#define TAG_ID       0
#define TAG_SIZE     1
#define TAG_CODE     2
#define TAG_VALUES   3
#define TAG_ANSWERED (1u << 31)
#define TAG_LEN_MASK 0x7fffffffu

#define TAG_END                  0x00000000u
#define TAG_GET_FIRMWARE         0x00000001u
#define TAG_GET_BOARD_MODEL      0x00010001u
#define TAG_GET_BOARD_REVISION   0x00010002u
#define TAG_GET_MACADDR          0x00010003u
#define TAG_GET_SERIAL           0x00010004u
#define TAG_GET_ARM_MEMORY       0x00010005u
#define TAG_GET_VC_MEMORY        0x00010006u
#define TAG_GET_POWER            0x00020001u
#define TAG_SET_POWER            0x00028001u
#define TAG_GET_CLOCK_RATE       0x00030002u
#define TAG_GET_VOLTAGE          0x00030003u
#define TAG_GET_CLOCK_MAX        0x00030004u
#define TAG_GET_TEMPERATURE      0x00030006u
#define TAG_GET_CLOCK_MIN        0x00030007u
#define TAG_GET_TEMPERATURE_MAX  0x0003000au
#define TAG_SET_CLOCK_RATE       0x00038002u
#define TAG_SET_EXPANDER         0x00038041u
#define TAG_GET_DMA_CHANNELS     0x00060001u
#define TAG_ALLOCATE_FRAMEBUFFER 0x00040001u
#define TAG_GET_DISPLAY_SIZE     0x00040003u
#define TAG_GET_PITCH            0x00040008u
#define TAG_SET_DISPLAY_SIZE     0x00048003u
#define TAG_SET_VIRTUAL_SIZE     0x00048004u
#define TAG_SET_DEPTH            0x00048005u
#define TAG_SET_PIXEL_ORDER      0x00048006u
#define TAG_SET_ALPHA_MODE       0x00048007u
#define TAG_SET_VIRTUAL_OFFSET   0x00048009u

#define POWER_ON      (1u << 0)
#define POWER_WAIT    (1u << 1)  ///< In a request.
#define POWER_MISSING (1u << 1)  ///< In an answer.

#define PIXEL_ORDER_BGR 0  ///< Blue in the byte with the lowest address.
#define ALPHA_IGNORED   2

#endif
