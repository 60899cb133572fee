#include <message.h>
#include <resea/malloc.h>
#include <string.h>
#include <usb/descriptor.h>

static uint16_t read16(const uint8_t *data) {
    return (uint16_t) (data[0] | data[1] << 8);
}

/// The device sends descriptors in pieces that the host cuts: what is expected is at least so long.
static bool is_descriptor(const uint8_t *data, size_t len, uint8_t type, size_t min) {
    return len >= min && data[0] >= min && data[1] == type;
}

error_t usb_parse_device(const uint8_t *data, size_t len, struct usb_device_info *info) {
    if (!is_descriptor(data, len, USB_DESC_DEVICE, USB_DEVICE_LEN)) {
        return ERR_NOT_ACCEPTABLE;
    }
    *info = (struct usb_device_info){
        .class = data[4],
        .subclass = data[5],
        .protocol = data[6],
        .max_packet0 = data[7],
        .vendor_id = read16(&data[8]),
        .product_id = read16(&data[10]),
        .release = read16(&data[12]),
        .strings = {data[14], data[15], data[16]},
        .num_configurations = data[17],
    };
    return OK;
}

error_t usb_parse_configuration_size(const uint8_t *data, size_t len, size_t *size) {
    if (!is_descriptor(data, len, USB_DESC_CONFIGURATION, USB_CONFIGURATION_LEN)) {
        return ERR_NOT_ACCEPTABLE;
    }
    *size = read16(&data[2]);
    if (*size < USB_CONFIGURATION_LEN) {
        return ERR_NOT_ACCEPTABLE;
    }
    return (*size > USB_CONFIGURATION_MAX) ? ERR_TOO_LARGE : OK;
}

static error_t __mustuse add_interface(struct usb_configuration *config, const uint8_t *data) {
    if (data[0] < USB_INTERFACE_LEN) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (config->num_interfaces == USB_INTERFACES_MAX) {
        return ERR_TOO_LARGE;
    }
    if (usb_find_interface(config, data[2], data[3]) != NULL) {
        return ERR_NOT_ACCEPTABLE;
    }
    config->interfaces[config->num_interfaces++] = (struct usb_interface_info){
        .number = data[2],
        .alternate = data[3],
        .class = data[5],
        .subclass = data[6],
        .protocol = data[7],
        .first_endpoint = config->num_endpoints,
    };
    return OK;
}

/// An endpoint belongs to the interface in front of it. Table 9-13.
static error_t __mustuse add_endpoint(struct usb_configuration *config, const uint8_t *data) {
    if (data[0] < USB_ENDPOINT_LEN || config->num_interfaces == 0) {
        return ERR_NOT_ACCEPTABLE;
    }
    if (config->num_endpoints == USB_ENDPOINTS_MAX) {
        return ERR_TOO_LARGE;
    }

    uint16_t max_packet = read16(&data[4]);
    struct usb_endpoint_info endpoint = {
        .address = data[2],
        .type = data[3] & 3,
        .interval = data[6],
        .max_packet = max_packet & 0x7ff,
        .packets = (uint8_t) ((max_packet >> 11 & 3) + 1),
    };
    if ((endpoint.address & 0x70) != 0 || (endpoint.address & 0x0f) == 0 || endpoint.packets > 3
        || endpoint.max_packet > 1024) {
        return ERR_NOT_ACCEPTABLE;
    }
    // Only an isochronous endpoint that wants no bandwidth may say 0; nothing moves there.
    if (endpoint.max_packet == 0) {
        return (endpoint.type == USB_TRANSFER_TYPE_ISOCHRONOUS) ? OK : ERR_NOT_ACCEPTABLE;
    }
    config->endpoints[config->num_endpoints++] = endpoint;
    config->interfaces[config->num_interfaces - 1].num_endpoints++;
    return OK;
}

static error_t __mustuse add_descriptor(struct usb_configuration *config, const uint8_t *data) {
    switch (data[1]) {
    case USB_DESC_INTERFACE:
        return add_interface(config, data);
    case USB_DESC_ENDPOINT:
        return add_endpoint(config, data);
    default:
        // A class's own: its driver reads it.
        return OK;
    }
}

static error_t __mustuse walk(struct usb_configuration *config) {
    size_t at = config->raw[0];
    while (at < config->raw_len) {
        const uint8_t *data = &config->raw[at];
        // Two bytes are the least that a descriptor has: a length of 0 would go on for ever.
        if (config->raw_len - at < 2 || data[0] < 2 || data[0] > config->raw_len - at) {
            return ERR_NOT_ACCEPTABLE;
        }
        error_t err = add_descriptor(config, data);
        if (IS_ERROR(err)) {
            return err;
        }
        at += data[0];
    }
    return OK;
}

error_t usb_parse_configuration(const uint8_t *data, size_t len,
                                struct usb_configuration **config) {
    size_t size;
    error_t err = usb_parse_configuration_size(data, len, &size);
    if (IS_ERROR(err)) {
        return err;
    }
    if (len < size) {
        return ERR_NOT_ACCEPTABLE;
    }

    struct usb_configuration *parsed = malloc(sizeof(*parsed) + size);
    if (parsed == NULL) {
        return ERR_NO_MEMORY;
    }
    bzero(parsed, sizeof(*parsed));
    memcpy(parsed->raw, data, size);
    parsed->raw_len = size;
    parsed->value = data[5];
    parsed->max_power_ma = (uint16_t) (data[8] * 2);
    err = (parsed->value == 0) ? ERR_NOT_ACCEPTABLE : walk(parsed);
    if (IS_ERROR(err)) {
        free(parsed);
        return err;
    }
    *config = parsed;
    return OK;
}

const struct usb_interface_info *usb_find_interface(const struct usb_configuration *config,
                                                    uint8_t number, uint8_t alternate) {
    for (int i = 0; i < config->num_interfaces; i++) {
        const struct usb_interface_info *interface = &config->interfaces[i];
        if (interface->number == number && interface->alternate == alternate) {
            return interface;
        }
    }
    return NULL;
}

/// Appends a character of the basic plane. Returns the new length, or the old one if there is no room.
static size_t put_utf8(char *text, size_t at, size_t size, uint16_t c) {
    bool shown = c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0xd800 && c < 0xe000);
    c = shown ? c : '?';
    size_t need = (c < 0x80) ? 1 : (c < 0x800) ? 2 : 3;
    if (size - at <= need) {
        return at;
    }
    if (need == 1) {
        text[at] = (char) c;
    } else if (need == 2) {
        text[at] = (char) (0xc0 | c >> 6);
        text[at + 1] = (char) (0x80 | (c & 0x3f));
    } else {
        text[at] = (char) (0xe0 | c >> 12);
        text[at + 1] = (char) (0x80 | (c >> 6 & 0x3f));
        text[at + 2] = (char) (0x80 | (c & 0x3f));
    }
    return at + need;
}

error_t usb_parse_string(const uint8_t *data, size_t len, char *text, size_t size) {
    if (!is_descriptor(data, len, USB_DESC_STRING, 2)) {
        return ERR_NOT_ACCEPTABLE;
    }
    size_t end = MIN(data[0], len);
    size_t at = 0;
    for (size_t i = 2; i + 1 < end; i += 2) {
        at = put_utf8(text, at, size, read16(&data[i]));
    }
    text[at] = '\0';
    return (error_t) at;
}
