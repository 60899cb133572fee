#ifndef __USB_SPEC_H__
#define __USB_SPEC_H__

/// \file
/// Numbers of the Universal Serial Bus Specification, revision 2.0: chapter 9 (requests, descriptors), chapter 11
/// (hubs), section 7.1.7 and 9.2.6 (times).

#include <types.h>

// Table 9-2: bmRequestType.
#define USB_DIR_IN         0x80u
#define USB_TYPE_MASK      0x60u
#define USB_TYPE_STANDARD  0x00u
#define USB_TYPE_CLASS     0x20u
#define USB_RECIPIENT_MASK 0x1fu
#define USB_DEVICE         0u
#define USB_INTERFACE      1u
#define USB_ENDPOINT       2u
#define USB_OTHER          3u

// Table 9-4: bRequest.
#define USB_GET_STATUS        0
#define USB_CLEAR_FEATURE     1
#define USB_SET_FEATURE       3
#define USB_SET_ADDRESS       5
#define USB_GET_DESCRIPTOR    6
#define USB_SET_CONFIGURATION 9
#define USB_SET_INTERFACE     11
/// Table 9-6.
#define USB_ENDPOINT_HALT 0

// Table 9-5, and 11-13 for hubs.
#define USB_DESC_DEVICE        1
#define USB_DESC_CONFIGURATION 2
#define USB_DESC_STRING        3
#define USB_DESC_INTERFACE     4
#define USB_DESC_ENDPOINT      5
#define USB_DESC_HUB           0x29

#define USB_DEVICE_LEN        18
#define USB_CONFIGURATION_LEN 9
#define USB_INTERFACE_LEN     9
#define USB_ENDPOINT_LEN      7
#define USB_HUB_LEN           7
#define USB_SETUP_LEN         8
#define USB_STRING_MAX        255
#define USB_ENGLISH           0x0409

#define USB_CLASS_HUB 9
/// A hub's port status and changes, table 11-21 and 11-22.
#define HUB_PORT_CONNECTION   (1u << 0)
#define HUB_PORT_ENABLE       (1u << 1)
#define HUB_PORT_OVER_CURRENT (1u << 3)
#define HUB_PORT_RESET        (1u << 4)
#define HUB_PORT_LOW_SPEED    (1u << 9)
#define HUB_PORT_HIGH_SPEED   (1u << 10)
#define HUB_CHANGES           5
/// Table 11-17: features.
#define HUB_FEATURE_PORT_ENABLE  1
#define HUB_FEATURE_PORT_RESET   4
#define HUB_FEATURE_PORT_POWER   8
#define HUB_FEATURE_C_CONNECTION 16

#define USB_ADDRESS_MAX 127
/// Section 4.1.1: seven tiers, the root hub and the last device's included.
#define USB_HUBS_IN_A_ROW 5

/// T_ATTDB: contacts bounce for so long.
#define USB_DEBOUNCE_MS 100
/// T_RSTRCY: before the first request after a reset.
#define USB_RESET_RECOVERY_MS 10
/// Section 9.2.6.3: before the first request to a new address.
#define USB_ADDRESS_RECOVERY_MS 2
/// T_DRSTR: how long a root port is reset.
#define USB_ROOT_RESET_MS 50

#endif
