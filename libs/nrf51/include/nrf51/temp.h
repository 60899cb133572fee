#ifndef __NRF51_TEMP_H__
#define __NRF51_TEMP_H__

/// \file
/// The temperature sensor of the chip. nRF51 Series Reference Manual 3.0, chapter 22 "Temperature sensor".
/// It takes 36 us and is off by up to 4 degrees (nRF51822 Product Specification 3.1, section 8.15).
///
/// Early revisions have faults, described in the Product Anomaly Notice (nRF51822-PAN), that a driver
/// goes around on all of them: anomaly 28 (negative values aren't sign-extended), 29 (STOP clears the
/// value: read first), 30 (it stays powered until STOP), 31 (the offset is to be loaded by hand).

#define NRF_TEMP_BASE 0x4000c000ul
#define NRF_TEMP_LEN  0x1000
#define NRF_TEMP_IRQ  12

#define NRF_TEMP_START    0x000
#define NRF_TEMP_STOP     0x004
#define NRF_TEMP_DATARDY  0x100
#define NRF_TEMP_INTENSET 0x304
#define NRF_TEMP_INTENCLR 0x308
/// Not in the manual: anomaly 31 has it written with 0.
#define NRF_TEMP_OFFSET 0x504
/// In quarters of a degree.
#define NRF_TEMP_VALUE 0x508

#define NRF_TEMP_INT_DATARDY (1u << 0)
/// Anomaly 28: 10 bits, the highest of which is the sign.
#define NRF_TEMP_SIGN (1u << 9)

#endif
