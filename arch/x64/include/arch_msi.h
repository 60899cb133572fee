#ifndef __ARCH_MSI_H__
#define __ARCH_MSI_H__

/// \file
/// Message-signalled interrupts, as kernel and dm must agree on them: a device that writes MSI_DATA(line) to MSI_ADDRESS
/// interrupts on that line (Intel SDM volume 3, section 11.11). Lines below MSI_FIRST_LINE are the I/O APIC's pins.
///
/// The address names the boot CPU by its logical ID, which the kernel sets to 1, as the physical one differs between
/// machines: bit 2 says so, and bit 3 has it obeyed. The data is the vector, delivered as it is, edge-triggered.

#include <config.h>

#define MSI_FIRST_LINE 32u
#define MSI_NUM_LINES  (CONFIG_NUM_IRQS - MSI_FIRST_LINE)
#define MSI_LOGICAL_ID 1u

#define MSI_ADDRESS    (0xfee00000u | (MSI_LOGICAL_ID << 12) | (1u << 3) | (1u << 2))
#define MSI_DATA(line) (32u + (line))

#endif
