#ifndef __RTC_H__
#define __RTC_H__

/// \file
/// A PC's clock (MC146818): register numbers go to the first port, contents through the second.

#include <arch_user.h>

#define RTC_SELECT     0x70
#define RTC_DATA       0x71
#define RTC_REGISTER_B 0x0b
/// Reading it is what lets the interrupt line go down.
#define RTC_REGISTER_C 0x0c
#define RTC_B_PERIODIC 0x40
#define RTC_C_PERIODIC 0x40

static inline uint8_t rtc_read(uint8_t reg) {
    arch_port_write8(RTC_SELECT, reg);
    return arch_port_read8(RTC_DATA);
}

static inline void rtc_write(uint8_t reg, uint8_t value) {
    arch_port_write8(RTC_SELECT, reg);
    arch_port_write8(RTC_DATA, value);
}

#endif
