#ifndef __REGISTERS_H__
#define __REGISTERS_H__

/// \file
/// The clock of a PC: Motorola, "MC146818A Real-Time Clock plus RAM", and its successors. Two I/O ports: the
/// number of a register is written to the first one, its value is at the second one.

#define RTC_PORTS     0x70
#define RTC_PORTS_LEN 2
#define RTC_INDEX     0
#define RTC_VALUE     1

#define RTC_SECOND 0x00
#define RTC_MINUTE 0x02
#define RTC_HOUR   0x04
#define RTC_DAY    0x07
#define RTC_MONTH  0x08
#define RTC_YEAR   0x09
/// Not the chip's: a byte of its RAM, in which the firmware of an AT keeps the century. ACPI has a
/// table to say that it is another one (FADT, CENTURY); no known machine does.
#define RTC_CENTURY 0x32

/// While this is set, or within 244 microseconds after it was seen clear, the numbers change.
#define RTC_A          0x0a
#define RTC_A_UPDATING (1u << 7)

#define RTC_B         0x0b
#define RTC_B_24_HOUR (1u << 1)
#define RTC_B_BINARY  (1u << 2)
/// In RTC_HOUR, when hours are counted to 12.
#define RTC_HOUR_PM   (1u << 7)
#define RTC_HOUR_MASK 0x7fu

/// Clear: the battery was empty.
#define RTC_D       0x0d
#define RTC_D_VALID (1u << 7)

#endif
