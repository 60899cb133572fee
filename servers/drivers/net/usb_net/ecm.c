/// \file
/// The Ethernet Control Model of communications devices: USB CDC 1.2, and its subclass specification ECM 1.2
/// (sections and tables below are the latter's unless told otherwise). A frame is a transfer.

#include <resea/malloc.h>
#include <string.h>

#include "adapter.h"

// CDC 1.2, table 14; ECM120, table 1.
#define CLASS_COMMUNICATION 2
#define SUBCLASS_ETHERNET   6

// USB 2.0, tables 9-4 and 9-5; CDC 1.2, table 12.
#define GET_DESCRIPTOR  6
#define DESC_STRING     3
#define DESC_INTERFACE  4
#define DESC_FUNCTIONAL 0x24
#define ENGLISH         0x0409

// USB 2.0, table 9-12: of an interface's descriptor.
#define INTERFACE_LEN       9
#define INTERFACE_NUMBER    2
#define INTERFACE_ALTERNATE 3
#define INTERFACE_ENDPOINTS 4

// CDC 1.2, table 13: subtypes of functional descriptors. Of a union, the first interface that isn't the controlling one;
// of ECM120's table 3, the number of the address as a string.
#define FUNCTIONAL_UNION    0x06
#define UNION_LEN           5
#define UNION_SUBORDINATE   4
#define FUNCTIONAL_ETHERNET 0x0f
#define ETHERNET_LEN        13
#define ETHERNET_MAC        3

// Section 6.2.4, table 8.
#define REQUEST_TO_INTERFACE 0x21
#define SET_PACKET_FILTER    0x43
#define FILTER_ALL_MULTICAST (1u << 1)
#define FILTER_DIRECTED      (1u << 2)
#define FILTER_BROADCAST     (1u << 3)

// Section 6.3, table 11; CDC 1.2, section 6.3: eight bytes as of a request, then data.
#define NOTIFICATION_TYPE  0xa1
#define NOTIFICATION_LEN   8
#define NETWORK_CONNECTION 0x00
#define SPEED_CHANGE       0x2a
#define SPEED_LEN          8

/// A string of twelve digits, two bytes each, behind length and kind.
#define MAC_STRING_LEN 26

/// What the descriptors say.
struct layout {
    bool has_data;
    uint8_t data;
    uint8_t mac_string;
    int alternate;  ///< The setting of `data` that has endpoints; -1: none.
};

/// Goes on to the next descriptor. False: there is none, or one that isn't right.
static bool next_descriptor(struct span *rest, struct span *descriptor) {
    if (rest->len < 2 || rest->data[0] < 2 || rest->data[0] > rest->len) {
        return false;
    }
    *descriptor = (struct span){rest->data, rest->data[0]};
    rest->data += descriptor->len;
    rest->len -= descriptor->len;
    return true;
}

static void read_functional(const struct span *descriptor, struct layout *layout) {
    const uint8_t *data = descriptor->data;
    if (descriptor->len >= UNION_LEN && data[2] == FUNCTIONAL_UNION) {
        layout->has_data = true;
        layout->data = data[UNION_SUBORDINATE];
    } else if (descriptor->len >= ETHERNET_LEN && data[2] == FUNCTIONAL_ETHERNET) {
        layout->mac_string = data[ETHERNET_MAC];
    }
}

/// Functional descriptors follow the interface they are about; that of the data follows later.
static void read_layout(struct span config, uint8_t interface, struct layout *layout) {
    struct span descriptor;
    bool ours = false;
    *layout = (struct layout){.alternate = -1};
    while (next_descriptor(&config, &descriptor)) {
        const uint8_t *data = descriptor.data;
        if (data[1] == DESC_INTERFACE && descriptor.len >= INTERFACE_LEN) {
            ours = data[INTERFACE_NUMBER] == interface;
            if (layout->has_data && layout->alternate < 0 && data[INTERFACE_ENDPOINTS] >= 2
                && data[INTERFACE_NUMBER] == layout->data) {
                layout->alternate = data[INTERFACE_ALTERNATE];
            }
        } else if (data[1] == DESC_FUNCTIONAL && descriptor.len > 2 && ours) {
            read_functional(&descriptor, layout);
        }
    }
}

static int digit(uint16_t character) {
    if (character >= '0' && character <= '9') {
        return character - '0';
    }
    uint16_t lower = character | 0x20;
    return (lower >= 'a' && lower <= 'f') ? lower - 'a' + 10 : -1;
}

static error_t __mustuse read_mac(struct adapter *adapter, uint8_t string) {
    uint8_t text[MAC_STRING_LEN];
    error_t err = adapter_ask(adapter, 0x80, GET_DESCRIPTOR, (uint16_t) (DESC_STRING << 8 | string),
                              ENGLISH, text, sizeof(text));
    if (IS_ERROR(err)) {
        return err;
    }
    for (unsigned i = 0; i < sizeof(adapter->mac); i++) {
        int high = digit(read_le16(&text[2 + 4 * i])), low = digit(read_le16(&text[4 + 4 * i]));
        if (high < 0 || low < 0) {
            return ERR_NOT_ACCEPTABLE;
        }
        adapter->mac[i] = (uint8_t) (high << 4 | low);
    }
    return adapter_address_is_valid(adapter->mac) ? OK : ERR_NOT_ACCEPTABLE;
}

/// Section 3.3: without endpoints the adapter is as after a reset, and the setting that has them begins anew.
static error_t __mustuse choose_setting(struct adapter *adapter, uint8_t alternate) {
    error_t err = call_usb_set_alternate(adapter->usb, adapter->data, 0);
    if (alternate != 0) {
        return call_usb_set_alternate(adapter->usb, adapter->data, alternate);
    }
    // USB 2.0, section 9.4.10: a device may refuse that if there is nothing to choose.
    return (err == ERR_NOT_ACCEPTABLE) ? OK : err;
}

static error_t open(struct adapter *adapter) {
    void *config;
    size_t config_len;
    struct layout layout;
    error_t err = call_usb_configuration(adapter->usb, adapter->control, &config, &config_len);
    if (IS_ERROR(err)) {
        return err;
    }
    read_layout((struct span){config, config_len}, adapter->interface, &layout);
    free(config);
    if (layout.mac_string == 0 || layout.alternate < 0) {
        return ERR_NOT_ACCEPTABLE;
    }
    err = read_mac(adapter, layout.mac_string);
    if (IS_OK(err)) {
        err = call_usb_claim(adapter->usb, adapter->control, layout.data, &adapter->data);
    }
    return IS_ERROR(err) ? err : choose_setting(adapter, (uint8_t) layout.alternate);
}

static error_t start(struct adapter *adapter) {
    // Until it says otherwise, which it need not do.
    adapter->link = true;
    // Section 6.2: an adapter without filters refuses, and sends all.
    error_t err = adapter_tell(adapter, REQUEST_TO_INTERFACE, SET_PACKET_FILTER,
                               FILTER_ALL_MULTICAST | FILTER_DIRECTED | FILTER_BROADCAST,
                               adapter->interface, NULL, 0);
    return (err == ERR_NOT_ACCEPTABLE) ? OK : err;
}

static bool next_frame(struct span *transfer, struct span *frame) {
    *frame = *transfer;
    transfer->len = 0;
    return frame->len > 0;
}

static void status(struct adapter *adapter, const uint8_t *data, size_t len) {
    if (len < NOTIFICATION_LEN || data[0] != NOTIFICATION_TYPE) {
        return;
    }
    if (data[1] == NETWORK_CONNECTION) {
        adapter->link = read_le16(&data[2]) != 0;
    } else if (data[1] == SPEED_CHANGE && len >= NOTIFICATION_LEN + SPEED_LEN) {
        // Down, then up: in bits per second.
        adapter->mbit_per_s = read_le32(&data[NOTIFICATION_LEN]) / 1000000;
    }
}

const struct chip ecm_chip = {
    .name = "ecm",
    .class = CLASS_COMMUNICATION,
    .subclass = SUBCLASS_ETHERNET,
    .vendor_id = ANY,
    .product_id = ANY,
    // More than a frame: so its end shows.
    .in_len = 2048,
    .in_count = 8,
    .open = open,
    .start = start,
    .next_frame = next_frame,
    .status = status,
};
