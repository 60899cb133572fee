#ifndef __USB_DESCRIPTOR_H__
#define __USB_DESCRIPTOR_H__

/// \file
/// Descriptors: what a device says it is. They are read as what they are, bytes from a stranger: every length
/// is checked, and what is too much, or doesn't fit together, is refused.

#include <types.h>
#include <usb/spec.h>

#define USB_INTERFACES_MAX 24
#define USB_ENDPOINTS_MAX  48
/// Bytes of a configuration, and how many of them are looked at.
#define USB_CONFIGURATION_MAX  2048
#define USB_CONFIGURATIONS_MAX 4

struct usb_device_info {
    uint16_t vendor_id;
    uint16_t product_id;
    uint16_t release;
    uint8_t class;
    uint8_t subclass;
    uint8_t protocol;
    uint8_t max_packet0;
    uint8_t num_configurations;
    /// Numbers of strings: manufacturer, product, serial number; 0: none.
    uint8_t strings[3];
};

struct usb_endpoint_info {
    uint8_t address;  ///< Bit 7: the device sends.
    uint8_t type;     ///< enum usb_transfer_type.
    uint8_t interval;
    uint8_t packets;      ///< High-speed interrupt endpoints: packets in a microframe, 1 to 3.
    uint16_t max_packet;  ///< Never 0.
};

/// An alternate setting of an interface.
struct usb_interface_info {
    uint8_t number;
    uint8_t alternate;
    uint8_t class;
    uint8_t subclass;
    uint8_t protocol;
    uint8_t num_endpoints;
    uint8_t first_endpoint;  ///< Of `endpoints`.
};

struct usb_configuration {
    uint8_t value;
    uint16_t max_power_ma;
    uint8_t num_interfaces;
    uint8_t num_endpoints;
    struct usb_interface_info interfaces[USB_INTERFACES_MAX];
    struct usb_endpoint_info endpoints[USB_ENDPOINTS_MAX];
    size_t raw_len;
    uint8_t raw[];  ///< As the device has sent it.
};

/// ERR_NOT_ACCEPTABLE: it isn't one.
error_t __mustuse usb_parse_device(const uint8_t *data, size_t len, struct usb_device_info *info);
/// The size of a whole configuration, by its first USB_CONFIGURATION_LEN bytes. ERR_NOT_ACCEPTABLE: it isn't one.
/// ERR_TOO_LARGE: USB_CONFIGURATION_MAX.
error_t __mustuse usb_parse_configuration_size(const uint8_t *data, size_t len, size_t *size);
/// malloc'ed. ERR_NOT_ACCEPTABLE: a descriptor is cut off, or an endpoint is none. ERR_TOO_LARGE: there are more than
/// USB_INTERFACES_MAX or USB_ENDPOINTS_MAX. ERR_NO_MEMORY.
error_t __mustuse usb_parse_configuration(const uint8_t *data, size_t len,
                                          struct usb_configuration **config);
/// NULL: there is none.
const struct usb_interface_info *usb_find_interface(const struct usb_configuration *config,
                                                    uint8_t number, uint8_t alternate);
/// A string descriptor as UTF-8. Returns its length; `text` is terminated. What isn't a character, or none
/// that can be shown, becomes a '?'. ERR_NOT_ACCEPTABLE: it isn't one.
error_t __mustuse usb_parse_string(const uint8_t *data, size_t len, char *text, size_t size);

#endif
